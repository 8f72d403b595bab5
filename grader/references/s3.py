"""Read objects from S3."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from grader.aws.client import new_client
from grader.aws.errors import FailureKind
from grader.aws.retry import AttemptsFailedError, RetryPolicy
from grader.references.fetch import FetchedBytes, check_size
from grader.references.locate import StoreError

if TYPE_CHECKING:
    from grader.aws.errors import AwsFailure
    from grader.references.locate import S3Object

__all__ = ["S3Reader"]

_RETRIES: Final = RetryPolicy(max_attempts=6, first_s=0.2, longest_s=5.0)
_CONNECT_S: Final = 3.0
_READ_S: Final = 10.0
"""Seconds that a connection may be silent."""
_CLIENT_RENEWAL_S: Final = 30.0
"""Least seconds between two clients: where there are no credentials, each new one asks every source of them."""
_CHUNK: Final = 1 << 16
_MAY_COME: Final = frozenset({FailureKind.CREDENTIALS_UNAVAILABLE, FailureKind.TOKEN_UNAVAILABLE})
"""Failures of a source of credentials, which may answer the next time."""


class S3Reader:
    """Fetches objects. Safe for threads.

    Endpoint, region, credentials and certificates are those that the client finds by itself (AWS SDKs and Tools
    Reference Guide), such as ``AWS_REGION`` and ``AWS_ENDPOINT_URL_S3``.

    Args:
        connections: maximum number of connections open at a time.
        timeout_s: longest duration of a whole fetch; no part of it waits longer.
    """

    def __init__(self, *, connections: int, timeout_s: float) -> None:
        self._connections = connections
        self._timeout_s = timeout_s
        self._client: Any = None
        self._client_made_at = 0.0
        self._stale = False
        """True if the client has no credentials, or old ones. Only a new client looks for others."""
        self._lock = threading.Lock()

    def fetch(self, location: S3Object, *, tag: str | None, cap: int, until: float) -> FetchedBytes | None:
        """Return the content of an object; ``None`` where its ETag is still this one.

        After a failure that may pass (throttling, 5xx, a connection lost, refused or silent) it is tried again: at most
        6 attempts in all, with random pauses of at most 0.2, 0.4, ... 5 seconds between them.

        Args:
            location: the object.
            tag: ETag of the known copy, if any.
            cap: maximum number of bytes that the object may have.
            until: time (`time.monotonic`) after which no attempt begins.

        Raises:
            StoreError: the object cannot be fetched.
        """
        try:
            return _RETRIES.call(
                lambda: self._get(location, tag=tag, cap=cap, until=until),
                until=until,
                may_repeat=self._may_repeat,
                passed_on=StoreError,
            )
        except AttemptsFailedError as error:
            failure = error.failure
            if tag is not None and failure.kind is FailureKind.NOT_MODIFIED:
                return None
            raise StoreError(f"{failure.s3_text}{error.suffix}", transient=_is_transient(failure)) from None

    def _may_repeat(self, failure: AwsFailure) -> bool:
        # several threads may write it; all of them write the same, and only _ready resets it
        self._stale = self._stale or failure.needs_credentials
        return _is_transient(failure)

    def _get(self, location: S3Object, *, tag: str | None, cap: int, until: float) -> FetchedBytes:
        condition = {} if tag is None else {"IfNoneMatch": tag}
        response = self._ready().get_object(Bucket=location.bucket, Key=location.key, **condition)
        with contextlib.closing(response["Body"]) as body:
            check_size(response.get("ContentLength") or 0, cap)
            return FetchedBytes(_read(body, cap, until), response.get("ETag"))

    def _ready(self) -> Any:
        with self._lock:
            now = time.monotonic()
            if self._client is None or (self._stale and now - self._client_made_at > _CLIENT_RENEWAL_S):
                self._client = new_client(
                    "s3",
                    connect_timeout=min(_CONNECT_S, self._timeout_s),
                    read_timeout=min(_READ_S, self._timeout_s),
                    max_pool_connections=self._connections,
                )
                self._client_made_at, self._stale = now, False
            return self._client


def _is_transient(failure: AwsFailure) -> bool:
    return failure.transient or failure.kind in _MAY_COME


def _read(body: Any, cap: int, until: float) -> bytes:
    # in chunks, because the read timeout bounds the silence between two of them and not the whole: a server that
    # sends a byte now and then would be read for ever
    data = bytearray()
    while chunk := body.read(_CHUNK):
        data += chunk
        check_size(len(data), cap)
        if time.monotonic() >= until:
            raise StoreError(f"came too slowly: {len(data)} bytes when the time was up", transient=True)
    return bytes(data)
