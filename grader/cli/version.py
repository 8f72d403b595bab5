"""``grader version``: the version of the grader and of Python."""

from __future__ import annotations

import platform

import typer

from grader import __version__

__all__ = ["DISTRIBUTION", "version", "version_text"]

DISTRIBUTION = "rlvr-code-grader"


def version_text() -> str:
    """Return one line with the distribution, its version, and the version of Python."""
    return f"{DISTRIBUTION} {__version__}, {platform.python_implementation()} {platform.python_version()}"


def version() -> None:
    """Print the version."""
    typer.echo(version_text())
