"""Objects of S3, by the ordinary client, which is imported when the first is wanted."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import StoreError
from testcases.store.fetched import Fetched, check_size
from testcases.store.s3_errors import explain

if TYPE_CHECKING:
    from testcases.address import S3Object

__all__ = ["S3"]

_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_CONNECT_S: Final = 3.0
_READ_S: Final = 10.0
"""How long a connection may be silent."""
_RENEWED_AFTER_S: Final = 30.0
_CHUNK: Final = 1 << 16


class S3:
    """Fetches objects. For use from several threads.

    Endpoint, region, credentials and certificates are those that the client finds by itself (AWS SDKs and Tools
    Reference Guide), such as ``AWS_REGION`` and ``AWS_ENDPOINT_URL_S3``.

    Args:
        connections: how many may be open at a time.
        timeout_s: what a whole fetch may take; no part of it waits longer.
    """

    def __init__(self, *, connections: int, timeout_s: float) -> None:
        self._connections = connections
        self._timeout_s = timeout_s
        self._client: Any = None
        self._made = 0.0
        self._doubtful = False
        """Whether the client has no credentials, or old ones; others may come, and only a new client looks for them."""
        self._making = threading.Lock()

    def fetch(self, place: S3Object, *, tag: str | None, cap: int, until: float) -> Fetched | None:
        """What the object holds; ``None`` where its ETag is still this one.

        The client's own retries are off, because they know no deadline and end where the body begins. What may pass
        (throttling, 5xx, a connection lost, refused or silent) is tried again, up to 6 times, after a pause between
        nothing and 0.2, 0.4, ... 5 seconds.

        Args:
            place: the object.
            tag: ETag of the copy that is known, if any.
            cap: the most bytes it may have.
            until: by when (`time.monotonic`); there is no new attempt after it.

        Raises:
            StoreError: it cannot be had.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._get(place, tag=tag, cap=cap, until=until)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - the client raises whatever it raises, and one object is one sample's matter
                problem = explain(error)
            self._doubtful = self._doubtful or problem.credentials
            ceiling = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempt - 1))
            pause = random.uniform(0.0, ceiling)  # noqa: S311 - so that not all come back at once
            if not problem.transient or attempt == _ATTEMPTS or time.monotonic() + pause >= until:
                tries = f", {attempt} times" if attempt > 1 else ""
                raise StoreError(f"{problem.text}{tries}", transient=problem.transient)
            time.sleep(pause)

    def _get(self, place: S3Object, *, tag: str | None, cap: int, until: float) -> Fetched | None:
        condition = {} if tag is None else {"IfNoneMatch": tag}
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see the module's docstring

        try:
            answer = self._ready().get_object(Bucket=place.bucket, Key=place.key, **condition)
        except ClientError as error:
            if tag is not None and error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 304:  # noqa: PLR2004 - Not Modified
                return None
            raise
        with contextlib.closing(answer["Body"]) as body:
            check_size(answer.get("ContentLength") or 0, cap)
            return Fetched(_read(body, cap, until), answer.get("ETag"))

    def _ready(self) -> Any:
        with self._making:
            now = time.monotonic()
            if self._client is None or (self._doubtful and now - self._made > _RENEWED_AFTER_S):
                import boto3  # noqa: PLC0415 - see the module's docstring
                from botocore.config import Config  # noqa: PLC0415 - imported only where S3 is asked

                self._client = boto3.session.Session().client(
                    "s3",
                    region_name=os.environ.get("AWS_REGION") or None,  # for which the client does not look by itself
                    config=Config(
                        retries={"mode": "standard", "total_max_attempts": 1},
                        connect_timeout=min(_CONNECT_S, self._timeout_s),
                        read_timeout=min(_READ_S, self._timeout_s),
                        max_pool_connections=self._connections,
                    ),
                )
                self._made, self._doubtful = now, False
            return self._client


def _read(body: Any, cap: int, until: float) -> bytes:
    data = bytearray()
    while chunk := body.read(_CHUNK):
        data += chunk
        check_size(len(data), cap)
        if time.monotonic() >= until:
            raise StoreError(f"came too slowly: {len(data)} bytes when the time was up", transient=True)
    return bytes(data)
