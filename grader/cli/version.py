"""``grader version``: which grader this is."""

from __future__ import annotations

import platform
from importlib import metadata

import typer

__all__ = ["DISTRIBUTION", "version"]

DISTRIBUTION = "rlvr-code-grader"


def version() -> None:
    """Print the version."""
    try:
        number = metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        number = "(not installed)"
    typer.echo(f"{DISTRIBUTION} {number}, {platform.python_implementation()} {platform.python_version()}")
