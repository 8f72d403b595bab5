"""Resources of a deployment, in the order of their creation, and of a removal."""

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
"""Name of the image that `make image` builds."""
_CHANGES = (ResourceStatus.MADE, ResourceStatus.CHANGED)


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """Resources that a deployment consists of."""

    deployment: Deployment
    arn: str
    """ARN of the alias, for training jobs."""
    resources: tuple[Makeable, ...]

    def make(self, cloud: AwsSession, carrier: ActionRunner, on_step: Callable[[ResourceResult], None]) -> None:
        """Create or update all resources that are not up to date.

        Nothing is changed if a check of any resource fails.

        Args:
            cloud: session of the account.
            carrier: runner of the actions.
            on_step: called with the result of each resource.

        Raises:
            CloudRequestError, CloudError, ToolError, InputError: a step failed; the message lists what was changed
                before, and how to resume or to undo it.
        """
        # All checks come first: a name that is taken or a missing container engine must not leave half a deployment.
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
        """Describe what an interrupted deployment has changed, and how to resume or to undo it.

        Args:
            done: results of the completed resources.
            carrier: runner that worked on the next resource.
            cloud: session of the account.
        """
        titles = [step.title for step in done if step.outcome in _CHANGES]
        if carrier.acts and len(done) < len(self.resources):
            titles.append(f"{self.resources[len(done)].title} (partly)")
        back = f"`grader undeploy --name {self.deployment.name} --region {cloud.region}`"
        made = f"created or changed so far: {', '.join(titles)}" if titles else "nothing was created or changed before"
        return f"{made}; run `grader deploy` again to resume, or {back} to remove what it created"


@dataclass(frozen=True, slots=True)
class Removal:
    """Resources to remove, in order."""

    resources: tuple[Removable, ...]

    def carry_out(self, cloud: AwsSession, carrier: ActionRunner, on_step: Callable[[ResourceResult], None]) -> None:
        """Remove the resources that belong to the deployment.

        Raises:
            CloudRequestError, CloudError: a step failed; the message lists what was not removed.
        """
        left = list(self.resources)
        while left:
            try:
                step = carrier.carry_out(left[0].title, left[0].remove(cloud))
            except (CloudRequestError, CloudError) as error:
                error.args = (f"{error}; not removed: {', '.join(one.title for one in left)}; run the command again",)
                raise
            on_step(step)
            del left[0]


def plan_for(
    deployment: Deployment, cloud: AwsSession, *, build: bool = True, base: str | None = None
) -> DeploymentPlan:
    """List the resources of a deployment.

    Args:
        deployment: settings of the deployment.
        cloud: session of the account.
        build: True to build the image from the checkout, false to use the one that exists on this host; ignored if the
            deployment names an image in ECR.
        base: base image, if not that of the Dockerfile.

    Raises:
        InputError: there is no checkout, or no image.
        CloudRequestError, CloudError: the account could not be determined.
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
    """List all resources that a deployment of this name may have created.

    Raises:
        CloudRequestError, CloudError: the account could not be determined.
    """
    # The function first, because it uses all others; the images before the repository, because AWS deletes only empty
    # ones.
    resources: list[Removable] = [Function(deployment, "", "")]
    if not keep_logs:
        resources.append(LogGroup(deployment))
    resources.append(Role(deployment, deployment.role_name(cloud.region)))
    resources += [Image(deployment, _registry(cloud), "", engine=list), Repository(deployment)]
    return Removal(tuple(resources))


def _image(deployment: Deployment, cloud: AwsSession, *, build: bool, base: str | None) -> Image:
    source = Source.find()
    # Deferred and cached: finding an engine starts programs, and no engine is needed if the image is in ECR already.
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
    location = f"{cloud.region}:{cloud.account}"
    return f"arn:{cloud.partition}:lambda:{location}:function:{deployment.name}:{deployment.alias}"
