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


def check_data(uri: str, cloud: AwsSession, *, key: str, min_lines: int) -> str | None:
    """Check that a data file in S3 exists and is long enough; reads no more lines than that takes.

    Args:
        uri: ``s3://bucket/key``; other URIs, and prefixes (they end in ``/``), are not checked.
        cloud: session to read with.
        key: key of the job's file that names the data, for errors.
        min_lines: minimum number of lines that are not blank.

    Returns:
        A note for the user if the file could not be read. That is not an error: the job reads it with a role of its
        own, not with these credentials.

    Raises:
        InputError: the file does not exist, or is too short.
    """
    bucket, _, name = uri.removeprefix(_S3).partition("/")
    if not uri.startswith(_S3) or not name or name.endswith("/"):
        return None
    about = f"{key}: {uri}"
    try:
        with translated_errors(about, region=cloud.region):
            body = cloud.client("s3").get_object(Bucket=bucket, Key=name)["Body"]
            try:
                lines = _count_lines(body.iter_lines(), min_lines)
            finally:
                # Drops the connection, so that the rest of a large file is not downloaded.
                body.close()
    except NothingThereError:
        raise InputError(f"{about}: does not exist") from None
    except (CloudRequestError, CloudError) as error:
        return f"not checked: {error}"
    if lines < min_lines:
        raise InputError(f"{about}: has {lines} lines; at least {min_lines} are required")
    return None


def _count_lines(lines: Iterable[bytes], maximum: int) -> int:
    """Count lines that are not blank, up to a maximum."""
    count = 0
    for line in lines:
        count += bool(line.strip())
        if count == maximum:
            break
    return count


def function_region(function: str | None, region: str | None) -> str | None:
    """Return the region of a job: the given one, else that of the function's ARN.

    Raises:
        CloudRequestError: the two differ.
    """
    if function is None:
        return region
    name = FunctionName.parse(function)
    if region is not None and name.region not in {None, region}:
        raise CloudRequestError(
            f"function {name}: is in {name.region}, but the job would be in {region}; deploy it there, or change "
            "--region"
        )
    return region or name.region


def resolve_function(function: str, cloud: AwsSession, *, must_exist: bool) -> FunctionName:
    """Complete the name of a function to one with region and account.

    Args:
        function: NAME, NAME:ALIAS, or an ARN.
        cloud: session to look it up with; not used for an ARN unless `must_exist` is true.
        must_exist: True to check that the function and its alias exist.

    Raises:
        NothingThereError: there is no such function, or it has no such alias.
        CloudRequestError, CloudError: the look-up failed.
    """
    name = FunctionName.parse(function)
    if name.region is None:
        name = FunctionName(name.name, name.qualifier, cloud.region, cloud.account, cloud.partition)
        # Region and account are now assumed. If they are wrong, that must show here and not in a failed job.
        must_exist = True
    elif name.region != cloud.region:
        raise CloudRequestError(
            f"function {name}: is in {name.region}, but the job would be in {cloud.region}; see --region"
        )
    if must_exist:
        _require_function(name, cloud)
    return name


def _require_function(name: FunctionName, cloud: AwsSession) -> None:
    qualifier = {} if name.qualifier is None else {"Qualifier": name.qualifier}
    if cloud.find("lambda", "get_function", f"function {name}", FunctionName=name.name, **qualifier) is not None:
        return
    # AWS reports a missing alias like a missing function; look again without it to name the one that is missing.
    if qualifier and cloud.find("lambda", "get_function", f"function {name}", FunctionName=name.name) is not None:
        raise NothingThereError(
            f"function {name.name}: has no alias or version {name.qualifier} in {cloud.region}; `grader deploy --name "
            f"{name.name} --alias {name.qualifier}` creates it"
        )
    raise NothingThereError(
        f"function {name.name}: does not exist in {cloud.region}; `grader deploy --name {name.name}` creates it, and "
        "--region selects another region"
    )
