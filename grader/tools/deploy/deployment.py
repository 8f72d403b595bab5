"""A deployment: what stands, what is wanted, and the way from one to the other."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from grader.errors import CloudError, InputError
from grader.tools.deploy.engine import find_engine, local_image
from grader.tools.deploy.image import Image, check_image, registry_of
from grader.tools.deploy.names import check_names, log_group_of, ours_among_logs
from grader.tools.deploy.options import architecture_here, check_together, judge_parameters
from grader.tools.deploy.ownership import tags_of
from grader.tools.deploy.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.aws.client import AwsSession
    from grader.tools.deploy.options import Options
    from grader.tools.deploy.stack import ChangeSet, Stack, StackState

__all__ = ["Deployment", "Request", "Target", "log_group_of_values"]

_LOCAL_IMAGE: Final = "rlvr-code-grader"
"""Name of the image that `make image` builds."""
_BASE_TAG: Final = "grader-base-image"
"""Tag of the stack that names the base image, so that the next build is on the same."""
_NOT_OF_A_VERSION: Final = frozenset(
    {
        "AliasName", "Invoker", "KeepImages", "LogKeyArn", "LogRetentionDays", "PermissionsBoundary",
        "ProvisionedConcurrency", "PullAccounts", "RepositoryKeyArn", "RepositoryName", "ReservedConcurrency",
        "Revision", "ScanOnPush", "SecondInvoker", "TestsBucket", "TestsPrefix", "JudgeArn", "JudgeProfileModelArn",
        "ThirdInvoker",
    }
)  # fmt: skip
"""Parameters that are not part of a published version."""


@dataclass(frozen=True, slots=True)
class Request:
    """Wishes of the user."""

    options: Options
    image: str | None = None
    """URI of an image in ECR, if none is to be built."""
    build: bool | None = None
    """True to build from the checkout, false to push the image of this host; ``None`` keeps to what was done before."""
    base: str | None = None
    """Base image, if not that of the Dockerfile."""
    reset: bool = False
    """True to return all options that are not given to their defaults."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags to add to the stack and its resources; an empty value removes one."""


@dataclass(frozen=True, slots=True)
class Target:
    """State of the account that is wanted."""

    values: dict[str, str]
    """Values of all parameters of the template."""
    tags: Mapping[str, str]
    image: Image | None
    """Image to build and push; ``None`` if it is in ECR already."""


class Deployment:
    """A deployment of a name, in one account and region.

    Args:
        request: what the user wants.
        cloud: session of the account.
        stack: the stack.
        on_step: called with a line on each step.
    """

    def __init__(self, request: Request, cloud: AwsSession, stack: Stack, on_step: Callable[[str], None]) -> None:
        self._request, self._cloud, self._stack, self._on_step = request, cloud, stack, on_step
        self._template = request.options.template
        self.name = request.options.name

    def read(self) -> StackState | None:
        """Return what stands, once nothing is in progress any more.

        Raises:
            CloudRequestError: the stack is somebody else's, or cannot be changed.
            CloudError: AWS fails.
        """
        state = self._stack.read()
        if state is not None:
            self._stack.check_usable(state)
        return state

    def target(self, state: StackState | None) -> Target:
        """Return what is wanted: what stands, and over that what was asked for.

        Nothing is changed yet: names that are taken, a missing container engine or options that contradict each other
        must not leave half a deployment.

        Args:
            state: what stands.

        Raises:
            ConfigError: options contradict each other.
            InputError: there is no checkout to build from, or no container engine.
            CloudRequestError: a name is somebody else's, or the image is not there.
            CloudError: AWS fails.
        """
        standing = {} if state is None else self._known(state)
        kept = {} if self._request.reset else standing
        values = self._template.defaults() | {"Architecture": architecture_here()}
        values |= kept
        # The image is no option: without another one it stays, whatever else returns to its default.
        values |= {name: standing[name] for name in ("ImageUri", "RepositoryName") if name in standing}
        values |= self._request.options.parameters() | {"FunctionName": self.name}
        tags = self._tags({} if state is None else state.tags)
        image = self._image(values, tags)
        if image is not None:
            values |= {"ImageUri": image.uri, "RepositoryName": image.repository}
        elif self._request.image is not None:
            check_image(self._request.image, self._cloud)
            # A repository of this deployment stays, with the images that it may need again.
            values |= {"ImageUri": self._request.image}
        account = {"partition": self._cloud.partition, "region": self._cloud.region, "account": self._cloud.account}
        values |= judge_parameters(values, **account)
        check_together(self._template, values)
        resources = {} if state is None else state.resources
        if (
            "LogGroup" not in resources
            and not values["LogGroupName"]
            and (left := ours_among_logs(self.name, self._cloud))
        ):
            values["LogGroupName"] = left
            self._on_step(f"log group {left}: kept by an earlier undeploy; it is used again, with the retention it has")
        check_names(self._template, values, resources, self._cloud)
        values["Revision"] = self._revision(values)
        if image is not None and not self._is_pushed(image, resources):
            image.engine()
            return Target(values, tags, image)
        return Target(values, tags, None)

    def push(self, target: Target, state: StackState | None) -> StackState | None:
        """Build and push the image, if that is needed, and create its repository before; return what stands then.

        Raises:
            ToolError: the container engine fails.
            CloudRequestError, CloudError: as `Stack.execute`.
        """
        if target.image is None:
            return state
        if state is None or "Repository" not in state.resources:
            # ECR takes no image without a repository, and Lambda creates no function without an image: two steps.
            first = {**target.values, "ImageUri": ""}
            if state is not None and not state.is_empty:
                first = {**self._template.defaults(), **self._known(state)}
                first["RepositoryName"] = target.values["RepositoryName"]
            change_set = self._stack.prepare(self._template, first, target.tags, state)
            if change_set is not None:
                self._stack.execute(change_set)
            state = self._stack.read()
        target.image.push(self._cloud)
        self._on_step(f"{target.image.title}: pushed")
        return state

    def prepare(self, target: Target, state: StackState | None) -> ChangeSet | None:
        """Return the changes that lead to the target, calculated by CloudFormation; ``None`` for nothing to change."""
        return self._stack.prepare(self._template, target.values, target.tags, state)

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set that is not executed."""
        self._stack.discard(change_set)

    def execute(self, change_set: ChangeSet, state: StackState | None) -> None:
        """Make the changes, and wait until they are made.

        Raises:
            CloudError: they failed, and were undone; the message says what stands.
        """
        try:
            self._stack.execute(change_set)
        except CloudError as error:
            if state is not None and "Function" not in state.resources:
                error.args = (f"{error}; the repository stands with the image in it: {self.advice}",)
            raise

    @property
    def advice(self) -> str:
        """How to go on after a failure."""
        back = f"`grader undeploy --name {self.name} --region {self._cloud.region}`"
        return f"run `grader deploy` again to resume, or {back} to remove what it created"

    @property
    def interruption(self) -> str:
        """State of an interrupted deployment, in words."""
        if self._stack.working:
            return f"{self._stack.title}: CloudFormation goes on by itself; `grader deploy` waits for it; {self.advice}"
        return f"nothing is in progress at AWS; {self.advice}"

    def _tags(self, standing: Mapping[str, str]) -> dict[str, str]:
        kept = {} if self._request.reset else {key: one for key, one in standing.items() if not key.startswith("aws:")}
        if self._request.base is not None:
            kept[_BASE_TAG] = self._request.base
        tags = {**kept, **self._request.tags, **tags_of(self.name)}
        return {key: value for key, value in tags.items() if value}

    def _image(self, values: Mapping[str, str], tags: Mapping[str, str]) -> Image | None:
        """Return the image that the checkout or this host has; ``None`` if the one that is in ECR is used."""
        request = self._request
        if request.image is not None:
            return None
        registry, architecture = registry_of(self._cloud), values["Architecture"]
        ours = f"{registry}/{self.name.lower()}:{self.name}-src-"
        # An image that was given, or that another host has built, is not replaced unless that is asked for.
        if request.build is None and values["ImageUri"] and not values["ImageUri"].startswith(ours):
            return None
        try:
            source = Source.find()
        except InputError:
            # An installed grader without a checkout can still change the other options of a function.
            if request.build is None and values["ImageUri"]:
                return None
            raise
        # Deferred and cached: finding an engine starts programs, and none is needed if the image is in ECR already.
        engine = functools.cache(lambda: find_engine(source))
        if request.build is False:
            content = f"img-{local_image(engine(), _LOCAL_IMAGE)}"
            return Image(self.name, architecture, registry, content, engine, local=_LOCAL_IMAGE)
        base = tags.get(_BASE_TAG)
        content = source.tag(base or "", architecture)
        return Image(self.name, architecture, registry, content, engine, source=source, base=base)

    def _known(self, state: StackState) -> dict[str, str]:
        """Return the parameters of a stack that the template still has."""
        return {name: value for name, value in state.parameters.items() if name in self._template.parameters}

    def _is_pushed(self, image: Image, resources: Mapping[str, str]) -> bool:
        return "Repository" in resources and image.is_pushed(self._cloud)

    def _revision(self, values: Mapping[str, str]) -> str:
        """Return a digest of all that is part of a version of the function."""
        parts = [f"{name}={value}" for name, value in sorted(values.items()) if name not in _NOT_OF_A_VERSION]
        parts.append(str(self._template.holds("NeedsCredentials", values)))
        return hashlib.sha256("\0".join([self._template.digest, *parts]).encode()).hexdigest()[:16]

    def arn(self, values: Mapping[str, str]) -> str:
        """Return the ARN of the alias, for training jobs."""
        location = f"{self._cloud.region}:{self._cloud.account}"
        return f"arn:{self._cloud.partition}:lambda:{location}:function:{self.name}:{values['AliasName']}"


def log_group_of_values(values: Mapping[str, str]) -> str:
    """Return the name of the log group of the function."""
    return values["LogGroupName"] or log_group_of(values["FunctionName"])
