"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.config.settings import GraderConfig
from grader.tools.files.rows import STDIN

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ConfigFile", "JsonFlag", "ProfileName", "RegionName", "SamplesFile", "load_config", "parent_folder"]


ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", show_default=False, help="Profile of the AWS configuration."),
]
RegionName = Annotated[
    str | None,
    typer.Option(
        "--region", metavar="NAME", show_default=False, help="AWS region. [default: AWS_REGION, or the profile's]"
    ),
]


SamplesFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", show_default=False, help="Samples as JSON lines, may be gzipped; - reads standard input."
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", show_default=False, help="Settings as TOML; see docs/configuration.md."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def load_config(path: str | None, settings: Mapping[str, str] | None = None) -> GraderConfig:
    """Load the configuration from the file of ``--config`` and the environment.

    Args:
        path: the file; ``None``: the option was not given.
        settings: variables that replace those of the environment.

    Raises:
        ConfigError: the file cannot be read, or a setting is invalid.
    """
    return GraderConfig.load(Path(path) if path is not None else None, {**os.environ, **(settings or {})})


def parent_folder(file: str) -> Path | None:
    """Return the folder that file references in rows are relative to, or ``None`` for standard input."""
    return None if file == STDIN else Path(file).parent
