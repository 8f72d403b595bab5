"""Errors of the grader.

::

    GraderError                 base; the text is one line: what is wrong, where, what to do
    ├── ConfigError             a setting is unknown or out of range; names the key
    ├── InputError              the input cannot be graded or processed: a mistake of the user
    │   ├── EventError          the event has none of the known shapes
    │   ├── SampleError         one sample is wrong; names the sample and the field
    │   └── CloudRequestError   AWS rejects a request that the user can correct
    │       └── NothingThereError  nothing has that name there
    ├── CloudError              AWS has failed, or cannot be reached
    ├── ToolError               another program has failed
    └── UnscoredError           a sample is unscored, and the setting ``unscored`` is ``raise``

    FieldError                  one field is wrong; becomes a SampleError where the sample is known
    └── FieldMissingError       the field is missing
"""

from __future__ import annotations

__all__ = [
    "CloudError",
    "CloudRequestError",
    "ConfigError",
    "EventError",
    "FieldError",
    "FieldMissingError",
    "GraderError",
    "InputError",
    "NothingThereError",
    "SampleError",
    "ToolError",
    "UnscoredError",
]


class GraderError(Exception):
    """Base of the errors of this package."""


class ConfigError(GraderError):
    """A setting is unknown, of the wrong type, or out of its range."""


class InputError(GraderError):
    """The input cannot be graded or processed."""


class EventError(InputError):
    """The event has none of the known shapes."""


class SampleError(InputError):
    """One sample cannot be read.

    Attributes:
        sample: label of the sample: its id, or its position in the batch.
        field: path of the wrong field.
    """

    def __init__(self, sample: str, field: str, message: str) -> None:
        super().__init__(f"sample {sample}: {field}: {message}")
        self.sample = sample
        self.field = field


class CloudRequestError(InputError):
    """AWS or its client rejects a request that the user can correct: credentials, region, permission, a name, a value.

    Attributes:
        code: error code of the service, or name of the client's error; empty if the grader has detected it.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NothingThereError(CloudRequestError):
    """Nothing has that name in that account and region."""


class CloudError(GraderError):
    """AWS has failed, or cannot be reached.

    Attributes:
        code: error code of the service, or name of the client's error.
        transient: True if another attempt may help: throttling, a lost connection, a fault of the service.
    """

    def __init__(self, message: str, *, code: str = "", transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.transient = transient


class ToolError(GraderError):
    """Another program, such as the container engine, has failed."""


class UnscoredError(GraderError):
    """A sample is unscored, and the setting ``unscored`` is ``raise``."""


# Not a GraderError: it must never leave the package without the name of its sample.
class FieldError(Exception):
    """A field of a sample cannot be read; `grader.lambda_api.samples` turns it into a `SampleError`.

    Attributes:
        field: path of the wrong field.
        message: what is wrong with it, and what to do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class FieldMissingError(FieldError):
    """The field is missing."""
