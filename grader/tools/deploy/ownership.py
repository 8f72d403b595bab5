"""Tags of a stack by which the resources of a deployment are known; what lacks them is never changed or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_dict", "as_list", "is_ours", "tags_of"]

_MAKER: Final = {"made-by": "rlvr-code-grader"}
_DEPLOYMENT: Final = "grader-deployment"


# CloudFormation puts the tags of a stack on its resources, too (CloudFormation User Guide, "Resource tags").
def tags_of(name: str) -> dict[str, str]:
    """Return the tags of the stack of a deployment."""
    return {**_MAKER, _DEPLOYMENT: name}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Convert tags to the format of CloudFormation."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    """Convert tags from the format of CloudFormation."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def is_ours(found: Mapping[str, str], name: str) -> bool:
    """Return whether tags are those of a deployment."""
    # A subset is enough: users and AWS itself add tags, for example for cost reports.
    return tags_of(name).items() <= found.items()
