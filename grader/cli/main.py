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
    "grade", "explain", "report", "reweigh",
    "doctor", "demo", "serve", "deploy", "undeploy", "logs", "plan", "version", "dataset", "job"
)  # fmt: skip
"""Names of modules beside this one; each module has a function or a `typer.Typer` of the same name."""


class LazyCommands(TyperGroup):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, in the order in which help lists them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name, or ``None`` if there is none."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        # Loading all commands would import the AWS client's helpers, the sandbox and the data set readers, which takes
        # several times as long as `grader version` itself.
        command = getattr(import_module(f"grader.cli.{cmd_name}"), cmd_name)
        if not isinstance(command, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
            alone.command(cmd_name)(command)
            command = alone
        return typer.main.get_command(command)


_USER_MISTAKE = 2
_FAILURE = 1
_BROKEN_PIPE = 141
"""128 + SIGPIPE: the exit status that a shell reports for a program killed by SIGPIPE."""

app = typer.Typer(
    name="grader",
    cls=LazyCommands,
    help="Grade code written by language models: a reward and its parts for each sample.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(requested: bool) -> None:  # noqa: FBT001 - typer passes an option's value by position
    if requested:
        typer.echo(version_text())
        raise typer.Exit


@app.callback()
def _grader(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Declare the options that come before a command."""
    del version


def run() -> None:
    """Run the command line and exit: 0 success, 1 failure of the grader, 2 user error, 130 interrupted."""
    # File names may hold bytes that the terminal's encoding lacks; printing one must not end in a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _exit_code()
        # Flush here, so that a closed pipe or a full disk is handled below and not at the exit of the interpreter.
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
    """Redirect stdout to /dev/null."""
    # At exit the interpreter flushes stdout once more. On a closed pipe that would print "Exception ignored ..."
    # and set the exit code to 120.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
