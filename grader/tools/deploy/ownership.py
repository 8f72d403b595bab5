"""Tags that mark the resources of a deployment; resources without them are never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_list", "is_ours", "tags_of"]

_MAKER: Final = {"made-by": "rlvr-code-grader"}
_DEPLOYMENT: Final = "grader-deployment"


def tags_of(name: str) -> dict[str, str]:
    """Return the tags of the resources of a deployment."""
    return {**_MAKER, _DEPLOYMENT: name}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Convert tags to the format of IAM and ECR."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def is_ours(found: dict[str, str] | list[dict[str, str]] | None, name: str) -> bool:
    """Return whether tags, in the format of any service, are those of a deployment."""
    if not isinstance(found, dict):
        found = {tag["Key"]: tag["Value"] for tag in found or ()}
    # A subset is enough: users and AWS itself add tags, for example for cost reports.
    return tags_of(name).items() <= found.items()
