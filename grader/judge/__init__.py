"""What tests cannot see, rated by a model: an optional metric, off unless a model is named."""

from grader.judge.judge import Judge
from grader.judge.judging import Judging

__all__ = ["Judge", "Judging"]
