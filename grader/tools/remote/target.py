"""Where samples are graded, by its address."""

from __future__ import annotations

from typing import Protocol

from grader.errors import CloudRequestError
from grader.text import one_line
from grader.tools.remote.function import LAMBDA_PREFIX, RemoteFunction
from grader.tools.remote.http_service import HTTP_PREFIXES, HttpService

__all__ = ["RemoteTarget", "parse_target"]


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
            "lambda:SageMaker-grader, or http://HOST:PORT of a service"
        )
    return RemoteFunction.parse(address, profile=profile, region=region, concurrency=concurrency)
