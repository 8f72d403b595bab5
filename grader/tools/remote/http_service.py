"""Send batches to a grader's HTTP service (`grader.service`)."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final, Self
from urllib.parse import urlsplit

from grader.errors import CloudError, CloudRequestError
from grader.text import one_line
from grader.tools.remote.function import InvocationError, Remedy

__all__ = ["HTTP_PREFIXES", "HttpService"]

HTTP_PREFIXES: Final = ("http://", "https://")
_ROUTE: Final = "/grade"
_READY: Final = "/ready"
_CONNECT_S: Final = 10.0
_MAX_RESPONSE_BYTES: Final = 256 * 1024 * 1024
_LATER: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT,
    }
)  # fmt: skip
"""Statuses of a service or a proxy that has no capacity now, or is being restarted."""
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""Statuses that every other request would get, too."""


class HttpService:
    """A service to send batches to. Safe for threads; each request has a connection to itself, which is kept after it.

    Args:
        address: ``http://HOST[:PORT][/PATH]``, or the same with https; without a path, `grader.service`'s own route.
        token: bearer token that the service demands; empty for none.
        timeout_s: seconds to wait for a response; above the deadline of the service.

    Raises:
        CloudRequestError: the address is something else.
    """

    def __init__(self, address: str, *, token: str = "", timeout_s: float = 150.0) -> None:
        parts = urlsplit(address)
        try:
            self._host, self._port = parts.hostname, parts.port
        except ValueError:
            self._host = None
        if self._host is None or not address.startswith(HTTP_PREFIXES):
            raise CloudRequestError(f"{one_line(address)!r}: give the service as http://HOST:PORT")
        self.name = address
        self._is_secure = parts.scheme == "https"
        self._path = _ROUTE if parts.path in {"", "/"} else parts.path
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        """Guards what follows."""
        self._kept: list[HTTPConnection] = []
        self._is_closed = False

    @classmethod
    def parse(cls, address: str, *, token: str = "") -> Self:
        """Return the service at an address; see the class."""
        return cls(address, token=token)

    def close(self) -> None:
        """Close connections; those of requests that run are closed after them."""
        with self._lock:
            self._is_closed = True
            kept, self._kept = self._kept, []
        for connection in kept:
            connection.close()

    def check(self) -> None:
        """Check that the service is ready, and takes the token.

        Raises:
            CloudRequestError: it does not, or is no such service.
            CloudError: it cannot be reached, or is not ready.
        """
        try:
            status, body = self._request("GET", _READY, b"")
        except InvocationError as error:
            raise CloudError(str(error), transient=True) from None
        if status == HTTPStatus.OK:
            return
        text = f"service {self.name}: {_error_text(status, body)}"
        raise CloudRequestError(text) if status in _REFUSED else CloudError(text)

    def invoke(self, payload: bytes) -> bytes:
        """Send an event, and return the response.

        Raises:
            InvocationError: it failed, and another request may succeed.
            CloudRequestError: no other request would succeed: the token or the path is wrong.
        """
        status, body = self._request("POST", self._path, payload)
        if status == HTTPStatus.OK:
            return body
        text = f"service {self.name}: {_error_text(status, body)}"
        if status in _REFUSED:
            raise CloudRequestError(text)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise InvocationError(text, Remedy.SMALLER)
        raise InvocationError(text, Remedy.LATER if status in _LATER else Remedy.SPLIT)

    def _request(self, method: str, path: str, payload: bytes) -> tuple[int, bytes]:
        with self._lock:
            kept = self._kept.pop() if self._kept else None
        if kept is not None:
            try:
                return self._exchange(kept, method, path, payload)
            except (OSError, HTTPException):
                # The server may have closed a connection that was idle; a new one shows whether it is still there.
                kept.close()
        connection = self._connect()
        try:
            return self._exchange(connection, method, path, payload)
        except (OSError, HTTPException) as error:
            connection.close()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise InvocationError(f"service {self.name}: cannot be reached: {one_line(reason)}", Remedy.LATER) from None

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._is_secure else HTTPConnection
        assert self._host is not None
        return kind(self._host, self._port, timeout=_CONNECT_S)

    def _exchange(self, connection: HTTPConnection, method: str, path: str, payload: bytes) -> tuple[int, bytes]:
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(self._timeout_s)
        connection.request(method, path, body=payload, headers=self._headers)
        response = connection.getresponse()
        body = response.read(_MAX_RESPONSE_BYTES + 1)
        if len(body) > _MAX_RESPONSE_BYTES:
            raise HTTPException("the response is too large")
        with self._lock:
            is_kept = not (response.will_close or self._is_closed)
            if is_kept:
                self._kept.append(connection)
        if not is_kept:
            connection.close()
        return response.status, body


def _error_text(status: int, body: bytes) -> str:
    try:
        document = json.loads(body)
        text = document["error"]
    except (ValueError, RecursionError, KeyError, TypeError):
        text = body[:200].decode(errors="replace")
    return f"status {status}: {one_line(text, 300)}"
