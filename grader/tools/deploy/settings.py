"""What a deployment is to be like."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from grader.config.settings import GraderConfig
from grader.errors import ConfigError
from grader.text import one_line
from grader.tools.deploy.judge_model import JudgeModel

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ARCHITECTURES", "DEFAULT_NAME", "Deployment", "architecture_here"]

DEFAULT_NAME: Final = "SageMaker-rlvr-code-grader"
"""SageMaker's trainers accept only names with ``SageMaker`` in them."""
ARCHITECTURES: Final = ("x86_64", "arm64")
_MACHINES: Final = {"aarch64": "arm64", "arm64": "arm64"}
"""What `platform.machine` calls those that are not x86_64."""
_NAME: Final = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_NAME_LIMIT: Final = 44
"""So that the role's name, with the region in it, has at most IAM's 64 characters."""
_ALIAS: Final = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,128}")
_TESTS: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[^*?\s]+)")
_ROLE: Final = re.compile(r"arn:aws[a-zA-Z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_RETENTIONS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days (PutRetentionPolicy in the Amazon CloudWatch Logs API Reference)."""
_RANGES: Final = {
    "memory_mb": (128, 10240),
    "timeout_s": (3, 900),
    "storage_mb": (512, 10240),
    "provisioned": (0, 6000),
}
"""AWS Lambda Developer Guide, "Lambda quotas"."""
_ENVIRONMENT_BYTES: Final = 4096
"""Of all variables together (AWS Lambda Developer Guide, "Lambda quotas")."""


def architecture_here() -> str:
    """This host's."""
    return _MACHINES.get(platform.machine(), "x86_64")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One function and what belongs to it.

    Raises:
        ConfigError: a value is out of its range; names the option.
    """

    name: str = DEFAULT_NAME
    """Of the function, and the beginning of every other name."""
    memory_mb: int = 3538
    """1769 buy one CPU."""
    timeout_s: int = 300
    storage_mb: int = 512
    """Of ``/tmp``."""
    architecture: str = field(default_factory=architecture_here)
    retention_days: int = 30
    """How long logs are kept."""
    alias: str = "live"
    provisioned: int | None = None
    """Execution environments that are kept warm behind the alias; 0: none any more; ``None``: as many as now."""
    tests: str | None = None
    """``s3://bucket/prefix`` of references, which the function may read; ``None``: there are none."""
    role: str | None = None
    """ARN of an execution role; ``None``: one is made."""
    image: str | None = None
    """URI of an image in ECR; ``None``: it is built and pushed."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of the grader, as variables."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > _NAME_LIMIT:
            raise ConfigError(
                f"--name {one_line(self.name)!r}: 1 to {_NAME_LIMIT} letters, digits and single hyphens, a letter first"
            )
        for key, (least, most) in _RANGES.items():
            value = getattr(self, key)
            if value is not None and not least <= value <= most:
                raise ConfigError(f"--{key.partition('_')[0]} {value}: from {least} to {most}")
        self._check_words()
        self._check_environment()

    def _check_words(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ConfigError(f"--architecture {one_line(self.architecture)!r}: one of {', '.join(ARCHITECTURES)}")
        if self.retention_days not in _RETENTIONS:
            raise ConfigError(f"--retention {self.retention_days}: one of {', '.join(map(str, _RETENTIONS))} days")
        if not _ALIAS.fullmatch(self.alias):
            raise ConfigError(f"--alias {one_line(self.alias)!r}: letters, digits, - and _, and not digits alone")
        if self.tests is not None and not _TESTS.fullmatch(self.tests):
            raise ConfigError(
                f"--tests {one_line(self.tests)!r}: s3://bucket/prefix, with no * or ?; a whole bucket is more than "
                "one data set needs"
            )
        if self.role is not None and not _ROLE.fullmatch(self.role):
            raise ConfigError(f"--role {one_line(self.role)!r}: an ARN such as arn:aws:iam::123456789012:role/NAME")

    def _check_environment(self) -> None:
        for key in self.environment:
            if not key.startswith("GRADER_"):
                raise ConfigError(f"--env {one_line(key)}: settings of the grader begin with GRADER_")
        GraderConfig.load(None, self.environment)
        GraderConfig.load(None, self.variables)
        size = sum(len(f"{key}{value}".encode()) for key, value in self.variables.items())
        if size > _ENVIRONMENT_BYTES:
            raise ConfigError(f"--env: {size} bytes in all; Lambda takes {_ENVIRONMENT_BYTES}")

    @property
    def variables(self) -> dict[str, str]:
        """The function's environment: credentials are forgotten where nothing is asked or read with them."""
        needed = self.tests is not None or self.judge is not None
        return {**({} if needed else {"GRADER_CREDENTIALS": "drop"}), **self.environment}

    @property
    def judge(self) -> JudgeModel | None:
        """The model of Amazon Bedrock that rates answers, if the settings name one."""
        settings = GraderConfig.load(None, self.environment).judge
        return JudgeModel(settings.model, settings.region or None) if settings.model else None

    @property
    def repository(self) -> str:
        """The name of the repository in ECR, which takes no capitals."""
        return self.name.lower()

    @property
    def log_group(self) -> str:
        """The name of the log group."""
        return f"/aws/lambda/{self.name}"

    def role_name(self, region: str) -> str:
        """The name of the execution role; roles are known in every region, so that it has the region's in it."""
        return f"{self.name}-{region}"

    @property
    def tests_bucket_and_prefix(self) -> tuple[str, str] | None:
        """Where references may be read."""
        found = _TESTS.fullmatch(self.tests or "")
        return (found["bucket"], found["prefix"]) if found else None
