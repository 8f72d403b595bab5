"""Check that the training data and the function of a job exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.aws.errors import translated_errors
from grader.aws.lambda_function import FunctionName
from grader.errors import CloudError, CloudRequestError, InputError, NothingThereError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.aws.client import AwsSession

__all__ = ["check_data", "function_region", "resolve_function"]


_S3: Final = "s3://"


def check_data(place: str, cloud: AwsSession, *, key: str, least: int) -> str | None:
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
        with translated_errors(about, region=cloud.region):
            body = cloud.client("s3").get_object(Bucket=bucket, Key=name)["Body"]
            try:
                lines = _count_lines(body.iter_lines(), least)
            finally:
                body.close()
    except NothingThereError:
        raise InputError(f"{about}: is not there") from None
    except (CloudRequestError, CloudError) as error:
        return f"is not looked at before: {error}"
    if lines < least:
        raise InputError(f"{about}: has {lines} lines, and at least {least} are wanted")
    return None


def _count_lines(lines: Iterable[bytes], enough: int) -> int:
    """How many lines are not blank, up to so many."""
    found = 0
    for line in lines:
        found += bool(line.strip())
        if found == enough:
            break
    return found


def function_region(function: str | None, region: str | None) -> str | None:
    """The region that is meant: the one that is given, else the one of the function's ARN.

    Raises:
        CloudRequestError: they are two.
    """
    if function is None:
        return region
    name = FunctionName.parse(function)
    if region is not None and name.region not in {None, region}:
        raise CloudRequestError(
            f"function {name}: is in {name.region}, and the job would be in {region}; deploy it there, or change "
            "--region"
        )
    return region or name.region


def resolve_function(function: str, cloud: AwsSession, *, must_exist: bool) -> FunctionName:
    """The function by its whole name.

    Args:
        function: a name, a name with an alias, or an ARN.
        cloud: where; is not asked about an ARN that may be of nothing.
        must_exist: whether it has to be there, with its alias.

    Raises:
        NothingThereError: there is no such function, or it has no such alias.
        CloudRequestError, CloudError: it cannot be asked for.
    """
    name = FunctionName.parse(function)
    if name.region is None:
        name = FunctionName(name.name, name.qualifier, cloud.region, cloud.account, cloud.partition)
        must_exist = True
    elif name.region != cloud.region:
        raise CloudRequestError(
            f"function {name}: is in {name.region}, and the job would be in {cloud.region}; see --region"
        )
    if must_exist:
        _require_function(name, cloud)
    return name


def _require_function(name: FunctionName, cloud: AwsSession) -> None:
    qualifier = {} if name.qualifier is None else {"Qualifier": name.qualifier}
    if cloud.find("lambda", "get_function", f"function {name}", FunctionName=name.name, **qualifier) is not None:
        return
    if qualifier and cloud.find("lambda", "get_function", f"function {name}", FunctionName=name.name) is not None:
        raise NothingThereError(
            f"function {name.name}: has no alias or version {name.qualifier} in {cloud.region}; `grader deploy --name "
            f"{name.name} --alias {name.qualifier}` makes it, or name another"
        )
    raise NothingThereError(
        f"function {name.name}: there is none in {cloud.region}; `grader deploy --name {name.name}` makes it, and "
        "--region names another region"
    )
