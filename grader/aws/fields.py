"""The error of one field, before it is known whose field it is."""

from __future__ import annotations

__all__ = ["FieldError", "FieldMissingError"]


class FieldError(Exception):
    """A field of a sample cannot be read; `grader.aws.samples` makes a `SampleError` of it.

    Attributes:
        field: path of the field that is wrong.
        message: what is wrong with it, and what to do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class FieldMissingError(FieldError):
    """The field is nowhere to be found."""
