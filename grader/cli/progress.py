"""A progress bar on stderr, if that is a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.cli.console import error_console, print_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ProgressBar", "counter_bar"]


class ProgressBar:
    """How far a run has come. A context manager; silent where stderr is no terminal.

    Args:
        total: how far there is to go; ``None`` where that is not known.
    """

    def __init__(self, total: int | None) -> None:
        console = error_console()
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("starting", total=total)

    def step(self, text: str, done: int, total: int | None = None) -> None:
        """Show what was done so far; a `total` that was not known before may be told now."""
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
def counter_bar(what: str, *, total: int) -> Iterator[Callable[[], None]]:
    """A bar for things that can be counted; gives the function that counts one. Silent where stderr is no terminal."""
    console = error_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
