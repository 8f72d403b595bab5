"""``pytest.raises``, and the exceptions of ``pytest.fail`` and ``pytest.skip``."""

from __future__ import annotations

import re
from traceback import FrameSummary, extract_tb
from typing import TYPE_CHECKING, Any

from testcases.caught import catchable
from testcases.pytest_runner.loud import Loud
from testcases.signals import FinalError, mark_caught
from testcases.verdict import Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ExceptionInfo", "Failed", "Raises", "RaisesExc", "RaisesGroup", "SelfSkipped", "Skipped", "raises"]


# BaseException and not Exception, as in pytest: an `except Exception` in test code must not swallow it.
class Failed(BaseException):
    """Raised by ``pytest.fail``, and by ``pytest.raises`` when nothing was raised."""


class Skipped(BaseException):
    """Raised by ``pytest.skip``: the test was not run, and so not passed."""

    verdict = Verdict.NOT_RUN


class SelfSkipped(Skipped):
    """Raised where test code says that its own test is not to run."""

    asked = True
    """False if the test had asked nothing of the solution before."""


class ExceptionInfo(Loud):
    """The exception that ``pytest.raises`` has caught."""

    def __init__(self) -> None:
        self._value: BaseException | None = None

    @property
    def value(self) -> BaseException:
        """The exception."""
        assert self._value is not None, ".value can only be used after the context manager exits"
        return self._value

    @property
    def type(self) -> Any:
        """Its class."""
        return type(self.value)

    @property
    def typename(self) -> str:
        """Name of its class."""
        return type(self.value).__name__

    @property
    def tb(self) -> Any:
        """Its traceback."""
        return self.value.__traceback__

    @property
    def traceback(self) -> list[FrameSummary]:
        """Its frames, the last one called at the end."""
        return extract_tb(self.tb)

    def exconly(self, tryshort: bool = False) -> str:  # noqa: FBT001, FBT002, ARG002 - pytest's signature
        """Return class and text in one line."""
        return f"{self.typename}: {self.value}"

    def errisinstance(self, kinds: Any) -> bool:
        """Return whether it is of one of these classes."""
        return isinstance(self.value, kinds)

    def match(self, pattern: Any) -> bool:
        """Return whether the pattern is found in its text.

        Raises:
            AssertionError: it is not.
        """
        text = str(self.value)
        assert re.search(pattern, text), f"Regex pattern did not match.\n Regex: {pattern!r}\n Input: {text!r}"
        return True

    def __str__(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"<ExceptionInfo {self._value!r}>" if self._value is not None else "<ExceptionInfo for raises>"


class Raises(Loud):
    """The context manager that ``pytest.raises`` returns."""

    def __init__(self, expected: Any, match: Any = None, check: Callable[[BaseException], bool] | None = None) -> None:
        kinds = expected if isinstance(expected, tuple) else (expected,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                raise TypeError(f"expected exception must be a BaseException type, not {type(kind).__name__}")
        self.expected = expected
        self.pattern = match
        self.check = check
        self.info = ExceptionInfo()

    def __enter__(self) -> ExceptionInfo:
        return self.info

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            raise Failed(f"DID NOT RAISE {self.expected!r}")
        # `pytest.raises(BaseException)` must not catch what ends the test.
        if isinstance(error, FinalError | OutOfTimeError) or not isinstance(error, catchable(self.expected, error)):
            return False
        mark_caught(error)
        self.info._value = error  # noqa: SLF001 - its own
        if self.pattern is not None:
            self.info.match(self.pattern)
        if self.check is not None:
            assert self.check(error), "the check of pytest.raises does not hold"
        return True


class RaisesExc(Raises):
    """``pytest.RaisesExc``: an exception that is expected, also within a group."""

    def __init__(self, expected: Any = BaseException, /, *, match: Any = None, check: Any = None) -> None:
        super().__init__(expected, match, check)

    def matches(self, error: BaseException | None) -> bool:
        """Return whether an exception is the expected one."""
        if not isinstance(error, catchable(self.expected, error)):
            return False
        text = str(error)
        return (self.pattern is None or re.search(self.pattern, text) is not None) and (
            self.check is None or bool(self.check(error))
        )


class RaisesGroup(Loud):
    """``pytest.RaisesGroup``: a group of exactly these exceptions, in any order."""

    def __init__(
        self,
        *expected: Any,
        match: Any = None,
        check: Any = None,
        allow_unwrapped: bool = False,
        flatten_subgroups: bool = False,
    ) -> None:
        if not expected:
            raise TypeError("RaisesGroup: no exceptions are expected")
        self._expected = [one if isinstance(one, RaisesExc | RaisesGroup) else RaisesExc(one) for one in expected]
        self._pattern, self._check = match, check
        self._allow_unwrapped, self._flatten = allow_unwrapped, flatten_subgroups
        self._info = ExceptionInfo()

    def matches(self, error: BaseException | None) -> bool:
        """Return whether an exception is such a group."""
        if not isinstance(error, BaseExceptionGroup):
            return self._allow_unwrapped and len(self._expected) == 1 and self._expected[0].matches(error)
        # The text of a group ends with the number of its exceptions.
        if self._pattern is not None and not re.search(self._pattern, error.message):
            return False
        found = list(_flat(error)) if self._flatten else list(error.exceptions)
        if len(found) != len(self._expected) or not _fit(self._expected, found):
            return False
        return self._check is None or bool(self._check(error))

    def __enter__(self) -> ExceptionInfo:
        return self._info

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            raise Failed("DID NOT RAISE any exception, expected a group")
        if isinstance(error, FinalError | OutOfTimeError):
            return False
        if not self.matches(error):
            raise Failed(f"raised no such group of exceptions: {error!r}")
        mark_caught(error)
        self._info._value = error  # noqa: SLF001 - its own
        return True


def _flat(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error


def _fit(expected: list[Any], found: list[BaseException]) -> bool:
    """Return whether there is an exception for each of what is expected."""
    if not expected:
        return True
    first, *rest = expected
    return any(
        first.matches(error) and _fit(rest, [*found[:index], *found[index + 1 :]]) for index, error in enumerate(found)
    )


def raises(expected: Any = None, *args: Any, match: Any = None, check: Any = None, **kwargs: Any) -> Any:
    """Expect an exception: ``pytest.raises``, as a context manager or with a function to call."""
    if expected is None:
        if match is None and check is None:
            raise ValueError("pytest.raises: one of an exception type, match and check must be given")
        expected = BaseException
    if not args:
        return Raises(expected, match, check)
    manager = Raises(expected)
    with manager:
        args[0](*args[1:], **kwargs)
    return manager.info
