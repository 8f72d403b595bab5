"""What a dry run shows without an account: the parameters, and the resources that the template creates with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.tools.deploy.image import check_image
from grader.tools.deploy.options import architecture_here, check_together
from grader.tools.deploy.stack import Change

if TYPE_CHECKING:
    from grader.errors import CloudRequestError
    from grader.tools.deploy.options import Options

__all__ = ["has_no_account", "offline_plan"]

_NO_ACCOUNT: Final = frozenset({"NoCredentialsError", "NoRegionError"})


def has_no_account(error: CloudRequestError) -> bool:
    """Return whether a call failed because there are no credentials, or no region."""
    return error.code in _NO_ACCOUNT or "no region is set" in str(error)


def offline_plan(options: Options, image: str | None) -> tuple[dict[str, str], tuple[Change, ...]]:
    """Return the parameters of a first deployment, and the resources that it would create.

    Args:
        options: options of the user.
        image: URI of an image, if one was given.

    Raises:
        ConfigError: options contradict each other.
    """
    template = options.template
    values = template.defaults() | {"Architecture": architecture_here()} | options.parameters()
    values |= {"FunctionName": options.name, "ImageUri": image or "<the image>"}
    if image is None:
        values["RepositoryName"] = options.name.lower()
    else:
        check_image(image, None)
    check_together(template, values)
    changes = (Change("Add", one.name, one.kind, replacement=False) for one in template.standing(values))
    return values, tuple(changes)
