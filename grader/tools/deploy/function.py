"""The function itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.errors import CloudRequestError
from grader.tools.deploy.actions import Actions, AwsCall, ResourceStatus, Wait
from grader.tools.deploy.ownership import is_ours, tags_of

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment

__all__ = ["Function", "settings_match"]

_ROLE_NOT_READY: Final = "cannot be assumed by Lambda"
"""What Lambda says of a role for some seconds after it was made."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of an image, with these settings."""

    deployment: Deployment
    image: str
    """URI."""
    role: str
    """ARN."""

    @property
    def title(self) -> str:
        """What to call it."""
        return f"function {self.deployment.name}"

    def check(self, cloud: AwsSession) -> None:
        """See to it that no function of somebody else's is in the way.

        Raises:
            CloudRequestError: there is one.
        """
        found = self.found(cloud)
        if found is not None and not is_ours(found.get("Tags"), self.deployment.name):
            raise CloudRequestError(
                f"{self.title}: there is one in {cloud.region} that grader deploy has not made, and nothing is done to "
                "it; give another --name"
            )

    def make(self, cloud: AwsSession) -> Actions:
        """As `Makeable.make`."""
        name = {"FunctionName": self.deployment.name}
        found = self.found(cloud)
        if found is None:
            yield AwsCall(
                "lambda",
                "create_function",
                {
                    **name,
                    "PackageType": "Image",
                    "Code": {"ImageUri": self.image},
                    "Architectures": [self.deployment.architecture],
                    **self.settings,
                    "Tags": tags_of(self.deployment.name),
                },
                self.title,
                until_accepted=_ROLE_NOT_READY,
            )
            yield Wait("lambda", "function_active_v2", name, self.title)
            return ResourceStatus.MADE
        if _is_busy(found["Configuration"]):
            yield Wait("lambda", "function_updated_v2", name, self.title)
        outcome = ResourceStatus.UNCHANGED
        if not self.has_code(found):
            code = {"ImageUri": self.image, "Architectures": [self.deployment.architecture]}
            yield AwsCall("lambda", "update_function_code", {**name, **code}, self.title)
            yield Wait("lambda", "function_updated_v2", name, self.title)
            outcome = ResourceStatus.CHANGED
        if not settings_match(self.settings, found["Configuration"]):
            yield AwsCall(
                "lambda",
                "update_function_configuration",
                {**name, **self.settings},
                self.title,
                until_accepted=_ROLE_NOT_READY,
            )
            yield Wait("lambda", "function_updated_v2", name, self.title)
            outcome = ResourceStatus.CHANGED
        return outcome

    def remove(self, cloud: AwsSession) -> Actions:
        """As `Removable.remove`; its versions and aliases go with it."""
        found = self.found(cloud)
        if found is None:
            return ResourceStatus.ABSENT
        if not is_ours(found.get("Tags"), self.deployment.name):
            return ResourceStatus.OTHERS
        yield AwsCall("lambda", "delete_function", {"FunctionName": self.deployment.name}, self.title)
        return ResourceStatus.REMOVED

    def found(self, cloud: AwsSession, **qualifier: str) -> Any | None:
        """What Lambda says of it, or of one version of it; ``None`` where there is none."""
        return cloud.find("lambda", "get_function", self.title, FunctionName=self.deployment.name, **qualifier)

    def has_code(self, found: Any) -> bool:
        """Whether a function, as Lambda tells it, runs this image on this architecture."""
        architectures = found["Configuration"].get("Architectures", ["x86_64"])
        return bool(found["Code"].get("ImageUri") == self.image and architectures == [self.deployment.architecture])

    @property
    def settings(self) -> dict[str, Any]:
        """What is neither name nor code nor tag."""
        return {
            "Role": self.role,
            "Description": "Reward grader for code: untrusted model answers in, a reward per sample out",
            "MemorySize": self.deployment.memory_mb,
            "Timeout": self.deployment.timeout_s,
            "EphemeralStorage": {"Size": self.deployment.storage_mb},
            "Environment": {"Variables": self.deployment.variables},
            "LoggingConfig": {
                "LogFormat": "JSON",
                "ApplicationLogLevel": "INFO",
                "SystemLogLevel": "INFO",
                "LogGroup": self.deployment.log_group,
            },
        }


def _is_busy(configuration: Any) -> bool:
    """Whether a change that was begun before, and perhaps not waited for, is still on its way."""
    return "Pending" in configuration.get("State", "") or configuration.get("LastUpdateStatus") == "InProgress"


def settings_match(wanted: Any, found: Any) -> bool:
    """Whether settings, as Lambda tells them, are the wanted ones; what it does not tell counts as right."""
    if not isinstance(wanted, dict) or not isinstance(found, dict):
        return bool(wanted == found)
    if "Variables" in wanted:
        return bool(wanted["Variables"] == found.get("Variables", {}))
    return all(settings_match(value, found[key]) for key, value in wanted.items() if key in found)
