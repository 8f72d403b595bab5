"""Errors of the grader.

::

    GraderError                 base; the text is one line: what, where, what to do
    ├── ConfigError             a setting is unknown or out of range; names the key
    ├── InputError              what came in cannot be graded, or done; a user's mistake
    │   ├── EventError          the whole event has none of the known shapes
    │   ├── SampleError         one sample is wrong; names the sample and the field
    │   └── CloudRequestError   AWS refuses what the user can put right
    │       └── NothingThereError  nothing has that name there
    ├── CloudError              AWS has failed, or cannot be reached
    ├── ToolError               another program has failed
    └── UnscoredError           a sample has no score and the policy is to raise

    FieldError                  one field is wrong; becomes a SampleError where the sample is known
    └── FieldMissingError       the field is nowhere to be found
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
    """Base of every error this package raises."""


class ConfigError(GraderError):
    """A setting is unknown, of the wrong type, or out of its range."""


class InputError(GraderError):
    """What came in cannot be graded, or done."""


class EventError(InputError):
    """The event as a whole is none of the known shapes."""


class SampleError(InputError):
    """One sample cannot be read.

    Attributes:
        sample: what to call the sample: its id, or its place in the batch.
        field: path of the field that is wrong.
    """

    def __init__(self, sample: str, field: str, message: str) -> None:
        super().__init__(f"sample {sample}: {field}: {message}")
        self.sample = sample
        self.field = field


class CloudRequestError(InputError):
    """AWS, or its client, refuses what the user can put right: credentials, region, permission, a name, a value.

    Attributes:
        code: the service's own word for it, or the name of the client's error; empty where it is the grader's.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NothingThereError(CloudRequestError):
    """Nothing has that name in that account and region."""


class CloudError(GraderError):
    """AWS has failed, or cannot be reached.

    Attributes:
        code: the service's own word for it, or the name of the client's error.
        transient: whether another attempt may help: throttling, a lost connection, a fault of the service's.
    """

    def __init__(self, message: str, *, code: str = "", transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.transient = transient


class ToolError(GraderError):
    """Another program, such as the container engine, has failed."""


class UnscoredError(GraderError):
    """At least one sample is unscored and the configured policy is ``raise``."""


class FieldError(Exception):
    """A field of a sample cannot be read; `grader.lambda_api.samples` makes a `SampleError` of it.

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
