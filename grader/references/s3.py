"""Read objects from S3 with boto3, which is imported at the first read.

Error codes are those of "Error responses" in the Amazon S3 API Reference.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.references.fetch import FetchedBytes, check_size
from grader.references.locate import shorten
from testcases.errors import StoreError

if TYPE_CHECKING:
    from grader.references.locate import S3Object

__all__ = ["S3Failure", "S3Reader", "explain_s3_error"]


_MISSING_KEY: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_DENIED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden"})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID: Final = frozenset({"InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "InvalidSecurity"})
_WRONG_REGION: Final = frozenset(
    {
        "301", "307", "400", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint",
        "PermanentRedirect", "TemporaryRedirect",
    }
)  # fmt: skip
"""Where a region is named beside them; the client has followed what it can by itself."""
_TRANSIENT: Final = frozenset(
    {
        "BandwidthLimitExceeded", "InternalError", "OperationAborted", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable", "SlowDown",
        "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    }
)  # fmt: skip
_TRANSIENT_STATUS: Final = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class S3Failure:
    """Why an object could not be had."""

    text: str
    """To be put after the name of the object."""
    transient: bool = False
    """Whether another attempt may help."""
    credentials: bool = False
    """Whether other credentials are wanted."""


def explain_s3_error(error: Exception) -> S3Failure:
    """What an error of the client means."""
    from botocore import exceptions as known  # noqa: PLC0415 - has been imported by whoever has such an error

    kind = type(error).__name__
    if isinstance(error, known.ClientError):
        return _service_failure(error.response)
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return S3Failure("there are no AWS credentials (or credentials = drop has them forgotten)", credentials=True)
    if isinstance(error, known.CredentialRetrievalError | known.TokenRetrievalError):
        return S3Failure(f"the AWS credentials cannot be had: {kind}", transient=True, credentials=True)
    if isinstance(error, known.ReadTimeoutError | known.ConnectTimeoutError):
        return S3Failure(f"S3 did not answer in time: {kind}", transient=True)
    lost = (known.IncompleteReadError, known.ResponseStreamingError, known.FlexibleChecksumError)
    if isinstance(error, lost):
        return S3Failure(f"what S3 sent did not arrive whole: {kind}", transient=True)
    if isinstance(error, known.HTTPClientError | known.ConnectionError | OSError):
        return S3Failure(f"S3 could not be reached: {kind}", transient=True)
    if isinstance(error, known.BotoCoreError | ValueError):
        return S3Failure(f"the AWS client refuses: {shorten(str(error))}")
    return S3Failure(f"the AWS client failed: {kind}")


def _service_failure(response: dict[str, Any]) -> S3Failure:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(error.get("Code", "")), metadata.get("HTTPStatusCode", 0)
    said = f"{shorten(code)}, status {status}"
    region = error.get("Region") or metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    if code == "NoSuchBucket":
        return S3Failure("there is no such bucket")
    if code in _MISSING_KEY:
        return S3Failure("there is no such object")
    if code in _EXPIRED:
        return S3Failure(f"the AWS credentials have expired ({said})", credentials=True)
    if code in _INVALID:
        return S3Failure(f"the AWS credentials are not valid ({said})", credentials=True)
    if code in _WRONG_REGION and (region or status in {301, 307}):
        where = f"the region {shorten(str(region))}" if region else "another region"
        return S3Failure(f"the bucket is in {where}, where it was not asked for ({said}); set AWS_REGION to it")
    if code in _TRANSIENT or status in _TRANSIENT_STATUS:
        return S3Failure(f"S3 is busy or has failed ({said})", transient=True)
    if code in _DENIED:
        return S3Failure(
            f"access is denied ({said}): the role needs s3:GetObject, and s3:ListBucket to be told of a missing object"
        )
    if code == "InvalidObjectState":
        return S3Failure("is archived, and has to be restored before it can be read")
    return S3Failure(f"S3 refuses it ({said})")


_MAX_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.2
_MAX_PAUSE_S: Final = 5.0
_CONNECT_S: Final = 3.0
_READ_S: Final = 10.0
"""How long a connection may be silent."""
_CLIENT_RENEWAL_S: Final = 30.0
_CHUNK: Final = 1 << 16


class S3Reader:
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

    def fetch(self, place: S3Object, *, tag: str | None, cap: int, until: float) -> FetchedBytes | None:
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
                problem = explain_s3_error(error)
            self._doubtful = self._doubtful or problem.credentials
            ceiling = min(_MAX_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempt - 1))
            pause = random.uniform(0.0, ceiling)  # noqa: S311 - so that not all come back at once
            if not problem.transient or attempt == _MAX_ATTEMPTS or time.monotonic() + pause >= until:
                tries = f", {attempt} times" if attempt > 1 else ""
                raise StoreError(f"{problem.text}{tries}", transient=problem.transient)
            time.sleep(pause)

    def _get(self, place: S3Object, *, tag: str | None, cap: int, until: float) -> FetchedBytes | None:
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
            return FetchedBytes(_read(body, cap, until), answer.get("ETag"))

    def _ready(self) -> Any:
        with self._making:
            now = time.monotonic()
            if self._client is None or (self._doubtful and now - self._made > _CLIENT_RENEWAL_S):
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
