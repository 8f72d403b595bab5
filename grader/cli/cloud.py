"""Options that every command has which speaks to AWS."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["ProfileName", "RegionName"]

ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", show_default=False, help="A profile of the AWS configuration."),
]
RegionName = Annotated[
    str | None,
    typer.Option(
        "--region", metavar="NAME", show_default=False, help="Such as us-east-1; else the profile's, or AWS_REGION."
    ),
]
