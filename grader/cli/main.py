"""The command ``grader``: its subcommands, each imported when it is called, and its exit codes."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Final

import typer
from typer.core import TyperGroup

from grader.cli.console import print_error
from grader.cli.version import version_text
from grader.errors import ConfigError, GraderError, InputError
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from typing import Any

__all__ = ["LazyCommands", "app", "run"]


_COMMANDS: Final = (
    "grade", "explain", "doctor", "demo", "deploy", "undeploy", "logs", "plan", "version", "dataset", "job"
)  # fmt: skip
"""Each is what the module of that name calls so: a function, or a group of commands."""


class LazyCommands(TyperGroup):
    """A group whose commands are found by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order in which they are shown."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; ``None`` where there is none."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        found = getattr(import_module(f"grader.cli.{cmd_name}"), cmd_name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
            alone.command(cmd_name)(found)
            found = alone
        return typer.main.get_command(found)


_USER_MISTAKE = 2
_FAILURE = 1
_BROKEN_PIPE = 141
"""128 + SIGPIPE, as a program in C would end."""

app = typer.Typer(
    name="grader",
    cls=LazyCommands,
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
        code = _BROKEN_PIPE
        _detach_stdout()
    except OSError as error:
        print_error(f"grader: {error.strerror or error}")
        code = _FAILURE
        _detach_stdout()
    sys.exit(code)


def _exit_code() -> int:
    try:
        app(prog_name="grader")
    except (ConfigError, InputError) as error:
        print_error(f"grader: {error}")
        return _USER_MISTAKE
    except (GraderError, SandboxError) as error:
        print_error(f"grader: {error}")
        return _FAILURE
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _detach_stdout() -> None:
    """Keep the interpreter from writing once more to what cannot be written to, and complaining of it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
