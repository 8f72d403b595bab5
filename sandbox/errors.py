"""Errors of the sandbox. What an answer does is never one of them: that is a value.

::

    SandboxError                 base; the text is one line: what, where, what to do
    ├── IsolationError           the host cannot give the isolation that is demanded
    ├── ProcessLostError         a process of ours died, hung, or sent what it never should
    │   └── ProcessSpentError    it used up its CPU seconds
    └── ValueCodecError          a value is not plain data, or bytes are not an encoded value; also a ValueError
        ├── UnsupportedTypeError an object of a type that does not cross
        └── ValueSizeError       a value that would take too much memory
"""

from __future__ import annotations

__all__ = [
    "IsolationError",
    "ProcessLostError",
    "ProcessSpentError",
    "SandboxError",
    "UnsupportedTypeError",
    "ValueCodecError",
    "ValueSizeError",
]


class SandboxError(Exception):
    """Base of every error this package raises."""


class IsolationError(SandboxError):
    """The host lacks an isolation layer that the configuration demands."""


class ProcessLostError(SandboxError):
    """A zygote, harness or analyzer died, hung, or sent what it never should."""


class ProcessSpentError(ProcessLostError):
    """A harness or analyzer used up the CPU seconds it may spend on one job."""


class ValueCodecError(SandboxError, ValueError):
    """A value cannot cross between processes, or what crossed is malformed."""


class UnsupportedTypeError(ValueCodecError):
    """An object is of a type that does not cross between processes."""

    def __init__(self, kind: type) -> None:
        super().__init__(f"{kind.__name__} is not plain data")
        self.kind = kind


class ValueSizeError(ValueCodecError):
    """A value would take more memory than it may."""
