"""Warnings and log records of the answer, which test code is told of as they come up, if it asks for them."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["set_log_levels", "watch_logs", "watch_warnings"]

_SIMPLE = frozenset({str, int, float, bool, type(None)})
_MAX_ARGS = 100


def watch_warnings(tell: Callable[..., Any]) -> None:
    """Have each warning that the answer does not handle itself told: the warning and the line it comes from."""

    def show(message: Any, category: Any, filename: Any, lineno: Any, file: Any = None, line: Any = None) -> None:  # noqa: ARG001 - the signature of `warnings.showwarning`
        tell(message, lineno if type(lineno) is int else 1)

    # Test code decides what is ignored, by the filters of its own process.
    warnings.simplefilter("always")
    warnings.showwarning = show


def watch_logs(tell: Callable[..., Any]) -> None:
    """Have each log record told that gets past the answer's loggers: its plain attributes, and its exception."""
    logging = sys.modules.get("logging")
    if logging is None:  # in a process of the small zygote, whose answers cannot log
        return
    handle = logging.Logger.callHandlers

    def tell_and_handle(self: Any, record: Any) -> None:
        told = sys.exception() if record.exc_info is None else record.exc_info[1]
        tell(_attributes(record), None if record.exc_info is None else told)
        handle(self, record)

    logging.Logger.callHandlers = tell_and_handle


def _attributes(record: Any) -> dict[str, Any]:
    found = {name: value for name, value in vars(record).items() if type(name) is str and type(value) in _SIMPLE}
    args = record.args
    if type(args) is tuple and len(args) <= _MAX_ARGS and all(type(arg) in _SIMPLE for arg in args):
        found["args"] = args
    if type(record.msg) is not str or "args" not in found:
        found |= {"msg": str(record.getMessage()), "args": ()}
    return found


def set_log_levels(levels: dict[str, int]) -> None:
    """Set the levels of loggers by their names; of all loggers together by an empty name."""
    logging = sys.modules.get("logging")
    if logging is None:  # as above
        return
    for name, level in levels.items():
        if name:
            logging.getLogger(name).setLevel(level)
        else:
            logging.disable(level)
