"""Options of a deployment, as values of the template's parameters."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from grader.config.schema import NAMES, SettingError, field_types, read_setting
from grader.config.settings import ENVIRONMENT_PREFIX, GraderConfig
from grader.errors import ConfigError
from grader.text import one_line
from grader.tools.deploy.judge_model import JudgeModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.config.schema import Section
    from grader.tools.deploy.template import Template
    from testcases.schema import FieldType

__all__ = [
    "AGENT",
    "DEFAULT_NAME",
    "Options",
    "architecture_here",
    "check_together",
    "judge_parameters",
    "settings_of",
    "variables_of",
]

AGENT: Final = "grader.rollout.lambda_handler"
"""Handler that is no reward function (docs/rollout.md)."""
DEFAULT_NAME: Final = "SageMaker-rlvr-code-grader"
"""SageMaker's trainers accept only names with ``SageMaker`` in them."""
_MACHINES: Final = {"aarch64": "arm64", "arm64": "arm64"}
"""Names of architectures other than x86_64, by the value of `platform.machine`."""
_TESTS: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>[^*?\s]+)")
_ENVIRONMENT_BYTES: Final = 4096
"""Maximum size of all variables together (AWS Lambda Developer Guide, "Lambda quotas")."""
_OPTIONS: Final = {
    "name": "FunctionName",
    "memory": "MemorySize",
    "timeout": "Timeout",
    "storage": "EphemeralStorage",
    "architecture": "Architecture",
    "alias": "AliasName",
    "reserved": "ReservedConcurrency",
    "provisioned": "ProvisionedConcurrency",
    "handler": "Handler",
    "tracing": "Tracing",
    "role": "RoleArn",
    "boundary": "PermissionsBoundary",
    "subnet": "SubnetIds",
    "security-group": "SecurityGroupIds",
    "environment-key": "EnvironmentKeyArn",
    "log-group": "LogGroupName",
    "retention": "LogRetentionDays",
    "log-key": "LogKeyArn",
    "scan": "ScanOnPush",
    "keep-images": "KeepImages",
    "pull-account": "PullAccounts",
    "repository-key": "RepositoryKeyArn",
}
"""Options that are one parameter each."""
_INVOKERS: Final = ("Invoker", "SecondInvoker", "ThirdInvoker")


def architecture_here() -> str:
    """Return the architecture of this host."""
    return _MACHINES.get(platform.machine(), "x86_64")


@dataclass(frozen=True, slots=True)
class Options:
    """Options that a user has given; what is missing stays as it is.

    Raises:
        ConfigError: a value is invalid; names the option.
    """

    template: Template
    name: str = DEFAULT_NAME
    """Name of the function and of the stack, and prefix of the names of the other resources."""
    given: Mapping[str, str | None] = field(default_factory=dict)
    """Values by the name of the option, without dashes; ``None`` was not given. Lists are separated by commas."""
    tests: str | None = None
    """``s3://bucket/prefix`` of tests that the function may read; empty for none."""
    invokers: Sequence[str] | None = None
    """Other accounts or their roles that may invoke the function; one that is empty stands for none."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of the grader, as environment variables; an empty one returns to its default."""

    def __post_init__(self) -> None:
        for option, value in [*self.given.items(), ("name", self.name)]:
            if value is not None:
                self.template.parameters[_OPTIONS[option]].check(value, f"--{option}")
        if self.tests and not _TESTS.fullmatch(self.tests):
            raise ConfigError(
                f"--tests {one_line(self.tests)!r}: expected s3://bucket/prefix without * or ?; access to a whole "
                "bucket is not supported"
            )
        if len(self.invokers or ()) > len(_INVOKERS):
            raise ConfigError(f"--invoker: at most {len(_INVOKERS)}; a role of one account may serve more jobs")
        for invoker in self.invokers or ():
            self.template.parameters[_INVOKERS[0]].check(invoker, "--invoker")
        for variable, value in self.environment.items():
            _check_setting(variable, value)

    def parameters(self) -> dict[str, str]:
        """Return the values of the parameters that the options set."""
        found = {_OPTIONS[option]: value for option, value in self.given.items() if value is not None}
        if self.tests is not None:
            location = _TESTS.fullmatch(self.tests)
            found["TestsBucket"], found["TestsPrefix"] = location.groups() if location else ("", "")
        if self.invokers is not None:
            filled = [*(one for one in self.invokers if one), "", "", ""]
            found |= dict(zip(_INVOKERS, filled, strict=False))
        known = settings_of(self.template)
        return found | {known[key]: value for key, value in self.environment.items()}


def _check_setting(variable: str, value: str) -> None:
    """Check the value of one setting by itself; what settings must be together shows only with those that stand."""
    if not variable.startswith(ENVIRONMENT_PREFIX):
        raise ConfigError(f"--env {one_line(variable)}: the names of settings begin with {ENVIRONMENT_PREFIX}")
    field_type = _field_types().get(variable)
    if field_type is None:
        GraderConfig.load(None, {variable: value})  # names the setting that is nearest
        raise ConfigError(f"--env {one_line(variable)}: not a setting; use the present name of a renamed one")
    if value and field_type is not NAMES:
        try:
            read_setting(variable, field_type, value)
        except SettingError as error:
            raise ConfigError(f"--env {error}") from None


def _field_types() -> dict[str, FieldType]:
    """Return the types of all settings by their environment variables."""
    sections: dict[str, type[Section]] = {"": GraderConfig}
    sections |= {f"{name}_": section for name, section in GraderConfig.SECTIONS.items()}
    return {
        f"{ENVIRONMENT_PREFIX}{prefix}{name}".upper(): field_type
        for prefix, section in sections.items()
        for name, field_type in field_types(section).items()
    }


def settings_of(template: Template) -> dict[str, str]:
    """Return the parameter of each setting of the grader, by its environment variable."""
    return {
        one.description: one.name
        for one in template.parameters.values()
        if one.description.startswith(ENVIRONMENT_PREFIX)
    }


def variables_of(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that the template gives the function."""
    found = {variable: values[name] for variable, name in settings_of(template).items() if values[name]}
    if not template.holds("NeedsCredentials", values):
        found.setdefault("GRADER_CREDENTIALS", "drop")
    return found


def check_together(template: Template, values: Mapping[str, str]) -> None:
    """Check values that are right by themselves.

    Raises:
        ConfigError: they contradict each other; names the option.
    """
    if bool(values["SubnetIds"]) != bool(values["SecurityGroupIds"]):
        raise ConfigError("--subnet, --security-group: one needs the other")
    variables = variables_of(template, values)
    GraderConfig.load(None, variables)
    size = sum(len(f"{key}{value}".encode()) for key, value in variables.items())
    if size > _ENVIRONMENT_BYTES:
        raise ConfigError(f"--env: {size} bytes in total; Lambda allows {_ENVIRONMENT_BYTES}")


def judge_parameters(values: Mapping[str, str], *, partition: str, region: str, account: str) -> dict[str, str]:
    """Return the parameters that allow the role to call the judge's model.

    Raises:
        ConfigError: the model behind a profile cannot be derived from its name.
    """
    if not values["JudgeModel"] or values["RoleArn"]:
        return {"JudgeArn": "", "JudgeProfileModelArn": ""}
    model = JudgeModel(values["JudgeModel"], values["JudgeRegion"] or None)
    arn, behind = model.arns(partition=partition, region=region, account=account)
    return {"JudgeArn": arn, "JudgeProfileModelArn": behind}
