"""An optional metric, rated by a model: what tests cannot see. Off unless a model is named."""

from grader.judge.judge import Judge
from grader.judge.rating_batch import RatingBatch

__all__ = ["Judge", "RatingBatch"]
