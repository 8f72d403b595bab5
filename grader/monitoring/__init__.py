"""What a grader says of its work: a line for each sample, and one for each batch that holds metrics."""

from grader.monitoring.graded import Graded
from grader.monitoring.journal import Journal

__all__ = ["Graded", "Journal"]
