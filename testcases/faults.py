"""Failures of test code that may be its own: which `Fault` an exception is."""

from __future__ import annotations

import errno
from typing import Final

from testcases.blame import Fault
from testcases.signals import BrokenTestError, RefusedError, SolutionLostError, is_from_solution
from testcases.verdict import Verdict

__all__ = ["fault_of"]

_REFUSALS: Final = frozenset(
    {
        errno.EACCES, errno.EAGAIN, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.ENOSYS, errno.EPERM,
        errno.EROFS,
    }
)  # fmt: skip
"""Errors by which a host or a sandbox refuses, as opposed to those that a program may expect."""
_REFUSAL_TEXTS: Final = ("No usable temporary directory", "can't start new thread")
"""Refusals that the standard library reports in words."""


def fault_of(error: BaseException | None, *, asked: bool) -> Fault | None:
    """Return the fault that an exception of test code may be; ``None`` where it is the answer's.

    A skip is none either: the test has not failed.

    Args:
        error: the exception that failed a test.
        asked: whether test code had asked anything of the solution.
    """
    if error is None or isinstance(error, SolutionLostError) or is_from_solution(error):
        return None
    if isinstance(error, BrokenTestError):
        return Fault.BROKEN_TEST
    if getattr(error, "verdict", None) is Verdict.NOT_RUN:
        return None
    if _is_refusal(error):
        return Fault.REFUSED
    return None if asked or isinstance(error, RefusedError) else Fault.TEST_CODE


def _is_refusal(error: BaseException) -> bool:
    # The function by which `subprocess` starts processes was taken away.
    if type(error) is NameError and error.name == "_fork_exec":
        return True
    if isinstance(error, OSError) and error.errno in _REFUSALS:
        return True
    return type(error) in {FileNotFoundError, RuntimeError} and any(text in str(error) for text in _REFUSAL_TEXTS)
