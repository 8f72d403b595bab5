"""Classify errors of the AWS client, and word them for each of their readers.

Codes are those of "Common Errors" and of each service's own errors in the API References of Lambda, IAM, STS, ECR,
Amazon Bedrock, SageMaker, CloudWatch and CloudWatch Logs, and of "Error responses" in that of Amazon S3.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from grader.errors import CloudError, CloudRequestError, NothingThereError
from grader.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AwsFailure", "FailureKind", "classify", "translate_error", "translated_errors"]


class FailureKind(Enum):
    """Kinds of failures of a call to AWS."""

    EXPIRED = auto()
    INVALID = auto()
    DENIED = auto()
    MISSING_BUCKET = auto()
    MISSING = auto()
    WRONG_REGION = auto()
    ARCHIVED = auto()
    NOT_MODIFIED = auto()
    THROTTLED = auto()
    SERVICE_FAULT = auto()
    REFUSED = auto()
    NO_CREDENTIALS = auto()
    SESSION_EXPIRED = auto()
    TOKEN_UNAVAILABLE = auto()
    CREDENTIALS_UNAVAILABLE = auto()
    NO_REGION = auto()
    WRONG_SETTING = auto()
    WRONG_REQUEST = auto()
    WRONG_VALUE = auto()
    UNREACHABLE = auto()
    TIMEOUT = auto()
    INCOMPLETE = auto()
    CONNECTION_LOST = auto()
    CLIENT_FAULT = auto()
    OTHER = auto()


_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID: Final = frozenset(
    {
        "AuthFailure", "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId",
        "InvalidClientTokenId", "InvalidSecurity", "InvalidSignatureException", "InvalidToken",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException", "NotSignedUp", "OptInRequired",
        "SignatureDoesNotMatch", "UnrecognizedClientException",
    }
)  # fmt: skip
_DENIED: Final = frozenset(
    {
        "403", "AccessDenied", "AccessDeniedException", "AccountProblem", "AllAccessDisabled",
        "AuthorizationErrorException", "Forbidden", "NotAuthorized", "UnauthorizedOperation",
    }
)  # fmt: skip
_MISSING: Final = re.compile(r"(NoSuch|NotFound|ResourceNotFound)|(NotFound|NotFoundException|NonExistent\w*)$|^404$")
_THROTTLED: Final = re.compile(
    r"Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|PriorRequestNotComplete|BandwidthLimitExceeded"
)
_WRONG_REGION: Final = frozenset(
    {
        "301", "307", "400", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint",
        "PermanentRedirect", "TemporaryRedirect",
    }
)  # fmt: skip
"""Codes of S3 that mean another region where the response names one; the client has followed what it can by itself."""
_REDIRECTS: Final = frozenset({301, 307})
_TRANSIENT: Final = frozenset(
    {
        "InternalError", "InternalServerException", "ModelErrorException", "ModelNotReadyException",
        "ModelTimeoutException", "OperationAborted", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)  # fmt: skip
"""Codes of faults that pass by themselves, whatever the status they come with."""
_TRANSIENT_STATUS: Final = frozenset({408, 424, 429, 500, 502, 503, 504})
_SERVER_FAULT: Final = 500
_NOT_MODIFIED: Final = 304
_MAX_CODE_CHARS: Final = 80
_MAX_TEXT_CHARS: Final = 300
"""Characters of a service's own text that are shown."""


class _Texts(NamedTuple):
    """Texts of one kind of failure. Fields of `AwsFailure`, and ``where``, are filled in."""

    command: str
    """For the user of a command; the text about what is being done comes before it."""
    s3: str
    """For the reason of a sample whose reference is in S3, after the object's name."""
    bedrock: str
    """For the log of the judge. Never with ``detail``, which may quote the answer that was sent."""


_FAILED: Final = "the AWS client failed: {code}: {detail}"
_LOST: Final = "the connection to AWS{where} failed: {detail}"
_REFUSED: Final = "AWS refuses{where}: {message}"
_CLIENT_REFUSES: Final = "the AWS client refuses: {detail}"
_BEDROCK_FAILED: Final = "the AWS client failed ({code})"
_BEDROCK_LOST: Final = "Amazon Bedrock could not be reached ({code})"
_BEDROCK_BUSY: Final = "the model is busy or has failed ({code})"
_BEDROCK_REFUSES: Final = "Amazon Bedrock refuses ({code})"
_S3_BUSY: Final = "S3 is busy or has failed ({code}, status {status})"
_S3_REFUSES: Final = "S3 refuses it ({code}, status {status})"


# Three columns, because the readers differ: a user at a terminal can log in or change a setting; the reason of a sample
# goes into the log of a training job, and must be short; the judge sends answers to the model, which no log may quote.
_TEXTS: Final = {
    FailureKind.EXPIRED: _Texts(
        "the AWS credentials have expired ({code}); get new ones, such as by `aws sso login`",
        "the AWS credentials have expired ({code}, status {status})",
        _BEDROCK_REFUSES,
    ),
    FailureKind.INVALID: _Texts(
        "the AWS credentials are not valid{where} ({code}); see AWS_PROFILE and AWS_ACCESS_KEY_ID, and whether the "
        "account uses this region",
        "the AWS credentials are not valid ({code}, status {status})",
        _BEDROCK_REFUSES,
    ),
    FailureKind.DENIED: _Texts(
        "access is denied{where} ({message}); the role or user of these credentials needs that permission",
        "access is denied ({code}, status {status}): the role needs s3:GetObject, and s3:ListBucket to learn of a "
        "missing object",
        _BEDROCK_REFUSES,
    ),
    FailureKind.MISSING_BUCKET: _Texts(
        "there is none{where} ({message}); are name and region right?", "there is no such bucket", _BEDROCK_REFUSES
    ),
    FailureKind.MISSING: _Texts(
        "there is none{where} ({message}); are name and region right?", "there is no such object", _BEDROCK_REFUSES
    ),
    FailureKind.WRONG_REGION: _Texts(
        _REFUSED,
        "the bucket is in {region}, where it was not asked for ({code}, status {status}); set AWS_REGION to it",
        _BEDROCK_REFUSES,
    ),
    FailureKind.ARCHIVED: _Texts(
        _REFUSED, "is archived, and has to be restored before it can be read", _BEDROCK_REFUSES
    ),
    FailureKind.NOT_MODIFIED: _Texts(_REFUSED, _S3_REFUSES, _BEDROCK_REFUSES),
    FailureKind.THROTTLED: _Texts("AWS wants fewer calls{where} ({message}); try later", _S3_BUSY, _BEDROCK_BUSY),
    FailureKind.SERVICE_FAULT: _Texts(
        "AWS has failed{where} ({message}, status {status}); try later", _S3_BUSY, _BEDROCK_BUSY
    ),
    FailureKind.REFUSED: _Texts(_REFUSED, _S3_REFUSES, _BEDROCK_REFUSES),
    FailureKind.NO_CREDENTIALS: _Texts(
        "there are no AWS credentials; run `aws configure` or `aws sso login`, or set AWS_PROFILE or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "there are no AWS credentials (or credentials = drop has them forgotten)",
        "there are no AWS credentials",
    ),
    FailureKind.SESSION_EXPIRED: _Texts(
        "the AWS session has expired ({code}); run `aws sso login`", _CLIENT_REFUSES, _BEDROCK_FAILED
    ),
    FailureKind.TOKEN_UNAVAILABLE: _Texts(
        "the AWS session has expired ({code}); run `aws sso login`",
        "the AWS credentials cannot be loaded: {code}",
        _BEDROCK_FAILED,
    ),
    FailureKind.CREDENTIALS_UNAVAILABLE: _Texts(
        "the AWS credentials cannot be loaded: {detail}",
        "the AWS credentials cannot be loaded: {code}",
        _BEDROCK_FAILED,
    ),
    FailureKind.NO_REGION: _Texts(
        "no region is set; use --region, or set AWS_REGION",
        _CLIENT_REFUSES,
        "no region is set: judge.region, or AWS_REGION",
    ),
    FailureKind.WRONG_SETTING: _Texts(
        "{detail}; see --region, --profile, AWS_REGION and AWS_PROFILE", _CLIENT_REFUSES, _BEDROCK_FAILED
    ),
    FailureKind.WRONG_REQUEST: _Texts(_CLIENT_REFUSES, _CLIENT_REFUSES, _BEDROCK_FAILED),
    FailureKind.WRONG_VALUE: _Texts(_CLIENT_REFUSES, _CLIENT_REFUSES, _BEDROCK_FAILED),
    FailureKind.UNREACHABLE: _Texts(
        "AWS cannot be reached{where}: {detail}; is the region right (--region), and the network there?",
        "S3 could not be reached: {code}",
        _BEDROCK_LOST,
    ),
    FailureKind.TIMEOUT: _Texts(_LOST, "S3 did not answer in time: {code}", _BEDROCK_LOST),
    FailureKind.INCOMPLETE: _Texts(_LOST, "what S3 sent did not arrive whole: {code}", _BEDROCK_LOST),
    FailureKind.CONNECTION_LOST: _Texts(_LOST, "S3 could not be reached: {code}", _BEDROCK_LOST),
    FailureKind.CLIENT_FAULT: _Texts(_FAILED, _CLIENT_REFUSES, _BEDROCK_FAILED),
    FailureKind.OTHER: _Texts(_FAILED, "the AWS client failed: {code}", _BEDROCK_FAILED),
}

_CREDENTIAL_KINDS: Final = frozenset(
    {
        FailureKind.CREDENTIALS_UNAVAILABLE, FailureKind.EXPIRED, FailureKind.INVALID, FailureKind.NO_CREDENTIALS,
        FailureKind.TOKEN_UNAVAILABLE,
    }
)  # fmt: skip
_TRANSIENT_KINDS: Final = frozenset(
    {
        FailureKind.CONNECTION_LOST, FailureKind.INCOMPLETE, FailureKind.THROTTLED, FailureKind.TIMEOUT,
        FailureKind.UNREACHABLE,
    }
)  # fmt: skip
_USER_KINDS: Final = frozenset(
    {
        FailureKind.ARCHIVED, FailureKind.CREDENTIALS_UNAVAILABLE, FailureKind.DENIED, FailureKind.EXPIRED,
        FailureKind.INVALID, FailureKind.NOT_MODIFIED, FailureKind.NO_CREDENTIALS, FailureKind.NO_REGION,
        FailureKind.REFUSED, FailureKind.SESSION_EXPIRED, FailureKind.TOKEN_UNAVAILABLE, FailureKind.WRONG_REGION,
        FailureKind.WRONG_REQUEST, FailureKind.WRONG_SETTING, FailureKind.WRONG_VALUE,
    }
)  # fmt: skip
"""Kinds that the user can put right."""


@dataclass(frozen=True, slots=True)
class AwsFailure:
    """A failed call to AWS."""

    kind: FailureKind
    code: str
    """Error code of the service, or name of the client's exception."""
    detail: str
    """The message of the service or of the client, in one line. It may quote what was sent."""
    status: int = 0
    """HTTP status; 0 where there was no response."""
    region: str = "another region"
    """Region of the bucket, where S3 names it."""

    @property
    def transient(self) -> bool:
        """True if another attempt may help, with nothing changed."""
        if self.kind is FailureKind.SERVICE_FAULT:
            return self.code in _TRANSIENT or self.status in _TRANSIENT_STATUS
        return self.kind in _TRANSIENT_KINDS

    @property
    def needs_credentials(self) -> bool:
        """True if other credentials may help."""
        return self.kind in _CREDENTIAL_KINDS

    @property
    def s3_text(self) -> str:
        """The reason why an object could not be read, to be put after its name."""
        return self._fill(_TEXTS[self.kind].s3)

    @property
    def bedrock_text(self) -> str:
        """The reason why a model gave no rating; quotes nothing that was sent."""
        return self._fill(_TEXTS[self.kind].bedrock)

    def command_text(self, region: str | None) -> str:
        """Return the reason for the user of a command, with what to do about it."""
        return self._fill(_TEXTS[self.kind].command, where=f" in {region}" if region else "")

    def _fill(self, text: str, where: str = "") -> str:
        message = f"{self.code}: {self.detail}" if self.detail else self.code
        return text.format(
            where=where, message=message, code=self.code, detail=self.detail, status=self.status, region=self.region
        )


def classify(error: Exception) -> AwsFailure:
    """Classify an exception that a client raised, whether the service refused or the client itself failed."""
    from botocore import exceptions as known  # noqa: PLC0415 - slow to import

    if isinstance(error, known.ClientError):
        return _classify_response(error.response)
    # the first match counts: many of these are subclasses of later ones
    kinds = (
        (FailureKind.NO_CREDENTIALS, (known.NoCredentialsError, known.PartialCredentialsError)),
        (FailureKind.SESSION_EXPIRED, (known.UnauthorizedSSOTokenError, known.SSOTokenLoadError)),
        (FailureKind.TOKEN_UNAVAILABLE, (known.TokenRetrievalError,)),
        (FailureKind.CREDENTIALS_UNAVAILABLE, (known.CredentialRetrievalError,)),
        (FailureKind.NO_REGION, (known.NoRegionError,)),
        (FailureKind.WRONG_SETTING, (known.InvalidRegionError, known.ProfileNotFound, known.ConfigNotFound)),
        (FailureKind.WRONG_REQUEST, (known.ParamValidationError, known.ConfigParseError, known.UnknownServiceError)),
        (FailureKind.UNREACHABLE, (known.EndpointConnectionError,)),
        (FailureKind.TIMEOUT, (known.ReadTimeoutError, known.ConnectTimeoutError)),
        (
            FailureKind.INCOMPLETE,
            (known.IncompleteReadError, known.ResponseStreamingError, known.FlexibleChecksumError),
        ),
        # OSError: errors of sockets and TLS that the client lets through while the body of a response is read.
        (FailureKind.CONNECTION_LOST, (known.HTTPClientError, known.ConnectionError, OSError)),
        (FailureKind.CLIENT_FAULT, (known.BotoCoreError,)),
        # ValueError: how the client reports an endpoint that is not a URL.
        (FailureKind.WRONG_VALUE, (ValueError,)),
    )
    kind = next((kind for kind, classes in kinds if isinstance(error, classes)), FailureKind.OTHER)
    return AwsFailure(kind, type(error).__name__, one_line(error, _MAX_TEXT_CHARS))


def _classify_response(response: dict[str, Any]) -> AwsFailure:
    """Classify the error that a service itself returned."""
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    # In one line, without control characters: both come from the network, and go to terminals and logs.
    code = one_line(error.get("Code", "unknown"), _MAX_CODE_CHARS)
    detail = one_line(error.get("Message", ""), _MAX_TEXT_CHARS).rstrip(".")
    status = metadata.get("HTTPStatusCode", 0)
    region = error.get("Region") or metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    kind = _response_kind(code, detail, status, names_region=bool(region))
    if region:
        return AwsFailure(kind, code, detail, status, f"the region {one_line(region)}")
    return AwsFailure(kind, code, detail, status)


def _response_kind(code: str, detail: str, status: int, *, names_region: bool) -> FailureKind:
    # Some services answer expired credentials with a code of denied access, and only the message tells the difference.
    expired = code in _EXPIRED or (code in _DENIED and "expired" in detail.lower())
    kinds = (
        (FailureKind.EXPIRED, expired),
        (FailureKind.INVALID, code in _INVALID),
        # Before the statuses: throttling comes as 400, 429 or 503, depending on the service.
        (FailureKind.THROTTLED, bool(_THROTTLED.search(code))),
        (FailureKind.DENIED, code in _DENIED),
        (FailureKind.MISSING_BUCKET, code == "NoSuchBucket"),
        (FailureKind.MISSING, bool(_MISSING.search(code))),
        # The response to a HEAD request has no body, so the client makes its status the code: 301, 400, 403, 404.
        (FailureKind.WRONG_REGION, code in _WRONG_REGION and (names_region or status in _REDIRECTS)),
        (FailureKind.ARCHIVED, code == "InvalidObjectState"),
        # Not an error, but the client raises one for every status from 300 on.
        (FailureKind.NOT_MODIFIED, status == _NOT_MODIFIED),
        (
            FailureKind.SERVICE_FAULT,
            code in _TRANSIENT or status >= _SERVER_FAULT or status in _TRANSIENT_STATUS,
        ),
    )
    return next((kind for kind, holds in kinds if holds), FailureKind.REFUSED)


@contextmanager
def translated_errors(about: str, *, region: str | None = None) -> Iterator[None]:
    """Raise errors of the AWS client as the grader's, in one line that begins with `about`.

    Args:
        about: text on what is being done, for people.
        region: name of the region, when it is known.

    Raises:
        CloudRequestError: the user can put it right: credentials, region, permission, names, values.
        NothingThereError: one of them, where there is nothing of that name.
        CloudError: AWS has failed, or cannot be reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        # With its cause, by which AwsSession.wait recognizes a waiter that gave up.
        raise translate_error(error, about, region=region) from error


def translate_error(error: Exception, about: str, *, region: str | None = None) -> CloudError | CloudRequestError:
    """Return the grader's error for one of the AWS client; see `translated_errors`."""
    failure = classify(error)
    text = f"{about}: {failure.command_text(region)}"
    if failure.kind in {FailureKind.MISSING, FailureKind.MISSING_BUCKET}:
        return NothingThereError(text, code=failure.code)
    # The class decides what a command does next: it asks the user for a correction, or it may try again.
    if failure.kind in _USER_KINDS:
        return CloudRequestError(text, code=failure.code)
    return CloudError(text, code=failure.code, transient=failure.transient)
