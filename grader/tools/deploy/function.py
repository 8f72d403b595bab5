"""The Lambda function."""

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
"""Part of Lambda's error message about a role that was created a few seconds ago."""


@dataclass(frozen=True, slots=True)
class Function:
    """Lambda function with a container image and settings."""

    deployment: Deployment
    image: str
    """URI of the image."""
    role: str
    """ARN of the execution role."""

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"function {self.deployment.name}"

    def check(self, cloud: AwsSession) -> None:
        """Check that no function of the same name was created by others.

        Raises:
            CloudRequestError: there is such a function.
        """
        found = self.found(cloud)
        if found is not None and not is_ours(found.get("Tags"), self.deployment.name):
            raise CloudRequestError(
                f"{self.title}: a function of this name in {cloud.region} was not created by grader deploy; it is left "
                "unchanged, use another --name"
            )

    def make(self, cloud: AwsSession) -> Actions:
        """Create or update the function; see `Makeable.make`."""
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
        # Lambda rejects a change while another is in progress (ResourceConflictException).
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
        """Delete the function with its versions and aliases; see `Removable.remove`."""
        found = self.found(cloud)
        if found is None:
            return ResourceStatus.ABSENT
        if not is_ours(found.get("Tags"), self.deployment.name):
            return ResourceStatus.OTHERS
        yield AwsCall("lambda", "delete_function", {"FunctionName": self.deployment.name}, self.title)
        return ResourceStatus.REMOVED

    def found(self, cloud: AwsSession, **qualifier: str) -> Any | None:
        """Return Lambda's description of the function, or of a version; ``None`` if it does not exist."""
        return cloud.find("lambda", "get_function", self.title, FunctionName=self.deployment.name, **qualifier)

    def has_code(self, found: Any) -> bool:
        """Return whether a function, as described by Lambda, has this image and architecture."""
        architectures = found["Configuration"].get("Architectures", ["x86_64"])
        return bool(found["Code"].get("ImageUri") == self.image and architectures == [self.deployment.architecture])

    @property
    def settings(self) -> dict[str, Any]:
        """Configuration of the function: everything except its name, code and tags."""
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
    """Return whether an earlier change is still in progress."""
    return "Pending" in configuration.get("State", "") or configuration.get("LastUpdateStatus") == "InProgress"


def settings_match(expected: Any, found: Any) -> bool:
    """Return whether settings described by Lambda match; settings missing from the description count as matching."""
    if not isinstance(expected, dict) or not isinstance(found, dict):
        return bool(expected == found)
    # Variables are compared as a whole: one that was removed from the settings must be removed from the function, too.
    if "Variables" in expected:
        return bool(expected["Variables"] == found.get("Variables", {}))
    return all(settings_match(value, found[key]) for key, value in expected.items() if key in found)
