"""``grader logs``: queries of the log of a deployed grader."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Group
from rich.text import Text

from grader.aws.client import AwsSession
from grader.aws.lambda_function import FunctionName
from grader.cli.console import print_json, show
from grader.cli.options import (  # noqa: TC001  # typer reads annotations as it runs
    JsonFlag,  # as above
    ProfileName,
    RegionName,
)
from grader.errors import InputError
from grader.text import one_line
from grader.tools.deploy.options import DEFAULT_NAME
from grader.tools.logs.insights import load_queries, run_query
from grader.tools.report.tables import new_table, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from grader.tools.logs.insights import Query

__all__ = ["logs"]

_DEFAULT_QUERIES: Final = ("rewards", "verdicts", "unscored")
"""Queries that run without --query."""
_SPAN_PATTERN: Final = re.compile(r"([1-9]\d{0,3})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DIGITS: Final = 3

FunctionOption = Annotated[str, typer.Option("--function", metavar="NAME", help="Name or ARN of the Lambda function.")]
Since = Annotated[
    str, typer.Option("--since", metavar="SPAN", help="How far back to search: a number and m, h, d or w, such as 30m.")
]
QueryNames = Annotated[
    list[str] | None,
    typer.Option(
        "--query",
        metavar="NAME",
        show_default=False,
        help=f"Query to run; can be given several times; see --list. [default: {', '.join(_DEFAULT_QUERIES)}]",
    ),
]
LogGroup = Annotated[
    str | None,
    typer.Option(
        "--log-group", metavar="NAME", show_default=False, help="Log group to search. [default: /aws/lambda/FUNCTION]"
    ),
]
ListFlag = Annotated[bool, typer.Option("--list", help="List the queries and exit.")]


def logs(
    function: FunctionOption = DEFAULT_NAME,
    since: Since = "1h",
    query: QueryNames = None,
    log_group: LogGroup = None,
    region: RegionName = None,
    profile: ProfileName = None,
    list_queries: ListFlag = False,  # noqa: FBT002 - how typer declares a flag
    as_json: JsonFlag = False,  # noqa: FBT002 - how typer declares a flag
) -> None:
    """Query the log of a deployed grader.

    Runs queries of CloudWatch Logs Insights, for which AWS charges. Exit code: 0 if the queries ran; 1 if AWS failed; 2
    for wrong usage, or if the log group cannot be queried.
    """
    known = load_queries()
    if list_queries:
        _print_queries(list(known.values()), as_json=as_json)
        return
    queries = [_find_query(name, known) for name in query or _DEFAULT_QUERIES]
    # One moment for all queries, so that their results belong to the same samples.
    end = datetime.now(UTC)
    start = end - _parse_span(since)
    named = FunctionName.parse(function)
    group = log_group or f"/aws/lambda/{named.name}"
    cloud = AwsSession(profile=profile, region=region or named.region)
    answers = {one.name: run_query(cloud, one, group, start, end) for one in queries}
    if as_json:
        print_json({"log_group": group, "start": start.isoformat(), "end": end.isoformat(), "answers": answers})
        return
    parts: list[RenderableType] = []
    for one in queries:
        parts += [_table(one, answers[one.name]), Text()]
    show(Group(*parts))


def _print_queries(every: Sequence[Query], *, as_json: bool) -> None:
    if as_json:
        print_json({one.name: {"about": one.about, "query": one.text} for one in every})
        return
    table = new_table("Queries", "name", "description")
    for one in every:
        table.add_row(one.name, one.about)
    show(table)


def _find_query(name: str, known: dict[str, Query]) -> Query:
    if name not in known:
        raise InputError(f"--query {one_line(name)!r}: unknown query; known queries: {', '.join(known)}")
    return known[name]


def _parse_span(text: str) -> timedelta:
    match = _SPAN_PATTERN.fullmatch(text)
    if match is None:
        raise InputError(f"--since {one_line(text)!r}: expected a number and m, h, d or w, such as 30m or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _table(query: Query, rows: Sequence[dict[str, str]]) -> Table | Text:
    if not rows:
        return Text(f"{query.about}: no results in that time.")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = new_table(query.about, *(one_line(name) for name in columns))
    for column, name in zip(table.columns, columns, strict=True):
        if all(_number(row[name]) is not None for row in rows if row.get(name)):
            column.justify, column.no_wrap = "right", True
    for row in rows:
        table.add_row(*(plain(_format_value(row.get(name, ""))) for name in columns))
    return table


def _format_value(value: str) -> str:
    number = _number(value)
    if number is None or not math.isfinite(number):
        return one_line(value)
    return f"{number:.0f}" if number.is_integer() else f"{number:.{_DIGITS}f}".rstrip("0")


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
