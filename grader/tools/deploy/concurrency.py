"""Execution environments that are kept warm, and paid for, behind the alias."""

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
    """Provisioned concurrency of the alias; it goes when the function goes."""

    deployment: Deployment
    amount: int

    @property
    def title(self) -> str:
        """What to call it."""
        return f"provisioned concurrency of {self.deployment.name}:{self.deployment.alias}"

    def check(self, cloud: AwsSession) -> None:
        """Nothing is wanted of it beforehand."""

    def make(self, cloud: AwsSession) -> Actions:
        """As `Makeable.make`."""
        place = {"FunctionName": self.deployment.name, "Qualifier": self.deployment.alias}
        found = cloud.find("lambda", "get_provisioned_concurrency_config", self.title, **place)
        held = 0 if found is None else found["RequestedProvisionedConcurrentExecutions"]
        if held == self.amount:
            return ResourceStatus.UNCHANGED
        if self.amount == 0:
            yield AwsCall("lambda", "delete_provisioned_concurrency_config", place, self.title)
            return ResourceStatus.REMOVED
        wanted = {**place, "ProvisionedConcurrentExecutions": self.amount}
        yield AwsCall("lambda", "put_provisioned_concurrency_config", wanted, self.title)
        return ResourceStatus.MADE if found is None else ResourceStatus.CHANGED
