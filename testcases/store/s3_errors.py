"""What the S3 client's errors mean to people, and whether another attempt may help.

Codes are those of "Error responses" in the Amazon S3 API Reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from testcases.address import one_line

__all__ = ["S3Problem", "explain"]

_MISSING_KEY: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_DENIED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden"})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID: Final = frozenset({"InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "InvalidSecurity"})
_ELSEWHERE: Final = frozenset(
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
class S3Problem:
    """Why an object could not be had."""

    text: str
    """To be put after the name of the object."""
    transient: bool = False
    """Whether another attempt may help."""
    credentials: bool = False
    """Whether other credentials are wanted."""


def explain(error: Exception) -> S3Problem:
    """What an error of the client means."""
    from botocore import exceptions as known  # noqa: PLC0415 - has been imported by whoever has such an error

    kind = type(error).__name__
    if isinstance(error, known.ClientError):
        return _refusal(error.response)
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return S3Problem("there are no AWS credentials (or credentials = drop has them forgotten)", credentials=True)
    if isinstance(error, known.CredentialRetrievalError | known.TokenRetrievalError):
        return S3Problem(f"the AWS credentials cannot be had: {kind}", transient=True, credentials=True)
    if isinstance(error, known.ReadTimeoutError | known.ConnectTimeoutError):
        return S3Problem(f"S3 did not answer in time: {kind}", transient=True)
    lost = (known.IncompleteReadError, known.ResponseStreamingError, known.FlexibleChecksumError)
    if isinstance(error, lost):
        return S3Problem(f"what S3 sent did not arrive whole: {kind}", transient=True)
    if isinstance(error, known.HTTPClientError | known.ConnectionError | OSError):
        return S3Problem(f"S3 could not be reached: {kind}", transient=True)
    if isinstance(error, known.BotoCoreError | ValueError):
        return S3Problem(f"the AWS client refuses: {one_line(str(error))}")
    return S3Problem(f"the AWS client failed: {kind}")


def _refusal(response: dict[str, Any]) -> S3Problem:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(error.get("Code", "")), metadata.get("HTTPStatusCode", 0)
    said = f"{one_line(code)}, status {status}"
    region = error.get("Region") or metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    if code == "NoSuchBucket":
        return S3Problem("there is no such bucket")
    if code in _MISSING_KEY:
        return S3Problem("there is no such object")
    if code in _EXPIRED:
        return S3Problem(f"the AWS credentials have expired ({said})", credentials=True)
    if code in _INVALID:
        return S3Problem(f"the AWS credentials are not valid ({said})", credentials=True)
    if code in _ELSEWHERE and (region or status in {301, 307}):
        where = f"the region {one_line(str(region))}" if region else "another region"
        return S3Problem(f"the bucket is in {where}, where it was not asked for ({said}); set AWS_REGION to it")
    if code in _TRANSIENT or status in _TRANSIENT_STATUS:
        return S3Problem(f"S3 is busy or has failed ({said})", transient=True)
    if code in _DENIED:
        return S3Problem(
            f"access is denied ({said}): the role needs s3:GetObject, and s3:ListBucket to be told of a missing object"
        )
    if code == "InvalidObjectState":
        return S3Problem("is archived, and has to be restored before it can be read")
    return S3Problem(f"S3 refuses it ({said})")
