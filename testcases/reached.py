"""What test code has reached: assertions, and ends of the bodies of tests (`testcases.source.reached`)."""

from __future__ import annotations

import functools
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from testcases.source.pytest_collection import CollectedTest

__all__ = ["NOTHING_ASSERTED", "REACHED", "Reached", "line_in", "why_body_did_not_run"]

NOTHING_ASSERTED: Final = "no assertion of the test was reached"


class _Body:
    """The block around the body of one test; it is entered each time that the test is called."""

    __slots__ = ("_line", "_reached")

    def __init__(self, reached: Reached, line: int) -> None:
        self._reached = reached
        self._line = line

    def __enter__(self) -> None:
        """Do nothing: what counts is how the body ends."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None:
            self._reached.completed.add(self._line)
        else:
            self._reached.errors.setdefault(self._line, error)


class Reached:
    """What one test, or one case of it, has reached."""

    def __init__(self) -> None:
        self.assertions = 0
        """Number of reports of statements with an assertion."""
        self.completed: set[int] = set()
        """Lines of the tests whose bodies have come to their end."""
        self.errors: dict[int, BaseException] = {}
        """Exceptions that left the body of a test, by its line; the first counts."""

    def begin(self) -> None:
        """Forget everything: another test begins."""
        self.assertions = 0
        self.completed.clear()
        self.errors.clear()

    def assertion(self) -> None:
        """Report that an assertion comes next."""
        self.assertions += 1

    def body(self, line: int) -> _Body:
        """Return the block for the body of the test that begins in a line."""
        return _Body(self, line)


REACHED: Final = Reached()


def why_body_did_not_run(test: CollectedTest, function: Any, filename: str) -> BaseException | None:
    """Return why a test that ended without an error has not passed; ``None`` if its body has run.

    Args:
        test: the test, as its source shows it.
        function: what has its name now, and was called.
        filename: of the module that it is in.
    """
    if test.is_made:
        # It has no line of its own. What an answer has made or wrapped is no function of the module.
        return None if line_in(function, filename) else AssertionError("the test is not a function of the test module")
    if not test.has_marked_body and _is_function_of(test, function, filename):
        return None
    # A decorator of the answer may have called the test, and swallowed what it raised.
    if type(function) is not FunctionType and test.line in REACHED.errors:
        return REACHED.errors[test.line]
    return None if test.line in REACHED.completed else AssertionError("the body of the test was not run")


def _is_function_of(test: CollectedTest, function: Any, filename: str) -> bool:
    """Return whether calling a function runs the body of a test: it is that function, or a patch around it."""
    function = function.__func__ if type(function) is MethodType and type(function.__self__) is type else function
    while type(function) is FunctionType:
        code = function.__code__
        if (code.co_filename, code.co_firstlineno, code.co_name) == (filename, test.line, test.name):
            return True
        function = vars(function).get("__wrapped__")
    return False


def line_in(value: Any, filename: str) -> int:
    """Return the line of a function of this file, or of one that is wrapped; 0 for all else."""
    while True:
        if type(value) in {functools.partial, functools.partialmethod}:
            value = value.func
        elif type(value) in {staticmethod, classmethod, MethodType}:
            value = value.__func__
        elif type(value) is not FunctionType:
            return 0
        elif value.__code__.co_filename == filename:
            return value.__code__.co_firstlineno
        else:
            value = vars(value).get("__wrapped__")
