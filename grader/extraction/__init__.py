"""Find the code in a model's text by slicing it. Nothing here parses, compiles or runs the code."""

from grader.extraction.extractor import Extraction, ExtractionRule, extract

__all__ = ["Extraction", "ExtractionRule", "extract"]
