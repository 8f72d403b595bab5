"""Limits of requests, and their check before anything of a request is graded."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from grader.config.settings import MB

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["RequestError", "ServiceLimits", "check_token", "read_body"]

_BEARER: Final = "bearer "


class RequestError(Exception):
    """A request is refused; the text is one line for the caller.

    Attributes:
        status: status of the response.
        headers: further headers of it.
    """

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLimits:
    """Limits of the service."""

    max_requests: int = 256
    """Requests that are graded or wait for it at a time; more are refused with 429."""
    max_body_mb: int = 16
    """MiB of a request's body; larger ones are refused with 413."""
    deadline_s: float = 100.0
    """Seconds within which a request is answered; below the 120 s that slime's client waits, the shortest known."""


async def read_body(request: Request, limits: ServiceLimits) -> bytes:
    """Return the body of a request.

    Raises:
        RequestError: it is too large. No more than the limit is ever held.
    """
    most = limits.max_body_mb * MB
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body is larger than {limits.max_body_mb} MB; send fewer samples",
            )
        chunks.append(chunk)
    return b"".join(chunks)


def check_token(request: Request, token: str) -> None:
    """Check the bearer token of a request.

    Args:
        request: the request.
        token: the token that is demanded; empty for none.

    Raises:
        RequestError: it is missing or another one.
    """
    header = request.headers.get("authorization", "")
    sent = header[len(_BEARER) :] if header.lower().startswith(_BEARER) else ""
    # In constant time: the time of a comparison must not tell how much of the token was right.
    if token and not hmac.compare_digest(sent.encode(), token.encode()):
        raise RequestError(
            HTTPStatus.UNAUTHORIZED,
            "the header Authorization must be: Bearer TOKEN, with the service's token",
            {"WWW-Authenticate": "Bearer"},
        )
