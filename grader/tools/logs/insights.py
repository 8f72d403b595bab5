"""Query a function's log with CloudWatch Logs Insights."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grader.aws.retry import poll
from grader.errors import CloudError, GraderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from grader.aws.client import AwsSession

__all__ = ["Query", "load_queries", "run_query"]

_FOLDER: Final = Path(__file__).with_name("queries")
# The files have bin(5m) and not a placeholder, so that they can be pasted into the console as they are.
_BIN: Final = re.compile(r"\bbin\(5m\)")
_BINS: Final = ((3 * 3600, "5m"), (2 * 86400, "1h"), (float("inf"), "1d"))
"""Longest time range, in seconds, for each bin width; a row of a result sums up one bin."""
_FIRST_PAUSE_S: Final = 0.25
_PAUSE_GROWTH: Final = 1.5
_MAX_PAUSE_S: Final = 5.0
_TIMEOUT_S: Final = 900.0
_POINTER: Final = "@ptr"
"""Field of each row that points to its log record, for GetLogRecord; not shown."""
_MAX_ROWS: Final = 10_000
"""Maximum number of rows that Logs Insights returns (CloudWatch Logs quotas)."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query in the language of Logs Insights."""

    name: str
    about: str
    """Description of its result, in one line."""
    text: str

    def over(self, seconds: float) -> Query:
        """Return the query with rows whose distance fits the length of a time range."""
        width = next(width for longest, width in _BINS if seconds <= longest)
        return Query(self.name, self.about, _BIN.sub(f"bin({width})", self.text))


def load_queries() -> dict[str, Query]:
    """Return every query of the package, by name."""
    queries = {}
    for path in sorted(_FOLDER.glob("*.txt")):
        first, _, text = path.read_text("utf-8").partition("\n")
        queries[path.stem] = Query(path.stem, first.removeprefix("# "), text)
    return queries


def run_query(
    cloud: AwsSession,
    query: Query,
    group: str,
    start: datetime,
    end: datetime,
    *,
    pause: Callable[[float], None] | None = None,
) -> list[dict[str, str]]:
    """Run a query, and return its rows in their order; rows of time bins in the order of time.

    Args:
        cloud: the account and region of the log.
        query: the query.
        group: name of the log group.
        start: start of the time range.
        end: end of the time range.
        pause: waits for so many seconds; ``None`` is `time.sleep`.

    Raises:
        CloudRequestError: there is no such log group, or no permission to query it.
        CloudError: the query has failed, or takes too long.
    """
    about = f"log group {group}"
    seconds = (end - start).total_seconds()
    started = cloud.call(
        "logs",
        "start_query",
        about,
        logGroupName=group,
        startTime=max(0, int(start.timestamp())),  # the service knows no time before 1970
        endTime=int(end.timestamp()),
        queryString=query.over(seconds).text,
        limit=_MAX_ROWS,
    )
    query_id: str = started["queryId"]
    about = f"{about}: query {query.name}"
    try:
        rows = _wait_for_rows(cloud, query_id, about, pause)
    except BaseException:
        # also at Ctrl-C: CloudWatch Logs charges for what a query scans, and it would go on scanning
        _stop(cloud, query_id)
        raise
    # Logs Insights sorts by a statistic, or not at all; the sort is stable, so rows without bins stay as they are.
    return sorted(rows, key=lambda row: next((value for name, value in row.items() if name.startswith("bin(")), ""))


def _wait_for_rows(
    cloud: AwsSession, query_id: str, about: str, pause: Callable[[float], None] | None
) -> list[dict[str, str]]:
    rows = poll(
        lambda: _rows(cloud, query_id, about),
        wait_s=_FIRST_PAUSE_S,
        timeout_s=_TIMEOUT_S,
        growth=_PAUSE_GROWTH,
        longest_s=_MAX_PAUSE_S,
        pause=pause,
    )
    if rows is None:
        raise CloudError(f"{about}: no answer after {_TIMEOUT_S:.0f} s; try a shorter time")
    return rows


def _rows(cloud: AwsSession, query_id: str, about: str) -> list[dict[str, str]] | None:
    """Return the rows of a query; ``None`` while it runs."""
    response: dict[str, Any] = cloud.call("logs", "get_query_results", about, queryId=query_id)
    status = response.get("status", "Unknown")
    if status == "Complete":
        return [_row(fields) for fields in response.get("results", [])]
    if status in {"Scheduled", "Running"}:
        return None
    raise CloudError(f"{about}: it ended as {status}; try a shorter time")


def _row(fields: list[dict[str, str]]) -> dict[str, str]:
    return {item["field"]: item.get("value", "") for item in fields if item["field"] != _POINTER}


def _stop(cloud: AwsSession, query_id: str) -> None:
    with contextlib.suppress(GraderError):  # one that has ended cannot be stopped
        cloud.call("logs", "stop_query", "a query", queryId=query_id)
