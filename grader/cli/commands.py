"""The commands that there are, each loaded when it is asked for: most of them need much that the others do not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Commands"]

_NAMES: Final = (
    "grade", "explain", "doctor", "demo", "deploy", "undeploy", "logs", "plan", "version", "dataset", "job"
)  # fmt: skip
"""Each is what the module of that name calls so: a function, or a group of commands."""


class Commands(TyperGroup):
    """A group whose commands are found by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order in which they are shown."""
        del ctx
        return list(_NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; ``None`` where there is none."""
        del ctx
        if cmd_name not in _NAMES:
            return None
        found = getattr(import_module(f"grader.cli.{cmd_name}"), cmd_name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
            alone.command(cmd_name)(found)
            found = alone
        return typer.main.get_command(found)
