"""Find the code in a model's text by slicing it. Nothing here parses, compiles or runs the code."""

from grader.extraction.extractor import Extraction, ExtractionRule, extract, extract_prediction

__all__ = ["Extraction", "ExtractionRule", "extract", "extract_prediction"]
