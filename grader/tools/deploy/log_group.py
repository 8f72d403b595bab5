"""The log group; created before the function, which then needs no permission to create one, and with a retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.tools.deploy.actions import Actions, AwsCall, ResourceStatus
from grader.tools.deploy.ownership import is_ours, tags_of

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment

__all__ = ["LogGroup"]


@dataclass(frozen=True, slots=True)
class LogGroup:
    """Log group of the function, with a retention in days."""

    deployment: Deployment

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"log group {self.deployment.log_group}"

    def check(self, cloud: AwsSession) -> None:
        """Check nothing: no condition has to be met before."""

    def make(self, cloud: AwsSession) -> Actions:
        """Create the group and set its retention; see `Makeable.make`."""
        name, days = {"logGroupName": self.deployment.log_group}, self.deployment.retention_days
        found = self._found(cloud)
        if found is not None and not self._ours(cloud, found):
            return ResourceStatus.OTHERS
        if found is None:
            yield AwsCall("logs", "create_log_group", {**name, "tags": tags_of(self.deployment.name)}, self.title)
        elif found.get("retentionInDays") == days:
            return ResourceStatus.UNCHANGED
        yield AwsCall("logs", "put_retention_policy", {**name, "retentionInDays": days}, self.title)
        return ResourceStatus.MADE if found is None else ResourceStatus.CHANGED

    def remove(self, cloud: AwsSession) -> Actions:
        """Delete the group; see `Removable.remove`."""
        found = self._found(cloud)
        if found is None:
            return ResourceStatus.ABSENT
        if not self._ours(cloud, found):
            return ResourceStatus.OTHERS
        yield AwsCall("logs", "delete_log_group", {"logGroupName": self.deployment.log_group}, self.title)
        return ResourceStatus.REMOVED

    def _found(self, cloud: AwsSession) -> Any | None:
        name = self.deployment.log_group
        answer = cloud.call("logs", "describe_log_groups", self.title, logGroupNamePrefix=name)
        return next((group for group in answer["logGroups"] if group["logGroupName"] == name), None)

    def _ours(self, cloud: AwsSession, found: Any) -> bool:
        # DescribeLogGroups appends ":*", which ListTagsForResource does not accept.
        arn = found["arn"].removesuffix(":*")
        answer = cloud.call("logs", "list_tags_for_resource", self.title, resourceArn=arn)
        return is_ours(answer["tags"], self.deployment.name)
