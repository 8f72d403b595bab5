"""Grading on a deployed function: samples go out in batches, and each comes back as a grade, once."""

from grader.remote.answers import read_result
from grader.remote.fan_out import FanOut
from grader.remote.function import RemoteFunction
from grader.remote.item import Item, NotSendableError
from grader.remote.patience import Patience

__all__ = ["FanOut", "Item", "NotSendableError", "Patience", "RemoteFunction", "read_result"]
