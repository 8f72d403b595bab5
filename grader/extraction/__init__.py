"""Find the code in a model's text by slicing it; nothing here parses, compiles or runs the code."""

from grader.extraction.extractor import Extraction, ExtractionRule, extract

__all__ = ["Extraction", "ExtractionRule", "extract"]
