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

    __test__ = False  # the name starts with Test, which pytest would collect


class ProblemError(TestcaseError):
    """A reference that cannot be made into a problem. Its text is one line for a person."""


class UnknownFormatError(ProblemError):
    """The reference has none of the known formats."""


class AmbiguousFormatError(ProblemError):
    """The reference fits more than one format; the text lists the candidates."""


class InvalidFieldError(ProblemError):
    """One field of the reference is missing or wrong.

    Attributes:
        field: path of the field inside the reference, such as ``tests[3].args``.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
