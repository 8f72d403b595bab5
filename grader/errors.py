"""Errors of the grader.

::

    GraderError                 base; the text is one line: what, where, what to do
    ├── ConfigError             a setting is unknown or out of range; names the key
    ├── InputError              what came in cannot be graded; a user's mistake
    │   ├── EventError          the whole event has none of the known shapes
    │   └── SampleError         one sample is wrong; names the sample and the field
    └── UnscoredError           a sample has no score and the policy is to raise
"""

from __future__ import annotations

__all__ = ["ConfigError", "EventError", "GraderError", "InputError", "SampleError", "UnscoredError"]


class GraderError(Exception):
    """Base of every error this package raises."""


class ConfigError(GraderError):
    """A setting is unknown, of the wrong type, or out of its range."""


class InputError(GraderError):
    """What came in cannot be graded."""


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


class UnscoredError(GraderError):
    """At least one sample is unscored and the configured policy is ``raise``."""
