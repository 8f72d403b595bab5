"""Exceptions that decide a test: what the solution raised, and what fails a test even where its code swallows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.wire.replies import SolutionStatus
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

__all__ = [
    "STATUS_VERDICTS",
    "TEST_MODULES",
    "BrokenTestError",
    "FailureWatch",
    "FinalError",
    "RefusedError",
    "SolutionError",
    "SolutionLostError",
    "is_from_solution",
    "mark_caught",
    "take_failure",
    "verdict_of",
    "watch",
]

# Frames of a traceback belong to test code, or to a solution in this process, by the `__name__` of their globals.
TEST_MODULES: Final = frozenset({"exam", "test_solution"})
"""Names of the modules that test code runs as."""
_SOLUTION_MODULE: Final = "solution"
_TESTED_MODULES: Final = TEST_MODULES | {_SOLUTION_MODULE}
_MAX_WATCHED: Final = 100

STATUS_VERDICTS: Final[Mapping[SolutionStatus, Verdict]] = {
    SolutionStatus.RAISED: Verdict.EXCEPTION,
    SolutionStatus.EXITED: Verdict.EXCEPTION,
    SolutionStatus.TIMEOUT: Verdict.TIMEOUT,
    SolutionStatus.MEMORY: Verdict.MEMORY,
    SolutionStatus.OUTPUT_LIMIT: Verdict.OUTPUT_LIMIT,
    SolutionStatus.CRASHED: Verdict.CRASHED,
    SolutionStatus.POLICY: Verdict.POLICY,
    SolutionStatus.NOT_RUN: Verdict.NOT_RUN,
}
"""Verdicts of tests whose request returned no value. ``RETURNED`` is missing: there the value decides."""


class FailureWatch:
    """Failures that the code of one test has met, and may have swallowed.

    A context manager. Inside its block it is the watch that `FinalError`, `watch` and `mark_caught` report to. A block
    that ends with an exception hands its failures to the watch around it: a fixture that swallows a `RefusedError` and
    then raises something else fails its test by the `RefusedError`.

    Never keep a block open across a ``yield``: the code that takes the next item would run inside it.
    """

    def __init__(self) -> None:
        self._final: FinalError | None = None
        self._uncaught: list[BaseException] = []

    def __enter__(self) -> Self:
        _watches.append(self)
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        # The watchdog's signal may have cut off the exit of a watch further in, which then is still on the stack.
        while _watches and _watches.pop() is not self:
            continue
        if error is not None and _watches:
            _watches[-1].add(self)

    def record(self, error: FinalError) -> None:
        """Record a final error; the last one counts."""
        self._final = error

    def watch(self, error: BaseException) -> None:
        """Record an exception that fails the test unless test code catches it."""
        if len(self._uncaught) < _MAX_WATCHED:  # one fails the test; the bound is for hostile loops
            self._uncaught.append(error)

    def mark_caught(self, error: BaseException | None) -> None:
        """Forget an exception that test code has caught, with those that led to it."""
        chain: list[BaseException] = []
        while self._uncaught and error is not None and not any(error is known for known in chain):
            self._uncaught = [one for one in self._uncaught if one is not error]
            if isinstance(error, BaseExceptionGroup):
                for part in error.exceptions:
                    self.mark_caught(part)
            chain.append(error)
            # Python turns a StopIteration into a RuntimeError here and there, and links them. A link that the solution
            # has set is not followed: it could name any earlier exception, and have that forgotten.
            error = None if is_from_solution(error) else error.__cause__ or error.__context__

    def take(self) -> BaseException | None:
        """Return the failure that decides the test, and forget all: the last final error, else the first uncaught."""
        final, self._final = self._final, None
        uncaught, self._uncaught = self._uncaught, []
        return final or next(iter(uncaught), None)

    def add(self, inner: FailureWatch) -> None:
        """Add the failures of a watch further in."""
        self._final = inner._final or self._final
        self._uncaught = (self._uncaught + inner._uncaught)[:_MAX_WATCHED]


# A stack of the process, not a ContextVar: test code starts threads and tasks, whose failures are the test's, too.
# Nothing callable, because the in-process mode takes a changed callable of a module for tampering.
_watches: Final[list[FailureWatch]] = []


def watch(error: BaseException) -> None:
    """Fail the running test by an exception of the solution, unless test code catches it.

    Meant for exceptions that Python itself takes for an end: ``all(map(f, ...))`` is true of an ``f`` that raises
    StopIteration.
    """
    if _watches:
        _watches[-1].watch(error)


def mark_caught(error: BaseException | None) -> None:
    """Record that test code has caught an exception, or what Python made of it."""
    if _watches:
        _watches[-1].mark_caught(error)


def take_failure() -> BaseException | None:
    """Take what the running test has met so far (`FailureWatch.take`)."""
    return _watches[-1].take() if _watches else None


class SolutionError(Exception):
    """An exception of a class that the solution defines; test code may catch it, as it may the exception itself.

    Where the class is a built-in one, test code meets that class; `is_from_solution` tells the two apart.
    """

    verdict = Verdict.EXCEPTION
    comes_from_solution = True
    ends_the_test = False


class FinalError(BaseException):
    """Fails the test in which it is raised, whatever its handlers catch.

    A ``except BaseException`` or a ``finally: return`` of test code swallows it like any exception. So each one is
    recorded when it is made, and the runner of the test takes it from the `FailureWatch`.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        if _watches:
            _watches[-1].record(self)


class SolutionLostError(FinalError):
    """The solution's process is gone. No handler of test code can take it for an exception of the solution.

    Otherwise ``assertRaises(Exception)`` would pass an answer that exits, or that runs out of time.
    """

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.ends_the_test = verdict is Verdict.NOT_RUN


class RefusedError(FinalError):
    """Test code asks for something the solution must not be believed about, or passes it something it cannot have.

    It fails the test whatever that catches: an exception that did not happen in the solution is no evidence.
    """

    verdict = Verdict.WRONG_ANSWER


class BrokenTestError(FinalError):
    """A test cannot do its work, as far as it shows here: the data set is at fault, or the answer has made it look so.

    Which of them is settled by `testcases.blame`. The verdict holds where the answer is to blame.
    """

    ends_the_test = True

    def __init__(self, message: str, *, verdict: Verdict = Verdict.WRONG_ANSWER) -> None:
        super().__init__(message)
        self.verdict = verdict


def verdict_of(error: BaseException) -> Verdict:
    """Return the verdict of a test that ended with an error; an error of the test code itself is a wrong answer."""
    verdict: object = getattr(error, "verdict", None)
    # In the in-process mode the solution can raise anything, an exception with a passing verdict, too.
    if isinstance(verdict, Verdict) and verdict is not Verdict.PASSED:
        return verdict
    return Verdict.EXCEPTION if _raised_in_solution(error) else Verdict.WRONG_ANSWER


def _raised_in_solution(error: BaseException) -> bool:
    """Return whether a solution in this process was the last to run, apart from libraries."""
    last, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__")
        last = name if name in _TESTED_MODULES else last
        trace = trace.tb_next
    return last == _SOLUTION_MODULE


def is_from_solution(error: BaseException) -> bool:
    """Return whether an exception is the solution's, not one of test code."""
    return getattr(error, "comes_from_solution", False) is True
