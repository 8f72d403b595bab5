"""The command ``grader``: which commands there are, and how it ends."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from grader.cli.commands import Commands
from grader.cli.console import complain
from grader.cli.version import version_text
from grader.errors import ConfigError, GraderError, InputError
from sandbox.errors import SandboxError

__all__ = ["app", "run"]

_USER_MISTAKE = 2
_OUR_FAULT = 1
_READER_GONE = 141
"""128 + SIGPIPE, as a program in C would end."""

app = typer.Typer(
    name="grader",
    cls=Commands,
    help="Grade code that models wrote: a reward, and what it is made of, for each sample.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes an option's value by place
    if wanted:
        typer.echo(version_text())
        raise typer.Exit


@app.callback()
def _grader(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Hold the options that come before a command."""
    del version


def run() -> None:
    """Run the command line and exit: 0 done, 1 the grader's fault, 2 the user's mistake, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _exit_code()
        sys.stdout.flush()
    except BrokenPipeError:
        code = _READER_GONE
        _let_go_of_stdout()
    except OSError as error:
        complain(f"grader: {error.strerror or error}")
        code = _OUR_FAULT
        _let_go_of_stdout()
    sys.exit(code)


def _exit_code() -> int:
    try:
        app(prog_name="grader")
    except (ConfigError, InputError) as error:
        complain(f"grader: {error}")
        return _USER_MISTAKE
    except (GraderError, SandboxError) as error:
        complain(f"grader: {error}")
        return _OUR_FAULT
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _let_go_of_stdout() -> None:
    """Keep the interpreter from writing once more to what cannot be written to, and complaining of it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
