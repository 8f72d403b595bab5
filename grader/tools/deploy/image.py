"""The image in ECR: built and pushed if its content is new, or given by the user and checked."""

from __future__ import annotations

import base64
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.errors import CloudRequestError, ConfigError, ToolError
from grader.text import one_line
from grader.tools.deploy.options import architecture_here
from grader.tools.deploy.programs import ended_by_sigterm, run_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.client import AwsSession
    from grader.tools.deploy.source import Source

__all__ = ["Image", "check_image", "others_images", "registry_of"]

_PLATFORMS: Final = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
_CONTENT: Final = r"(src|img)-[0-9a-f]{16}"
"""Pattern of content identifiers."""
_URI: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<domain>amazonaws\.com(?:\.cn)?)/"
    r"(?P<name>[a-z0-9._/-]+)(?::(?P<tag>[A-Za-z0-9_.-]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)
_SHOWN: Final = 3
"""Tags of images that an error names."""


def registry_of(cloud: AwsSession) -> str:
    """Return the host name of the registry of the account in the region."""
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    return f"{cloud.account}.dkr.ecr.{cloud.region}.{suffix}"


@dataclass(frozen=True, slots=True)
class Image:
    """Image with a tag derived from its content, so that an existing image is not built or pushed again.

    The tag begins with the deployment's name, by which the images of a deployment are known.
    """

    deployment: str
    """Name of the deployment."""
    architecture: str
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
    def repository(self) -> str:
        """Name of the repository in ECR, which does not allow upper-case letters."""
        return self.deployment.lower()

    @property
    def tag(self) -> str:
        """Tag in the repository."""
        return f"{self.deployment}-{self.content}"

    @property
    def uri(self) -> str:
        """URI of the image in ECR."""
        return f"{self.registry}/{self.repository}:{self.tag}"

    @property
    def title(self) -> str:
        """Name of the image in messages."""
        return f"image {self.tag}"

    def is_pushed(self, cloud: AwsSession) -> bool:
        """Return whether the image is in the repository.

        Raises:
            CloudRequestError, CloudError: the repository cannot be read.
        """
        return _is_there(cloud, self.title, repositoryName=self.repository, imageIds=[{"imageTag": self.tag}])

    def commands(self) -> list[str]:
        """Return the texts of the commands by which it is pushed; none of them has a password in it."""
        engine = shlex.join(self.engine())
        first = [f"{engine} tag {self.local} {self.uri}"]
        if self.source is not None:
            variables = [f"{name}={shlex.quote(value)}" for name, value in self._variables().items()]
            first = [" ".join([*variables, "deploy/container", "build"])]
        return [
            *first,
            f"{engine} login --username AWS --password-stdin {self.registry}",
            f"{engine} push {self.uri}",
            f"{engine} logout {self.registry}",
        ]

    def push(self, cloud: AwsSession) -> None:
        """Build the image, if it is built from source, and push it.

        Raises:
            ToolError: the container engine fails; nobody is logged in by it any more.
            CloudRequestError, CloudError: ECR gives no password.
        """
        engine = self.engine()
        if self.source is None:
            run_program([*engine, "tag", self.local, self.uri], self.title)
        else:
            folder = self.source.root
            run_program(["deploy/container", "build"], self.title, folder=folder, environment=self._variables())
        password = _password(cloud)
        logout = ([*engine, "logout", self.registry], f"logout from {self.registry}")
        try:
            with ended_by_sigterm():
                # By stdin: the arguments of a process are visible to all users of the host.
                login = [*engine, "login", "--username", "AWS", "--password-stdin", self.registry]
                run_program(login, f"login at {self.registry}", stdin=password)
                run_program([*engine, "push", self.uri], self.title)
        except BaseException:
            # Also after an interrupt: else the engine would keep the password, which is valid for 12 hours. That there
            # is nobody to log out after a failed login is no news.
            with suppress(ToolError):
                run_program(*logout)
            raise
        run_program(*logout)

    def _variables(self) -> dict[str, str]:
        variables = {"IMAGE": self.uri}
        if self.architecture != architecture_here():
            variables["PLATFORM"] = _PLATFORMS[self.architecture]
        if self.base is not None:
            variables["BASE_IMAGE"] = self.base
        return variables


def check_image(uri: str, cloud: AwsSession | None) -> None:
    """Check that Lambda can use an image.

    Args:
        uri: URI of the image.
        cloud: session of the account; ``None`` checks the form alone.

    Raises:
        ConfigError: it is not an image in a private registry of ECR, in the region of the function.
        CloudRequestError: there is no such image, or these credentials may not see it.
        CloudError: AWS fails.
    """
    shown, found = f"--image {one_line(uri, 120)}", _URI.fullmatch(uri)
    if found is None:
        raise ConfigError(
            f"{shown}: Lambda takes images from a private registry of ECR only, with a tag or a digest, such as "
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG"
        )
    if cloud is None:
        return
    if found["region"] != cloud.region:
        raise ConfigError(
            f"{shown}: is in {found['region']}, but Lambda needs an image in {cloud.region}; push it there"
        )
    if found["domain"] != registry_of(cloud).partition(f".{cloud.region}.")[2]:
        raise ConfigError(f"{shown}: is not a registry of {cloud.region}; expected one such as {registry_of(cloud)}")
    which = {"imageTag": found["tag"]} if found["tag"] else {"imageDigest": found["digest"]}
    place = {"registryId": found["account"], "repositoryName": found["name"], "imageIds": [which]}
    if not _is_there(cloud, shown, **place):
        raise CloudRequestError(f"{shown}: there is no such image in account {found['account']}")


def others_images(cloud: AwsSession, deployment: str, repository: str) -> list[str]:
    """Return tags of images in the repository of a deployment that were not pushed for it.

    Raises:
        CloudRequestError, CloudError: the repository cannot be read.
    """
    tags: set[str] = set()
    more: dict[str, Any] = {}
    while True:
        page = cloud.find("ecr", "list_images", f"ECR repository {repository}", repositoryName=repository, **more)
        tags |= {image["imageTag"] for image in (page or {}).get("imageIds", []) if "imageTag" in image}
        if page is None or "nextToken" not in page:
            ours = re.compile(rf"{re.escape(deployment)}-{_CONTENT}")
            return sorted(tag for tag in tags if not ours.fullmatch(tag))[:_SHOWN]
        more = {"nextToken": page["nextToken"]}


def _is_there(cloud: AwsSession, about: str, **request: Any) -> bool:
    found = cloud.find("ecr", "describe_images", about, **request)
    return bool(found and found["imageDetails"])


def _password(cloud: AwsSession) -> bytes:
    answer = cloud.call("ecr", "get_authorization_token", "login at ECR")
    # The token is `AWS:password` in base64 (GetAuthorizationToken in the Amazon ECR API Reference).
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"])
    return token.partition(b":")[2]
