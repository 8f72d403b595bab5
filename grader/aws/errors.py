"""Translate errors of the AWS client into the grader's.

Codes are those of "Common Errors" and of each service's own errors in the API References of Lambda, IAM, STS, ECR,
Amazon Bedrock, SageMaker, CloudWatch and CloudWatch Logs.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from grader.errors import CloudError, CloudRequestError, NothingThereError
from grader.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["translate_error", "translated_errors"]

_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID: Final = frozenset(
    {
        "AuthFailure", "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId",
        "InvalidClientTokenId", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "NotSignedUp", "OptInRequired", "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)  # fmt: skip
_DENIED: Final = frozenset(
    {
        "403", "AccessDenied", "AccessDeniedException", "AuthorizationErrorException", "Forbidden", "NotAuthorized",
        "UnauthorizedOperation",
    }
)  # fmt: skip
_MISSING: Final = re.compile(r"(NoSuch|NotFound|ResourceNotFound)|(NotFound|NotFoundException|NonExistent\w*)$|^404$")
_THROTTLED: Final = re.compile(r"Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|PriorRequestNotComplete")
_TRANSIENT_STATUS: Final = frozenset({408, 429, 500, 502, 503, 504})
_SERVER_FAULT: Final = 500
_MAX_TEXT_CHARS: Final = 300
"""Characters of a service's own words that are shown."""


@contextmanager
def translated_errors(about: str, *, region: str | None = None) -> Iterator[None]:
    """Have errors of the AWS client raised as the grader's, in one line that begins with `about`.

    Args:
        about: what is being done, for people.
        region: where, when it is known.

    Raises:
        CloudRequestError: the user can put it right: credentials, region, permission, names, values.
        NothingThereError: one of them, where there is nothing of that name.
        CloudError: AWS has failed, or cannot be reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translate_error(error, about, region=region) from error


def translate_error(error: Exception, about: str, *, region: str | None = None) -> CloudError | CloudRequestError:
    """The grader's error for one of the AWS client; see `translated_errors`."""
    from botocore import exceptions as known  # noqa: PLC0415 - slow to import

    kind, said = type(error).__name__, one_line(error, _MAX_TEXT_CHARS)
    where = f" in {region}" if region else ""
    if isinstance(error, known.ClientError):
        return _service_error(error, about, where)
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return CloudRequestError(
            f"{about}: there are no AWS credentials; run `aws configure` or `aws sso login`, or set AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            code=kind,
        )
    if isinstance(error, known.UnauthorizedSSOTokenError | known.SSOTokenLoadError | known.TokenRetrievalError):
        return CloudRequestError(f"{about}: the AWS session has expired ({kind}); run `aws sso login`", code=kind)
    if isinstance(error, known.CredentialRetrievalError):
        return CloudRequestError(f"{about}: the AWS credentials cannot be had: {said}", code=kind)
    if isinstance(error, known.NoRegionError):
        return CloudRequestError(f"{about}: no region is set; use --region, or set AWS_REGION", code=kind)
    if isinstance(error, known.InvalidRegionError | known.ProfileNotFound | known.ConfigNotFound):
        return CloudRequestError(f"{about}: {said}; see --region, --profile, AWS_REGION and AWS_PROFILE", code=kind)
    if isinstance(error, known.ParamValidationError | known.ConfigParseError | known.UnknownServiceError):
        return CloudRequestError(f"{about}: the AWS client refuses: {said}", code=kind)
    if isinstance(error, known.EndpointConnectionError):
        return CloudError(
            f"{about}: AWS cannot be reached{where}: {said}; is the region right (--region), and the network there?",
            code=kind,
            transient=True,
        )
    lost = known.HTTPClientError | known.ConnectionError | known.IncompleteReadError | known.ResponseStreamingError
    if isinstance(error, lost):
        return CloudError(f"{about}: the connection to AWS{where} failed: {said}", code=kind, transient=True)
    return CloudError(f"{about}: the AWS client failed: {kind}: {said}", code=kind)


def _service_error(error: Any, about: str, where: str) -> CloudError | CloudRequestError:
    """What AWS says itself."""
    details: dict[str, Any] = error.response.get("Error", {})
    code = one_line(details.get("Code", "unknown"))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = one_line(details.get("Message", ""), _MAX_TEXT_CHARS).rstrip(".")
    said = f"{code}: {text}" if text else code
    if code in _EXPIRED or (code in _DENIED and "expired" in text.lower()):
        return CloudRequestError(
            f"{about}: the AWS credentials have expired ({code}); get new ones, such as by `aws sso login`", code=code
        )
    if code in _INVALID:
        return CloudRequestError(
            f"{about}: the AWS credentials are not valid{where} ({code}); see AWS_PROFILE and AWS_ACCESS_KEY_ID, and "
            "whether the account uses this region",
            code=code,
        )
    if _THROTTLED.search(code):
        return CloudError(f"{about}: AWS wants fewer calls{where} ({said}); try later", code=code, transient=True)
    if code in _DENIED:
        return CloudRequestError(
            f"{about}: access is denied{where} ({said}); whose credentials these are needs that permission", code=code
        )
    if _MISSING.search(code):
        return NothingThereError(f"{about}: there is none{where} ({said}); are name and region right?", code=code)
    if status >= _SERVER_FAULT or status in _TRANSIENT_STATUS:
        return CloudError(
            f"{about}: AWS has failed{where} ({said}, status {status}); try later",
            code=code,
            transient=status in _TRANSIENT_STATUS,
        )
    return CloudRequestError(f"{about}: AWS refuses{where}: {said}", code=code)
