"""Where samples are graded, by its address."""

from __future__ import annotations

from typing import Final, Protocol

from grader.errors import CloudRequestError
from grader.text import one_line
from grader.tools.remote.function import LAMBDA_PREFIX, RemoteFunction
from grader.tools.remote.http_service import HTTP_PREFIXES, HttpService

__all__ = ["RemoteTarget", "is_ray", "parse_target", "ray_address"]

_RAY: Final = "ray"


class RemoteTarget(Protocol):
    """A grader elsewhere. Safe for threads."""

    def invoke(self, payload: bytes) -> bytes:
        """Send an event, and return the response."""

    def check(self) -> None:
        """Check that it may be invoked, without invoking it."""

    def close(self) -> None:
        """Close connections."""


def parse_target(
    address: str, *, profile: str | None = None, region: str | None = None, token: str = "", concurrency: int = 1
) -> RemoteTarget:
    """Return the function or service at an address.

    Args:
        address: ``lambda:NAME``, ``lambda:NAME:ALIAS``, ``lambda:ARN``, or ``http://HOST:PORT`` of `grader.service`.
        profile: profile of the AWS client; ``None`` for its default.
        region: region of the AWS client; ``None`` for its default, or that of the ARN.
        token: bearer token of a service; empty for none.
        concurrency: number of threads that will use it.

    Raises:
        CloudRequestError: the address is something else.
    """
    if address.startswith(HTTP_PREFIXES):
        return HttpService(address, token=token)
    if not address.startswith(LAMBDA_PREFIX):
        raise CloudRequestError(
            f"{one_line(address)!r}: give lambda:NAME, lambda:NAME:ALIAS or lambda:ARN, such as "
            "lambda:SageMaker-grader, http://HOST:PORT of a service, or ray[:ADDRESS]"
        )
    return RemoteFunction.parse(address, profile=profile, region=region, concurrency=concurrency)


def is_ray(address: str) -> bool:
    """Return whether an address is ``ray`` or ``ray:ADDRESS``, a cluster and not a target."""
    return address == _RAY or address.startswith(f"{_RAY}:")


def ray_address(address: str) -> str:
    """Return the address of a cluster as `ray.init` takes it.

    Args:
        address: ``ray`` for the one that Ray finds, ``ray:HOST:PORT``, or ``ray://HOST:PORT`` of a Ray client server.
    """
    if address.startswith(f"{_RAY}://"):
        return address
    return address.removeprefix(_RAY).removeprefix(":") or "auto"
