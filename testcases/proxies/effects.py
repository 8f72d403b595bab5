"""Warnings and log records of the solution in test code, and ``sys.path``: as if it shared the process.

What test code does with them is the library's own: filters, `warnings.catch_warnings`, handlers, levels. So
``pytest.warns``, ``assertWarns``, ``assertLogs`` and handlers of the test need nothing else.
"""

from __future__ import annotations

import contextlib
import logging
import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import OP
from testcases.proxies.import_path import ImportPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testcases.solution_client import SolutionClient

__all__ = ["Effects", "effects_named_in", "pytest_filters"]

_WORDS: Final = {
    "warnings": re.compile(r"\b(warnings|pytest\.warns|warns|recwarn|assertWarns\w*|deprecated_call|filterwarnings)\b"),
    "path": re.compile(r"\bsys\.path\b|\bfrom sys import .*\bpath\b"),
    "logs": re.compile(r"\b(logging|caplog|assertLogs|assertNoLogs)\b"),
}
_FILE: Final = "solution.py"
# Bound here, because test code may patch them.
_Logger, _LogRecord = logging.Logger, logging.LogRecord
_warn = warnings.warn_explicit
_MAX_UNHANDLED: Final = 1000
_unhandled: Final[list[list[Any]]] = []
"""The list of warnings that no test has asked for."""
_MODULE: Final = "exam"
"""Name of the module of test code (`testcases.signals.TEST_MODULES`), whose functions the solution may call."""


def effects_named_in(source: str) -> frozenset[str]:
    """Return which effects a suite may look at, by its words alone."""
    return frozenset(name for name, words in _WORDS.items() if words.search(source))


@contextlib.contextmanager
def pytest_filters() -> Iterator[None]:
    """Filter warnings as pytest does, and show none: it prints them after the tests."""
    with warnings.catch_warnings(record=True) as unhandled:
        _unhandled[:] = [unhandled]
        warnings.filterwarnings("always", category=DeprecationWarning)
        warnings.filterwarnings("always", category=PendingDeprecationWarning)
        yield


class Effects:
    """The effects of one solution that test code is told of.

    Args:
        wanted: those that the suite may look at.
    """

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._generation = 0
        self._registry: dict[Any, Any] = {}
        self._path = ImportPath() if "path" in wanted else None
        self._first_levels = self._sent_levels = _levels() if "logs" in wanted else {}

    def send(self, client: SolutionClient) -> None:
        """Prepare a new process, and send the levels that test code has set since the last request."""
        if not self._wanted:
            return
        if client.generation != self._generation:
            self._generation = client.generation
            self._sent_levels = self._first_levels
            if self._path is not None:
                self._path.forget()
            if "warnings" in self._wanted:
                client.ask(OP, "watch_warnings", [_of_test(self._on_warning)])
            if "logs" in self._wanted:
                client.ask(OP, "watch_logs", [_of_test(self._on_log)])
        if self._path is not None:
            self._path.send(client)
        if "logs" in self._wanted and (levels := _levels()) != self._sent_levels:
            changed = {name: level for name, level in levels.items() if self._sent_levels.get(name, 0) != level}
            self._sent_levels = levels
            client.ask(OP, "set_log_levels", [changed])

    def receive(self, client: SolutionClient) -> None:
        """Take over what the solution has changed, after a request."""
        if self._path is not None:
            self._path.receive(client)

    def _on_warning(self, message: Any, line: Any) -> None:
        for unhandled in _unhandled:
            if len(unhandled) > _MAX_UNHANDLED:
                unhandled.clear()
        if not isinstance(message, Warning):
            message = UserWarning(str(message))
        # A filter of the test may turn it into an exception, which the solution then gets.
        _warn(message, type(message), _FILE, line if type(line) is int else 1, "solution", self._registry)

    @staticmethod
    def _on_log(fields: Any, error: Any) -> None:
        name = fields.get("name") if type(fields) is dict else None
        if type(name) is not str or type(fields.get("levelno")) is not int:
            raise TypeError("not a log record")
        # Not by its constructor, which asks for the time: test code may have put a mock in its place.
        record = _LogRecord.__new__(_LogRecord)
        record.__dict__.update({"exc_info": None, "exc_text": None, "stack_info": None, "msg": "", "args": ()})
        record.__dict__.update({key: value for key, value in fields.items() if type(key) is str})
        if isinstance(error, BaseException):
            record.exc_info = type(error), error, None
        logger = _Logger.manager.getLogger(name) if name != "root" else _Logger.root
        if logger.hasHandlers():
            logger.callHandlers(record)


def _of_test(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that the solution may call."""

    def tell(*args: Any) -> None:
        function(*args)

    tell.__module__ = _MODULE
    return tell


def _levels() -> dict[str, int]:
    """Return the levels of all loggers by name, and by an empty name that below which all are silent."""
    loggers = {name: one.level for name, one in list(_Logger.manager.loggerDict.items()) if isinstance(one, _Logger)}
    return {"": int(_Logger.manager.disable), **loggers, "root": _Logger.root.level}
