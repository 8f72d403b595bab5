"""The execution role of the function, with the permissions it needs and no others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.tools.deploy.actions import Actions, AwsCall, ResourceStatus
from grader.tools.deploy.ownership import as_list, is_ours, tags_of
from grader.tools.deploy.policies import execution_policy, trust_policy

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment

__all__ = ["Role"]

_POLICY: Final = "grader"


@dataclass(frozen=True, slots=True)
class Role:
    """Role with one inline policy."""

    deployment: Deployment
    name: str

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"IAM role {self.name}"

    def check(self, cloud: AwsSession) -> None:
        """Check that the policy can be built.

        Raises:
            ConfigError: it cannot be built.
        """
        self._policy(cloud)

    def arn(self, cloud: AwsSession) -> str:
        """Return the ARN, which is known before the role exists."""
        return f"arn:{cloud.partition}:iam::{cloud.account}:role/{self.name}"

    def make(self, cloud: AwsSession) -> Actions:
        """Create or update the role and its policy; see `Makeable.make`."""
        name, policy = {"RoleName": self.name}, {"RoleName": self.name, "PolicyName": _POLICY}
        found = self._found(cloud)
        if found is not None and not is_ours(found.get("Tags"), self.deployment.name):
            return ResourceStatus.OTHERS
        outcome = ResourceStatus.UNCHANGED
        trust = trust_policy()
        if found is None:
            yield AwsCall(
                "iam",
                "create_role",
                {
                    **name,
                    "AssumeRolePolicyDocument": json.dumps(trust),
                    "Description": f"What the function {self.deployment.name} may do: write its log, read its tests",
                    "Tags": as_list(tags_of(self.deployment.name)),
                },
                self.title,
            )
            outcome = ResourceStatus.MADE
        elif found["AssumeRolePolicyDocument"] != trust:
            yield AwsCall("iam", "update_assume_role_policy", {**name, "PolicyDocument": json.dumps(trust)}, self.title)
            outcome = ResourceStatus.CHANGED
        document = self._policy(cloud)
        # Looked up even for a role of ours: an interrupted run may have created the role without its policy.
        held = None if found is None else cloud.find("iam", "get_role_policy", self.title, **policy)
        if held is None or held["PolicyDocument"] != document:
            yield AwsCall("iam", "put_role_policy", {**policy, "PolicyDocument": json.dumps(document)}, self.title)
            outcome = ResourceStatus.MADE if found is None else ResourceStatus.CHANGED
        return outcome

    def remove(self, cloud: AwsSession) -> Actions:
        """Delete the role; AWS rejects that if others have added policies. See `Removable.remove`."""
        found = self._found(cloud)
        if found is None:
            return ResourceStatus.ABSENT
        if not is_ours(found.get("Tags"), self.deployment.name):
            return ResourceStatus.OTHERS
        policy = {"RoleName": self.name, "PolicyName": _POLICY}
        if cloud.find("iam", "get_role_policy", self.title, **policy) is not None:
            yield AwsCall("iam", "delete_role_policy", policy, self.title)
        yield AwsCall("iam", "delete_role", {"RoleName": self.name}, self.title)
        return ResourceStatus.REMOVED

    def _policy(self, cloud: AwsSession) -> dict[str, Any]:
        account = {"partition": cloud.partition, "region": cloud.region, "account": cloud.account}
        return execution_policy(self.deployment, **account)

    def _found(self, cloud: AwsSession) -> Any | None:
        answer = cloud.find("iam", "get_role", self.title, RoleName=self.name)
        return None if answer is None else answer["Role"]
