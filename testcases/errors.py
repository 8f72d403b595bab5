"""Errors of the test cases.

::

    TestcaseError
    └── ProblemError              a reference that cannot be made into a problem
        ├── UnknownFormatError    no known format has these keys
        ├── AmbiguousFormatError  more than one format fits
        └── InvalidFieldError     the format is known, one of its fields is wrong
"""

from __future__ import annotations

__all__ = [
    "AmbiguousFormatError",
    "InvalidFieldError",
    "ProblemError",
    "TestcaseError",
    "UnknownFormatError",
]


class TestcaseError(Exception):
    """Base of every error this package raises."""

    # The name starts with Test, so pytest would collect it where a test module imports it.
    __test__ = False


class ProblemError(TestcaseError):
    """A reference cannot be made into a problem. The message is one line."""


class UnknownFormatError(ProblemError):
    """The reference fits no known format."""


class AmbiguousFormatError(ProblemError):
    """The reference fits more than one format; the message lists them."""


class InvalidFieldError(ProblemError):
    """One field of the reference is missing or wrong.

    Attributes:
        field: path of the field in the reference, such as ``tests[3].args``.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
