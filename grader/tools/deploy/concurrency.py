"""Provisioned concurrency of the alias: execution environments that are kept warm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.tools.deploy.actions import Actions, AwsCall, ResourceStatus

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment

__all__ = ["Concurrency"]


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Provisioned concurrency of the alias; removed with the function."""

    deployment: Deployment
    amount: int

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"provisioned concurrency of {self.deployment.name}:{self.deployment.alias}"

    def check(self, cloud: AwsSession) -> None:
        """Check nothing: no condition has to be met before."""

    def make(self, cloud: AwsSession) -> Actions:
        """Set or delete the provisioned concurrency; see `Makeable.make`."""
        key = {"FunctionName": self.deployment.name, "Qualifier": self.deployment.alias}
        found = cloud.find("lambda", "get_provisioned_concurrency_config", self.title, **key)
        held = 0 if found is None else found["RequestedProvisionedConcurrentExecutions"]
        if held == self.amount:
            return ResourceStatus.UNCHANGED
        if self.amount == 0:
            yield AwsCall("lambda", "delete_provisioned_concurrency_config", key, self.title)
            return ResourceStatus.REMOVED
        request = {**key, "ProvisionedConcurrentExecutions": self.amount}
        yield AwsCall("lambda", "put_provisioned_concurrency_config", request, self.title)
        return ResourceStatus.MADE if found is None else ResourceStatus.CHANGED
