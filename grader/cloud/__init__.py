"""AWS as its users see it: clients that are made when they are wanted, and errors that say what to do."""

from grader.cloud.cloud import Cloud
from grader.cloud.function import FunctionName
from grader.cloud.problems import explain, explained

__all__ = ["Cloud", "FunctionName", "explain", "explained"]
