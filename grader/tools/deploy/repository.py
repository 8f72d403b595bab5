"""The ECR repository of the image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.tools.deploy.actions import Actions, AwsCall, ResourceStatus
from grader.tools.deploy.ownership import as_list, is_ours, tags_of
from grader.tools.deploy.policies import repository_policy

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment

__all__ = ["Repository"]


@dataclass(frozen=True, slots=True)
class Repository:
    """ECR repository with immutable tags, for one function."""

    deployment: Deployment

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"ECR repository {self.deployment.repository}"

    def check(self, cloud: AwsSession) -> None:
        """Check nothing: no condition has to be met before."""

    def make(self, cloud: AwsSession) -> Actions:
        """Create the repository and set its policy; see `Makeable.make`."""
        name = {"repositoryName": self.deployment.repository}
        found = self._found(cloud)
        if found is not None and not self._ours(cloud, found):
            return ResourceStatus.OTHERS
        if found is None:
            yield AwsCall(
                "ecr",
                "create_repository",
                {**name, "imageTagMutability": "IMMUTABLE", "tags": as_list(tags_of(self.deployment.name))},
                self.title,
            )
        policy = repository_policy(
            self.deployment, partition=cloud.partition, region=cloud.region, account=cloud.account
        )
        # A repository that was just created, or in a dry run would be, has no policy to compare with.
        held = None if found is None else cloud.find("ecr", "get_repository_policy", self.title, **name)
        if held is not None and json.loads(held["policyText"]) == policy:
            return ResourceStatus.UNCHANGED
        yield AwsCall("ecr", "set_repository_policy", {**name, "policyText": json.dumps(policy)}, self.title)
        return ResourceStatus.MADE if found is None else ResourceStatus.CHANGED

    def remove(self, cloud: AwsSession) -> Actions:
        """Delete the repository; AWS rejects that if others have pushed images to it. See `Removable.remove`."""
        found = self._found(cloud)
        if found is None:
            return ResourceStatus.ABSENT
        if not self._ours(cloud, found):
            return ResourceStatus.OTHERS
        yield AwsCall("ecr", "delete_repository", {"repositoryName": self.deployment.repository}, self.title)
        return ResourceStatus.REMOVED

    def _found(self, cloud: AwsSession) -> Any | None:
        names = [self.deployment.repository]
        answer = cloud.find("ecr", "describe_repositories", self.title, repositoryNames=names)
        return None if answer is None else answer["repositories"][0]

    def _ours(self, cloud: AwsSession, found: Any) -> bool:
        answer = cloud.call("ecr", "list_tags_for_resource", self.title, resourceArn=found["repositoryArn"])
        return is_ours(answer["tags"], self.deployment.name)
