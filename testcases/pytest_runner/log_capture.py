"""The fixture ``caplog``: log records of test code and solution."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.loud import Loud

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LogCapture"]

_FORMAT = "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s"


class _Handler(logging.Handler):
    """Keeps records and their text."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(_FORMAT))
        self.records: list[logging.LogRecord] = []
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)
        self.lines.append(self.format(record) + "\n")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's name
        """Raise what failed, as pytest does."""
        raise  # noqa: PLE0704 - called where an exception is handled


class LogCapture(Loud):
    """``caplog``: what the loggers of the test's process have handled since the test began."""

    def __init__(self) -> None:
        self.handler = _Handler()
        self._levels: dict[str | None, int] = {}
        self._disabled: int | None = None
        logging.getLogger().addHandler(self.handler)

    def close(self) -> None:
        """Take the handler away, and put levels back."""
        logging.getLogger().removeHandler(self.handler)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        if self._disabled is not None:
            logging.disable(self._disabled)

    @property
    def records(self) -> list[logging.LogRecord]:
        """Records."""
        return self.handler.records

    @property
    def text(self) -> str:
        """Records as text."""
        return "".join(self.handler.lines)

    @property
    def messages(self) -> list[str]:
        """Texts of the records alone."""
        return [record.getMessage() for record in self.records]

    @property
    def record_tuples(self) -> list[tuple[str, int, str]]:
        """Logger, level and text of each record."""
        return [(record.name, record.levelno, record.getMessage()) for record in self.records]

    def get_records(self, when: str) -> list[logging.LogRecord]:
        """Return the records of a phase, of which only the call is told apart."""
        return self.records if when == "call" else []

    def clear(self) -> None:
        """Forget all records."""
        self.handler.records.clear()
        self.handler.lines.clear()

    def set_level(self, level: int | str, logger: str | None = None) -> None:
        """Set the level of a logger until the test ends."""
        target = logging.getLogger(logger)
        self._levels.setdefault(logger, target.level)
        target.setLevel(level)
        self.handler.setLevel(level)
        if logging.root.manager.disable >= target.level:
            self._disabled = logging.root.manager.disable if self._disabled is None else self._disabled
            logging.disable(logging.NOTSET)

    @contextlib.contextmanager
    def at_level(self, level: int | str, logger: str | None = None) -> Iterator[None]:
        """Set the level of a logger inside a block."""
        target = logging.getLogger(logger)
        before = target.level, self.handler.level, logging.root.manager.disable
        target.setLevel(level)
        self.handler.setLevel(level)
        if before[2] >= target.level:
            logging.disable(logging.NOTSET)
        try:
            yield
        finally:
            target.setLevel(before[0])
            self.handler.setLevel(before[1])
            logging.disable(before[2])

    @contextlib.contextmanager
    def filtering(self, filter_: Any) -> Iterator[None]:
        """Filter the records inside a block."""
        self.handler.addFilter(filter_)
        try:
            yield
        finally:
            self.handler.removeFilter(filter_)
