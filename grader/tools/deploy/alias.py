"""Alias of the function: a stable name for a published version, which training jobs call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.tools.deploy.actions import Actions, AwsCall, ResourceStatus, Wait
from grader.tools.deploy.function import settings_match

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.function import Function

__all__ = ["Alias"]


@dataclass(frozen=True, slots=True)
class Alias:
    """Alias of a function; removed with the function."""

    function: Function

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"alias {self.function.deployment.name}:{self.function.deployment.alias}"

    def check(self, cloud: AwsSession) -> None:
        """Check nothing: no condition has to be met before."""

    def make(self, cloud: AwsSession) -> Actions:
        """Publish a version and point the alias to it, unless the alias is up to date."""
        deployment = self.function.deployment
        held = self.function.found(cloud, Qualifier=deployment.alias)
        if held is not None and self._stands_for(held, self.function.found(cloud)):
            return ResourceStatus.UNCHANGED
        # A version is immutable: training jobs go on with the old one until the alias is moved in a single step.
        name = {"FunctionName": deployment.name}
        version = (yield AwsCall("lambda", "publish_version", name, self.title))["Version"]
        published = {**name, "Qualifier": version}
        yield Wait("lambda", "published_version_active", published, self.title)
        operation = "create_alias" if held is None else "update_alias"
        yield AwsCall("lambda", operation, {**name, "Name": deployment.alias, "FunctionVersion": version}, self.title)
        return ResourceStatus.MADE if held is None else ResourceStatus.CHANGED

    def _stands_for(self, held: Any, newest: Any | None) -> bool:
        """Return whether the version has the newest code, and both have the settings of the deployment."""
        if newest is None or not self.function.has_code(newest):
            return False
        both = (held["Configuration"], newest["Configuration"])
        same_code = both[0].get("CodeSha256") == both[1].get("CodeSha256")
        return same_code and all(settings_match(self.function.settings, one) for one in both)
