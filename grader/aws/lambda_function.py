"""Names and quotas of Lambda functions.

Quotas are those of "Lambda quotas" in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from grader.errors import CloudRequestError
from grader.text import one_line

__all__ = ["PAYLOAD_BYTES", "TIMEOUT_S", "FunctionName"]


PAYLOAD_BYTES: Final = 6 * 1024 * 1024
"""Maximum number of bytes of a request, and of a response, of a synchronous invocation: 6 MB each."""
TIMEOUT_S: Final = 900
"""Longest duration of an invocation, in seconds."""


_NAME: Final = r"[A-Za-z0-9_-]{1,64}"
_QUALIFIER: Final = r"\$LATEST|[A-Za-z0-9_-]{1,128}"
_SHORT: Final = re.compile(rf"(?P<name>{_NAME})(?::(?P<qualifier>{_QUALIFIER}))?")
_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-zA-Z-]*):lambda:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):(?P<account>\d{12}):function:"
    rf"(?P<name>{_NAME})(?::(?P<qualifier>{_QUALIFIER}))?"
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """Name of a function, and of a version of it.

    Lengths and characters are those of `FunctionName` and `Qualifier` in the AWS Lambda API Reference (Invoke).
    """

    name: str
    qualifier: str | None = None
    """Name of an alias, or a version; ``None`` is the newest code."""
    region: str | None = None
    """Name of the region; ``None`` unless an ARN was given."""
    account: str | None = None
    """The account's 12 digits; ``None`` unless an ARN was given."""
    partition: str = "aws"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``NAME``, ``NAME:ALIAS`` or an ARN.

        Raises:
            CloudRequestError: the text is something else.
        """
        if match := _ARN.fullmatch(text) or _SHORT.fullmatch(text):
            return cls(**{field: value for field, value in match.groupdict().items() if value is not None})
        # Lambda itself would answer with the whole regular expression that the name does not match.
        raise CloudRequestError(
            f"function {one_line(text)!r}: not the name of a Lambda function; give NAME, NAME:ALIAS, or an ARN such as "
            "arn:aws:lambda:us-east-1:123456789012:function:NAME:ALIAS"
        )

    def __str__(self) -> str:
        short = self.name if self.qualifier is None else f"{self.name}:{self.qualifier}"
        if self.region is None or self.account is None:
            return short
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{short}"
