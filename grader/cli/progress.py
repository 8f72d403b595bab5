"""A progress bar on stderr, if that is a terminal."""

from __future__ import annotations

# Not part of `grader.cli.console`: rich.progress takes about 9 ms to import, and commands without a bar do not need it.
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.cli.console import error_console, print_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ProgressBar", "counter_bar"]


class ProgressBar:
    """Progress bar of a run over a file. A context manager; silent if stderr is not a terminal.

    Args:
        total: length of the run, in any unit; ``None`` if it is unknown.
    """

    def __init__(self, total: int | None) -> None:
        console = error_console()
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("starting", total=total)

    def step(self, text: str, done: int, total: int | None = None) -> None:
        """Update the bar; `total` may be given once it becomes known."""
        self._bar.update(self._task, description=text, completed=done, total=total)

    def note(self, text: str) -> None:
        """Print a line to stderr, above the bar."""
        self._bar.stop()
        print_error(text)
        self._bar.start()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


@contextmanager
def counter_bar(description: str, *, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar of `total` items; yield the function that advances it by one. Silent if stderr is not a terminal."""
    console = error_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)
