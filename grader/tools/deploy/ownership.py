"""Which resources are of a deployment's making: they carry its tags, and nothing else is ever removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_list", "is_ours", "tags_of"]

_MAKER: Final = {"made-by": "rlvr-code-grader"}
_DEPLOYMENT: Final = "grader-deployment"


def tags_of(name: str) -> dict[str, str]:
    """The tags of what belongs to the deployment of this name."""
    return {**_MAKER, _DEPLOYMENT: name}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as IAM and ECR want them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def is_ours(found: dict[str, str] | list[dict[str, str]] | None, name: str) -> bool:
    """Whether tags, as a service tells them, are those of the deployment of this name."""
    if not isinstance(found, dict):
        found = {tag["Key"]: tag["Value"] for tag in found or ()}
    return tags_of(name).items() <= found.items()
