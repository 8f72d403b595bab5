"""Run a program of this host; its output goes to stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from grader.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["run_program"]


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
