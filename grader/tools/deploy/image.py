"""The image in the ECR repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.tools.deploy.actions import Actions, AwsCall, Command, Login, ResourceStatus
from grader.tools.deploy.settings import architecture_here

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment
    from grader.tools.deploy.source import Source

__all__ = ["Image"]


@dataclass(frozen=True, slots=True)
class Image:
    """Image with a tag derived from its content, so that an existing image is not built or pushed again.

    The tag begins with the deployment's name: all images with such tags belong to the deployment, and are removed with
    it.
    """

    deployment: Deployment
    registry: str
    content: str
    """Identifier of the content."""
    engine: Callable[[], list[str]]
    """Finds the container engine; called only if one is needed."""
    source: Source | None = None
    """Checkout to build from; ``None`` to use the image `local` of this host."""
    local: str = ""
    base: str | None = None
    """Base image, if not that of the Dockerfile."""

    @property
    def tag(self) -> str:
        """Tag in the repository."""
        return f"{self.deployment.name}-{self.content}"

    @property
    def uri(self) -> str:
        """URI of the image in ECR."""
        return f"{self.registry}/{self.deployment.repository}:{self.tag}"

    @property
    def title(self) -> str:
        """Name of the resource in messages."""
        return f"image {self.tag}"

    def check(self, cloud: AwsSession) -> None:
        """Check that there is a container engine, if one is needed.

        Raises:
            InputError: there is none.
        """
        if not self._is_there(cloud):
            self.engine()

    def make(self, cloud: AwsSession) -> Actions:
        """Build and push the image; see `Makeable.make`."""
        if self._is_there(cloud):
            return ResourceStatus.UNCHANGED
        engine = self.engine()
        if self.source is None:
            yield Command([*engine, "tag", self.local, self.uri], self.title)
        else:
            settings = {"IMAGE": self.uri}
            if self.deployment.architecture != architecture_here():
                settings["PLATFORM"] = _PLATFORMS[self.deployment.architecture]
            if self.base is not None:
                settings["BASE_IMAGE"] = self.base
            yield Command(["deploy/container", "build"], self.title, folder=self.source.root, environment=settings)
        # The logout is one of the actions, so that credentials of ECR do not stay in the engine's configuration.
        yield Login(engine, self.registry)
        yield Command([*engine, "push", self.uri], self.title)
        yield Command([*engine, "logout", self.registry], self.title)
        return ResourceStatus.MADE

    def remove(self, cloud: AwsSession) -> Actions:
        """Delete every image that was pushed for this deployment; see `Removable.remove`."""
        name = self.deployment.repository
        tags = self._tags(cloud)
        if not tags:
            return ResourceStatus.ABSENT
        for at in range(0, len(tags), _AT_A_TIME):
            some = [{"imageTag": tag} for tag in tags[at : at + _AT_A_TIME]]
            about = f"images in ECR repository {name}"
            yield AwsCall("ecr", "batch_delete_image", {"repositoryName": name, "imageIds": some}, about)
        return ResourceStatus.REMOVED

    def _is_there(self, cloud: AwsSession) -> bool:
        request = {"repositoryName": self.deployment.repository, "imageIds": [{"imageTag": self.tag}]}
        found = cloud.find("ecr", "describe_images", self.title, **request)
        return bool(found and found["imageDetails"])

    def _tags(self, cloud: AwsSession) -> list[str]:
        tags: list[str] = []
        more: dict[str, Any] = {}
        while True:
            page = cloud.find("ecr", "list_images", self.title, repositoryName=self.deployment.repository, **more)
            tags += [image["imageTag"] for image in (page or {}).get("imageIds", []) if "imageTag" in image]
            if page is None or "nextToken" not in page:
                return sorted(filter(re.compile(rf"{self.deployment.name}-{_CONTENT}").fullmatch, set(tags)))
            more = {"nextToken": page["nextToken"]}


_PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
_CONTENT = r"(src|img)-[0-9a-f]{16}"
"""Pattern of content identifiers."""
_AT_A_TIME = 100
"""Maximum number of images in one call (BatchDeleteImage in the Amazon ECR API Reference)."""
