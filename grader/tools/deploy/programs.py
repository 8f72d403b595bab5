"""Run a program of this host; its output goes to stderr."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["ended_by_sigterm", "run_program"]

_TERMINATED = 128 + signal.SIGTERM
"""Exit code of a program that SIGTERM has ended, as shells report it."""


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit meanwhile, so that what is to be done at the end is done; CI runners send it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def run_program(
    words: Sequence[str],
    about: str,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> None:
    """Run a program.

    Args:
        words: the command.
        about: text on what is being done, at the beginning of errors.
        folder: current directory; ``None`` is that of this process.
        environment: variables to add to those of this process.
        stdin: its standard input; empty by default, so that a program that asks for something fails at once.

    Raises:
        ToolError: it failed, or cannot be started.
    """
    sys.stderr.flush()
    try:
        ended = subprocess.run(  # noqa: S603 - the engine of this host, or a program of the checkout
            list(words),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            input=stdin,
            # Our own stdout holds nothing but the command's result, which scripts read.
            stdout=sys.stderr.fileno(),
            check=False,
        )
    except OSError as error:
        raise ToolError(f"{about}: `{words[0]}` cannot be started: {error.strerror}") from error
    if ended.returncode:
        raise ToolError(
            f"{about}: `{' '.join(words[:3])}` failed with exit code {ended.returncode}; see its output above"
        )
