"""Serverless training jobs of SageMaker AI: reinforcement learning from verifiable rewards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from grader.config.schema import TEXT, Either, SettingError, setting
from grader.tools.jobs.request import Request
from grader.tools.jobs.spec import TABLE, JobSpec
from testcases.schema import Boolean, Choice, Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.aws.client import AwsSession

__all__ = ["SageMakerJob"]

_S3: Final = "s3://"
_HUB: Final = "SageMakerPublicHub"
_NOVA_REGIONS: Final = ("us-east-1", "us-west-2")
_OPEN_WEIGHT_REGIONS: Final = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-west-1")
"""Supported regions, from `sagemaker.train.common_utils.finetune_utils` of the SageMaker Python SDK 3.27."""
_CONFIG: Final = "ServerlessJobConfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class SageMakerJob(JobSpec):
    """Fields of CreateTrainingJob (Amazon SageMaker API Reference) that the RLVRTrainer of SageMaker's SDK sets."""

    MIN_PROMPTS: ClassVar[int] = 1
    REQUIRED: ClassVar[tuple[str, ...]] = ("job_name", "base_model", "role", "training_data", "output")

    job_name: str = setting("", TEXT)
    base_model: str = setting("", TEXT)
    """ARN of a model in a hub, or name of a model in the public hub."""
    role: str = setting("", TEXT)
    """ARN of a role with lambda:InvokeFunction on the function, and access to the data."""
    training_data: str = setting("", TEXT)
    """``s3://`` URI, or ARN of a DataSet in a hub."""
    validation_data: str = setting("", TEXT)
    output: str = setting("", TEXT)
    """``s3://`` URI of a folder."""
    function: str = setting("", TEXT)
    """Function to register as an evaluator; not used with `evaluator`."""
    evaluator: str = setting("", TEXT)
    """ARN of a registered evaluator."""
    model_package_group: str = setting("", TEXT)
    """ARN of the model package group for the result."""
    mlflow: str = setting("", TEXT)
    """ARN of an MLflow tracking server."""
    peft: str = setting("LORA", Choice("LORA", "full"))
    sequence_length: str = setting("", TEXT)
    """Maximum sequence length, such as ``8K``."""
    accept_eula: bool = setting(False, Boolean())
    max_runtime_s: int | None = setting(None, Either(Number(minimum=1, integer=True)))
    hyperparameters: Mapping[str, Any] | None = setting(None, TABLE)
    """Hyperparameters by the names of the model's recipe."""

    def check(self) -> None:
        """Check that nothing is missing, and that there is one source of rewards."""
        JobSpec.check(self)
        if self.function and self.evaluator:
            raise SettingError("", "evaluator: cannot be combined with function; leave out one of the two")

    def request(self, evaluator: str, cloud: AwsSession, *, file: str) -> Request:
        """Build the request."""
        config: dict[str, Any] = {
            "BaseModelArn": self._base_model(cloud),
            "JobType": "FineTuning",
            "CustomizationTechnique": "RLVR",
            "EvaluatorArn": evaluator,
            "AcceptEula": self.accept_eula,
        }
        if self.peft == "LORA":
            config["Peft"] = self.peft
        if self.sequence_length:
            config["SequenceLength"] = self.sequence_length
        data = {"train": self.training_data, "validation": self.validation_data}
        parameters: dict[str, Any] = {
            "TrainingJobName": self.job_name,
            "RoleArn": self.role,
            "InputDataConfig": [_channel(name, uri) for name, uri in data.items() if uri],
            "OutputDataConfig": {"S3OutputPath": self.output},
            _CONFIG: config,
        }
        if self.hyperparameters:
            parameters["HyperParameters"] = {key: _text(value) for key, value in self.hyperparameters.items()}
        if self.model_package_group:
            parameters["ModelPackageConfig"] = {"ModelPackageGroupArn": self.model_package_group}
        if self.mlflow:
            parameters["MlflowConfig"] = {"MlflowResourceArn": self.mlflow}
        if self.max_runtime_s is not None:
            parameters["StoppingCondition"] = {"MaxRuntimeInSeconds": self.max_runtime_s}
        return Request("sagemaker", "create_training_job", parameters, file, _KEYS)

    def notes(self, region: str) -> list[str]:
        """Return warnings that SageMaker's SDK would give and the service's API model does not express."""
        regions = _NOVA_REGIONS if "nova" in self.base_model else _OPEN_WEIGHT_REGIONS
        if region not in regions:
            return [f"base_model: SageMaker's SDK supports it in {', '.join(regions)}, not in {region}"]
        return []

    def _base_model(self, cloud: AwsSession) -> str:
        if self.base_model.startswith("arn:"):
            return self.base_model
        return f"arn:{cloud.partition}:sagemaker:{cloud.region}:aws:hub-content/{_HUB}/Model/{self.base_model}"


def _channel(name: str, source: str) -> dict[str, Any]:
    if source.startswith(_S3):
        location = {"S3DataType": "S3Prefix", "S3Uri": source, "S3DataDistributionType": "FullyReplicated"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": location}}
    return {"ChannelName": name, "DataSource": {"DatasetSource": {"DatasetArn": source}}}


def _text(value: Any) -> str:
    """Convert a hyperparameter to text, as recipes expect it."""
    # The recipes expect true and false, not Python's True and False.
    return str(value).lower() if isinstance(value, bool) else str(value)


_KEYS: Final = {
    "TrainingJobName": "job_name",
    "RoleArn": "role",
    "InputDataConfig[0].DataSource.S3DataSource.S3Uri": "training_data",
    "InputDataConfig[0].DataSource.DatasetSource.DatasetArn": "training_data",
    "InputDataConfig[1].DataSource.S3DataSource.S3Uri": "validation_data",
    "InputDataConfig[1].DataSource.DatasetSource.DatasetArn": "validation_data",
    "OutputDataConfig.S3OutputPath": "output",
    f"{_CONFIG}.BaseModelArn": "base_model",
    f"{_CONFIG}.EvaluatorArn": "evaluator",
    f"{_CONFIG}.SequenceLength": "sequence_length",
    "ModelPackageConfig.ModelPackageGroupArn": "model_package_group",
    "MlflowConfig.MlflowResourceArn": "mlflow",
    "StoppingCondition.MaxRuntimeInSeconds": "max_runtime_s",
    "HyperParameters": "hyperparameters",
}
