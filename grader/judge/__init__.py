"""Rate answers by a model, as an optional metric for qualities that tests do not measure."""

from grader.judge.judge import Judge
from grader.judge.rating_batch import RatingBatch

__all__ = ["Judge", "RatingBatch"]
