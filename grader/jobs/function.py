"""The function that a job calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.cloud import FunctionName
from grader.errors import CloudRequestError, NothingThereError

if TYPE_CHECKING:
    from grader.cloud import Cloud

__all__ = ["find_function", "region_of"]


def region_of(function: str | None, region: str | None) -> str | None:
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


def find_function(function: str, cloud: Cloud, *, must_exist: bool) -> FunctionName:
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
        _see_to_it(name, cloud)
    return name


def _see_to_it(name: FunctionName, cloud: Cloud) -> None:
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
