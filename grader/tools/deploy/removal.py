"""Remove what a deployment created, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import CloudRequestError
from grader.tools.deploy.image import others_images
from grader.tools.deploy.names import ours_among_logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.client import AwsSession
    from grader.tools.deploy.stack import Stack

__all__ = ["Removed", "remove"]


@dataclass(frozen=True, slots=True)
class Removed:
    """Result of a removal."""

    stack: str | None
    """Name of the stack that was deleted; ``None`` if there was none."""
    resources: tuple[str, ...]
    """Logical ids and names of its resources."""
    log_group: str | None
    """Name of the log group that was deleted; ``None`` if there was none, or it was kept."""


def remove(
    cloud: AwsSession, stack: Stack, *, keep_logs: bool, dry: bool, on_step: Callable[[str], None] = lambda _: None
) -> Removed:
    """Delete the stack of a deployment, and the log group that it leaves.

    Args:
        cloud: session of the account.
        stack: the stack.
        keep_logs: True to keep the log group.
        dry: True to return what would be removed, and to remove nothing.
        on_step: called with a line on each step.

    Raises:
        CloudRequestError: the stack is somebody else's, or its repository has images of somebody else.
        CloudError: a resource cannot be deleted, or AWS fails.
    """
    state = stack.read()
    resources: tuple[str, ...] = ()
    if state is not None:
        repository = state.resources.get("Repository")
        # The template lets the repository be deleted with all that is in it.
        if repository is not None and (others := others_images(cloud, stack.name, repository)):
            raise CloudRequestError(
                f"ECR repository {repository}: also has images that grader deploy has not pushed ({', '.join(others)}"
                "...); nothing was removed; move or delete them first"
            )
        resources = tuple(f"{one} {name}" for one, name in state.resources.items() if one != "LogGroup")
    log_group = None if keep_logs else ours_among_logs(stack.name, cloud)
    if not dry:
        if state is not None:
            stack.delete(state)
            on_step(f"{stack.title}: deleted")
        # After the function, which may still write to it.
        if log_group is not None:
            cloud.call("logs", "delete_log_group", f"log group {log_group}", logGroupName=log_group)
            on_step(f"log group {log_group}: deleted")
    return Removed(None if state is None else stack.name, resources, log_group)
