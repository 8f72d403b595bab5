"""Training jobs that reward by this grader: what is asked of AWS, checked before it is sent."""

from grader.jobs.bedrock import BedrockJob
from grader.jobs.data import look_at
from grader.jobs.evaluator import Evaluator, register
from grader.jobs.function import find_function, region_of
from grader.jobs.order import read_order
from grader.jobs.request import Request
from grader.jobs.sagemaker import SageMakerJob

__all__ = [
    "BedrockJob",
    "Evaluator",
    "Request",
    "SageMakerJob",
    "find_function",
    "look_at",
    "read_order",
    "region_of",
    "register",
]
