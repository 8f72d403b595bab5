"""Reinforcement fine-tuning jobs on Amazon Bedrock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from grader.config.schema import TEXT, setting
from grader.tools.jobs.request import Request
from grader.tools.jobs.spec import TABLE, JobSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.aws.lambda_function import FunctionName

__all__ = ["BedrockJob"]

_RFT: Final = "customizationConfig.rftConfig"
_NOVA_REGIONS: Final = ("us-east-1",)
"""Amazon Bedrock User Guide, reinforcement fine-tuning, supported models and regions (as of 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockJob(JobSpec):
    """Fields of CreateModelCustomizationJob (Amazon Bedrock API Reference) that a job with a reward function needs."""

    MIN_PROMPTS: ClassVar[int] = 100
    """Minimum of training prompts (Amazon Bedrock User Guide, data for reinforcement fine-tuning)."""
    REQUIRED: ClassVar[tuple[str, ...]] = ("job_name", "model_name", "base_model", "role", "training_data", "output")

    job_name: str = setting("", TEXT)
    model_name: str = setting("", TEXT)
    """Name of the resulting model."""
    base_model: str = setting("", TEXT)
    role: str = setting("", TEXT)
    """ARN of a role with lambda:InvokeFunction on the function, and access to the data."""
    training_data: str = setting("", TEXT)
    """``s3://`` URI of JSON lines with 100 to 20,000 prompts."""
    validation_data: str = setting("", TEXT)
    output: str = setting("", TEXT)
    """``s3://`` URI of a folder."""
    function: str = setting("", TEXT)
    hyperparameters: Mapping[str, Any] | None = setting(None, TABLE)
    """Hyperparameters by the service's names, such as ``batchSize``."""

    def request(self, function: FunctionName, *, file: str) -> Request:
        """Build the request; Bedrock accepts a function with an alias."""
        rft: dict[str, Any] = {"graderConfig": {"lambdaGrader": {"lambdaArn": str(function)}}}
        if self.hyperparameters:
            rft["hyperParameters"] = dict(self.hyperparameters)
        parameters: dict[str, Any] = {
            "jobName": self.job_name,
            "customModelName": self.model_name,
            "roleArn": self.role,
            "baseModelIdentifier": self.base_model,
            "customizationType": "REINFORCEMENT_FINE_TUNING",
            "trainingDataConfig": {"s3Uri": self.training_data},
            "outputDataConfig": {"s3Uri": self.output},
            "customizationConfig": {"rftConfig": rft},
        }
        if self.validation_data:
            parameters["validationDataConfig"] = {"validators": [{"s3Uri": self.validation_data}]}
        return Request("bedrock", "create_model_customization_job", parameters, file, _KEYS)

    def notes(self, region: str) -> list[str]:
        """Return warnings from the documentation that the service's API model does not express."""
        if "nova" in self.base_model and region not in _NOVA_REGIONS:
            return [
                f"base_model: the documentation lists {', '.join(_NOVA_REGIONS)} for customizing Nova, not {region}"
            ]
        return []


_KEYS: Final = {
    "jobName": "job_name",
    "customModelName": "model_name",
    "roleArn": "role",
    "baseModelIdentifier": "base_model",
    "trainingDataConfig.s3Uri": "training_data",
    "validationDataConfig.validators[0].s3Uri": "validation_data",
    "outputDataConfig.s3Uri": "output",
    f"{_RFT}.graderConfig.lambdaGrader.lambdaArn": "function",
    f"{_RFT}.hyperParameters": "hyperparameters",
}
