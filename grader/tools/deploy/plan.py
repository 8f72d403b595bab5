"""All resources of a deployment, in the order in which they are made."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import CloudError, CloudRequestError, ToolError
from grader.tools.deploy.actions import ResourceStatus
from grader.tools.deploy.alias import Alias
from grader.tools.deploy.concurrency import Concurrency
from grader.tools.deploy.engine import find_engine, local_image
from grader.tools.deploy.function import Function
from grader.tools.deploy.image import Image
from grader.tools.deploy.log_group import LogGroup
from grader.tools.deploy.repository import Repository
from grader.tools.deploy.role import Role
from grader.tools.deploy.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.aws.client import AwsSession
    from grader.tools.deploy.runner import ActionRunner, Makeable, Removable, ResourceResult
    from grader.tools.deploy.settings import Deployment

__all__ = ["DeploymentPlan", "Removal", "plan_for", "removal_of"]

_LOCAL_IMAGE = "rlvr-code-grader"
"""As `make image` names it."""
_CHANGES = (ResourceStatus.MADE, ResourceStatus.CHANGED)


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What is to be there."""

    deployment: Deployment
    arn: str
    """Of the alias: what training jobs are given."""
    resources: tuple[Makeable, ...]

    def make(self, cloud: AwsSession, carrier: ActionRunner, on_step: Callable[[ResourceResult], None]) -> None:
        """Make or change what is not as it should be.

        Nothing is made if something is known beforehand to be in the way.

        Args:
            cloud: where.
            carrier: who does it.
            on_step: called with each resource that is done.

        Raises:
            CloudRequestError, CloudError, ToolError, InputError: it cannot be done; says what stands by then, and how
                to go on or go back.
        """
        for resource in self.resources:
            resource.check(cloud)
        done: list[ResourceResult] = []
        for resource in self.resources:
            try:
                step = carrier.carry_out(resource.title, resource.make(cloud))
            except (CloudRequestError, CloudError, ToolError) as error:
                error.args = (f"{error}; {self.standing(done, carrier, cloud)}",)
                raise
            on_step(step)
            done.append(step)

    def standing(self, done: Sequence[ResourceResult], carrier: ActionRunner, cloud: AwsSession) -> str:
        """What a deployment that broke off has made or changed, and how to go on or go back.

        Args:
            done: the resources that were done.
            carrier: who was at the next one.
            cloud: where.
        """
        titles = [step.title for step in done if step.outcome in _CHANGES]
        if carrier.acts and len(done) < len(self.resources):
            titles.append(f"{self.resources[len(done)].title} in part")
        back = f"`grader undeploy --name {self.deployment.name} --region {cloud.region}`"
        made = f"made or changed by now: {', '.join(titles)}" if titles else "nothing before it was made or changed"
        return f"{made}; `grader deploy` again goes on from there, {back} removes what it made"


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be there no longer, in this order."""

    resources: tuple[Removable, ...]

    def carry_out(self, cloud: AwsSession, carrier: ActionRunner, on_step: Callable[[ResourceResult], None]) -> None:
        """Remove what is of the deployment's making.

        Raises:
            CloudRequestError, CloudError: it cannot be done; says what is still there.
        """
        left = list(self.resources)
        while left:
            try:
                step = carrier.carry_out(left[0].title, left[0].remove(cloud))
            except (CloudRequestError, CloudError) as error:
                error.args = (f"{error}; not removed: {', '.join(one.title for one in left)}; run it again",)
                raise
            on_step(step)
            del left[0]


def plan_for(
    deployment: Deployment, cloud: AwsSession, *, build: bool = True, base: str | None = None
) -> DeploymentPlan:
    """What a deployment needs.

    Args:
        deployment: what it is to be like.
        cloud: where; is asked for the account.
        build: whether the image is built of the checkout, or is on this host already; nothing of either where the
            deployment names one.
        base: the base image, where it is not the Dockerfile's.

    Raises:
        InputError: there is no checkout, or no image.
        CloudRequestError, CloudError: the account is not known.
    """
    role = Role(deployment, deployment.role_name(cloud.region))
    function = Function(deployment, deployment.image or "", deployment.role or role.arn(cloud))
    resources: list[Makeable] = []
    if deployment.image is None:
        image = _image(deployment, cloud, build=build, base=base)
        function = Function(deployment, image.uri, function.role)
        resources += [Repository(deployment), image]
    if deployment.role is None:
        resources.append(role)
    resources += [LogGroup(deployment), function, Alias(function)]
    if deployment.provisioned is not None:
        resources.append(Concurrency(deployment, deployment.provisioned))
    return DeploymentPlan(deployment, _arn(deployment, cloud), tuple(resources))


def removal_of(deployment: Deployment, cloud: AwsSession, *, keep_logs: bool = False) -> Removal:
    """Everything that a deployment of this name may have made.

    Raises:
        CloudRequestError, CloudError: the account is not known.
    """
    resources: list[Removable] = [Function(deployment, "", "")]
    if not keep_logs:
        resources.append(LogGroup(deployment))
    resources.append(Role(deployment, deployment.role_name(cloud.region)))
    resources += [Image(deployment, _registry(cloud), "", engine=list), Repository(deployment)]
    return Removal(tuple(resources))


def _image(deployment: Deployment, cloud: AwsSession, *, build: bool, base: str | None) -> Image:
    source = Source.find()
    engine = functools.cache(lambda: find_engine(source))
    registry = _registry(cloud)
    if build:
        content = source.tag(base or "", deployment.architecture)
        return Image(deployment, registry, content, engine, source=source, base=base)
    content = f"img-{local_image(engine(), _LOCAL_IMAGE)}"
    return Image(deployment, registry, content, engine, local=_LOCAL_IMAGE)


def _registry(cloud: AwsSession) -> str:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    return f"{cloud.account}.dkr.ecr.{cloud.region}.{suffix}"


def _arn(deployment: Deployment, cloud: AwsSession) -> str:
    place = f"{cloud.region}:{cloud.account}"
    return f"arn:{cloud.partition}:lambda:{place}:function:{deployment.name}:{deployment.alias}"
