"""Progress on stderr: a bar if that is a terminal, else a plain line now and then."""

from __future__ import annotations

# Not part of `grader.cli.console`: rich.progress takes about 9 ms to import, and commands without a bar do not need it.
import itertools
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.cli.console import error_console, print_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ProgressBar", "counter_bar"]


_FIRST_LINE_S = 1.0
_MAX_INTERVAL_S = 30.0


class _PlainLines:
    """Prints the state of a run after a second, and then at intervals that double up to half a minute."""

    def __init__(self) -> None:
        self.text = "starting"
        self._done = threading.Event()
        # A thread, because a run may be busy for long before it has anything to report.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        interval_s = _FIRST_LINE_S
        while not self._done.wait(interval_s):
            print_error(f"progress: {self.text}")
            interval_s = min(2 * interval_s, _MAX_INTERVAL_S)


class ProgressBar:
    """Progress of a run over a file. A context manager.

    Args:
        total: length of the run, in any unit; ``None`` if it is unknown.
    """

    def __init__(self, total: int | None) -> None:
        console = error_console()
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("starting", total=total)
        self._lines = None if console.is_terminal else _PlainLines()

    def step(self, text: str, done: int, total: int | None = None) -> None:
        """Update the bar; `total` may be given once it becomes known."""
        self._bar.update(self._task, description=text, completed=done, total=total)
        if self._lines is not None:
            size = total or self._bar.tasks[0].total
            self._lines.text = f"{text} ({min(100, round(100 * done / size))} %)" if size else text

    def note(self, text: str) -> None:
        """Print a line to stderr, above the bar."""
        self._bar.stop()
        print_error(text)
        self._bar.start()

    def __enter__(self) -> Self:
        self._bar.start()
        if self._lines is not None:
            self._lines.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._lines is not None:
            self._lines.stop()
        self._bar.stop()


@contextmanager
def counter_bar(description: str, *, total: int) -> Iterator[Callable[[], None]]:
    """Show the progress of `total` items; yield the function that advances it by one."""
    console = error_console()
    if not console.is_terminal:
        with ProgressBar(total) as lines:
            done = itertools.count(1)
            yield lambda: lines.step(description, next(done))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)
