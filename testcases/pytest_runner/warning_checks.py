"""``pytest.warns`` and what else of pytest is about warnings."""

from __future__ import annotations

import contextlib
import re
import warnings
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.loud import Loud
from testcases.pytest_runner.raises import Failed
from testcases.signals import BrokenTestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from testcases.pytest_runner.params import Mark

__all__ = ["WarningsChecker", "WarningsRecorder", "deprecated_call", "filtered", "warns"]

_DEPRECATIONS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)
_FIELDS = ("action", "message", "category", "module", "lineno")


class WarningsRecorder(Loud):
    """Records warnings inside a block: also the fixture ``recwarn``."""

    def __init__(self) -> None:
        self._block = warnings.catch_warnings(record=True)
        self.list: list[Any] = []
        """Recorded warnings."""

    def __getitem__(self, index: int) -> Any:
        return self.list[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def pop(self, cls: Any = Warning) -> Any:
        """Remove the first warning of a class, and return it.

        Raises:
            AssertionError: there is none.
        """
        exact = next((one for one in self.list if one.category is cls), None)
        found = exact or next((one for one in self.list if issubclass(one.category, cls)), None)
        if found is None:
            raise AssertionError(f"{cls!r} not found in warning list")
        self.list.remove(found)
        return found

    def clear(self) -> None:
        """Forget all warnings."""
        self.list[:] = []

    def __enter__(self) -> Any:
        self.list = self._block.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, *failure: object) -> None:
        self._block.__exit__(None, None, None)


class WarningsChecker(WarningsRecorder):
    """The block of ``pytest.warns``, in which a warning must come up."""

    def __init__(self, expected: Any = Warning, match: Any = None) -> None:
        super().__init__()
        kinds = expected if isinstance(expected, tuple) else (expected,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Warning)):
                raise TypeError(f"exceptions must be derived from Warning, not {kind!r}")
        self._kinds, self._match = kinds, match

    def matches(self, warning: Any) -> bool:
        """Return whether a warning is the expected one."""
        text = str(warning.message)
        return issubclass(warning.category, self._kinds) and (
            self._match is None or re.search(self._match, text) is not None
        )

    def __exit__(self, *failure: object) -> None:
        super().__exit__(*failure)
        error = failure[1]
        if error is not None:
            return  # which fails the test, and says more than that nothing warned
        if not any(map(self.matches, self.list)):
            found = [str(one.message) for one in self.list]
            raise Failed(f"DID NOT WARN. No warnings of type {self._kinds} matching {self._match!r}: {found}")
        # As in pytest, what was not expected may be for a block around this one.
        for one in self.list:
            if not self.matches(one):
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, source=one.source)


def warns(expected: Any = Warning, *args: Any, match: Any = None, **kwargs: Any) -> Any:
    """Expect a warning: ``pytest.warns``, as a context manager or with a function to call."""
    if not args:
        if kwargs:
            raise TypeError(f"pytest.warns: unexpected keyword arguments: {sorted(kwargs)}")
        return WarningsChecker(expected, match)
    with WarningsChecker(expected):
        return args[0](*args[1:], **kwargs)


def deprecated_call(*args: Any, match: Any = None, **kwargs: Any) -> Any:
    """Expect a warning of a deprecation: ``pytest.deprecated_call``."""
    return warns(_DEPRECATIONS, *args, **kwargs) if args else warns(_DEPRECATIONS, match=match)


@contextlib.contextmanager
def filtered(marks: Sequence[Mark]) -> Iterator[None]:
    """Filter warnings by the marks ``filterwarnings`` of a test, given with the nearest first."""
    texts = [str(text) for mark in marks if mark.name == "filterwarnings" for text in mark.args]
    if not texts:
        yield
        return
    with warnings.catch_warnings():
        for text in reversed(texts):
            warnings.filterwarnings(*_filter(text))
        yield


def _filter(text: str) -> tuple[Any, ...]:
    """Return the arguments of a filter as on Python's command line; message and module are patterns, as in pytest.

    Raises:
        BrokenTestError: there is no such filter.
    """
    parts = [*text.split(":"), "", "", "", ""]
    action, message, category, module, line = (part.strip() for part in parts[: len(_FIELDS)])
    actions = ("default", "always", "ignore", "module", "once", "error")
    chosen = next((one for one in actions if action and one.startswith(action)), None)
    kind = getattr(warnings, "__builtins__", {}).get(category or "Warning")
    if chosen is None or not (isinstance(kind, type) and issubclass(kind, Warning)) or (line and not line.isdecimal()):
        raise BrokenTestError(f"the filter {text!r} of warnings is not offered")
    return chosen, message, kind, module, int(line or 0)
