"""Settings of a deployment."""

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
"""Names of architectures other than x86_64, by the value of `platform.machine`."""
_NAME: Final = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_NAME_LIMIT: Final = 44
"""Maximum length of a name: the role's name includes the region, and IAM allows 64 characters."""
_ALIAS: Final = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,128}")
_TESTS: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[^*?\s]+)")
_ROLE: Final = re.compile(r"arn:aws[a-zA-Z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_RETENTIONS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Allowed retentions in days (PutRetentionPolicy in the Amazon CloudWatch Logs API Reference)."""
_RANGES: Final = {
    "memory_mb": (128, 10240),
    "timeout_s": (3, 900),
    "storage_mb": (512, 10240),
    "provisioned": (0, 6000),
}
"""Minimum and maximum of settings (AWS Lambda Developer Guide, "Lambda quotas")."""
_ENVIRONMENT_BYTES: Final = 4096
"""Maximum size of all variables together (AWS Lambda Developer Guide, "Lambda quotas")."""


def architecture_here() -> str:
    """Return the architecture of this host."""
    return _MACHINES.get(platform.machine(), "x86_64")


@dataclass(frozen=True, slots=True)
class Deployment:
    """Settings of a function and the resources that belong to it.

    Raises:
        ConfigError: a value is invalid; names the option.
    """

    name: str = DEFAULT_NAME
    """Name of the function, and prefix of the names of the other resources."""
    memory_mb: int = 3538
    """Memory of the function; 1769 MB come with one CPU."""
    timeout_s: int = 300
    storage_mb: int = 512
    """Size of ``/tmp``."""
    architecture: str = field(default_factory=architecture_here)
    retention_days: int = 30
    """Days to keep logs."""
    alias: str = "live"
    provisioned: int | None = None
    """Provisioned concurrency of the alias; 0 turns it off, ``None`` leaves it unchanged."""
    tests: str | None = None
    """``s3://bucket/prefix`` of tests that the function may read, or ``None``."""
    role: str | None = None
    """ARN of an execution role; ``None`` to create one."""
    image: str | None = None
    """URI of an image in ECR; ``None`` to build and push one."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of the grader, as environment variables."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > _NAME_LIMIT:
            raise ConfigError(
                f"--name {one_line(self.name)!r}: expected 1 to {_NAME_LIMIT} letters, digits and single hyphens, "
                "beginning with a letter"
            )
        for key, (minimum, maximum) in _RANGES.items():
            value = getattr(self, key)
            if value is not None and not minimum <= value <= maximum:
                raise ConfigError(f"--{key.partition('_')[0]} {value}: expected {minimum} to {maximum}")
        self._check_words()
        self._check_environment()

    def _check_words(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ConfigError(
                f"--architecture {one_line(self.architecture)!r}: expected one of {', '.join(ARCHITECTURES)}"
            )
        if self.retention_days not in _RETENTIONS:
            raise ConfigError(
                f"--retention {self.retention_days}: expected one of {', '.join(map(str, _RETENTIONS))} days"
            )
        if not _ALIAS.fullmatch(self.alias):
            raise ConfigError(
                f"--alias {one_line(self.alias)!r}: expected letters, digits, - and _, and not only digits"
            )
        if self.tests is not None and not _TESTS.fullmatch(self.tests):
            raise ConfigError(
                f"--tests {one_line(self.tests)!r}: expected s3://bucket/prefix without * or ?; access to a whole "
                "bucket is not supported"
            )
        if self.role is not None and not _ROLE.fullmatch(self.role):
            raise ConfigError(
                f"--role {one_line(self.role)!r}: expected an ARN such as arn:aws:iam::123456789012:role/NAME"
            )

    def _check_environment(self) -> None:
        for key in self.environment:
            if not key.startswith("GRADER_"):
                raise ConfigError(f"--env {one_line(key)}: the names of settings begin with GRADER_")
        GraderConfig.load(None, self.environment)
        GraderConfig.load(None, self.variables)
        size = sum(len(f"{key}{value}".encode()) for key, value in self.variables.items())
        if size > _ENVIRONMENT_BYTES:
            raise ConfigError(f"--env: {size} bytes in total; Lambda allows {_ENVIRONMENT_BYTES}")

    @property
    def variables(self) -> dict[str, str]:
        """Environment of the function; the grader drops its credentials if it needs them for nothing."""
        needed = self.tests is not None or self.judge is not None
        return {**({} if needed else {"GRADER_CREDENTIALS": "drop"}), **self.environment}

    @property
    def judge(self) -> JudgeModel | None:
        """Model of Amazon Bedrock that rates answers, if the settings name one."""
        settings = GraderConfig.load(None, self.environment).judge
        return JudgeModel(settings.model, settings.region or None) if settings.model else None

    @property
    def repository(self) -> str:
        """Name of the repository in ECR, which does not allow upper-case letters."""
        return self.name.lower()

    @property
    def log_group(self) -> str:
        """Name of the log group."""
        return f"/aws/lambda/{self.name}"

    def role_name(self, region: str) -> str:
        """Return the name of the execution role; it includes the region, because IAM is global."""
        return f"{self.name}-{region}"

    @property
    def tests_bucket_and_prefix(self) -> tuple[str, str] | None:
        """Bucket and prefix of the tests that the function may read, or ``None``."""
        found = _TESTS.fullmatch(self.tests or "")
        return (found["bucket"], found["prefix"]) if found else None
