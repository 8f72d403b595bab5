"""The training data, looked at before a job is sent: that it is there, and that there is enough of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.cloud import explained
from grader.errors import CloudError, CloudRequestError, InputError, NothingThereError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.cloud import Cloud

__all__ = ["look_at"]

_S3: Final = "s3://"


def look_at(place: str, cloud: Cloud, *, key: str, least: int) -> str | None:
    """Read as many lines as there have to be, and no more.

    Args:
        place: ``s3://bucket/key``; nothing else is looked at, and no prefix (it ends in ``/``).
        cloud: where.
        key: of the file that names it, for errors.
        least: lines that have to be there.

    Returns:
        What to tell the user, where it could not be looked at: these credentials need not be those that will read it.

    Raises:
        InputError: it is not there, or too short.
    """
    bucket, _, name = place.removeprefix(_S3).partition("/")
    if not place.startswith(_S3) or not name or name.endswith("/"):
        return None
    about = f"{key}: {place}"
    try:
        with explained(about, region=cloud.region):
            body = cloud.client("s3").get_object(Bucket=bucket, Key=name)["Body"]
            try:
                lines = _count(body.iter_lines(), least)
            finally:
                body.close()
    except NothingThereError:
        raise InputError(f"{about}: is not there") from None
    except (CloudRequestError, CloudError) as error:
        return f"is not looked at before: {error}"
    if lines < least:
        raise InputError(f"{about}: has {lines} lines, and at least {least} are wanted")
    return None


def _count(lines: Iterable[bytes], enough: int) -> int:
    """How many lines are not blank, up to so many."""
    found = 0
    for line in lines:
        found += bool(line.strip())
        if found == enough:
            break
    return found
