"""Query a function's log with CloudWatch Logs Insights."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grader.errors import CloudError, GraderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from grader.aws.client import AwsSession

__all__ = ["Query", "load_queries", "run_query"]

_FOLDER: Final = Path(__file__).with_name("queries")
_BIN: Final = re.compile(r"\bbin\(5m\)")
_BINS: Final = ((3 * 3600, "5m"), (2 * 86400, "1h"), (float("inf"), "1d"))
"""Up to how many seconds rows are so far apart."""
_FIRST_PAUSE_S: Final = 0.25
_MAX_PAUSE_S: Final = 5.0
_TIMEOUT_S: Final = 900.0
_POINTER: Final = "@ptr"
"""Of each row, for another call; nobody reads it."""
_MAX_ROWS: Final = 10_000
"""What Logs Insights gives at most (CloudWatch Logs quotas)."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question."""

    name: str
    about: str
    """What it tells, in one line."""
    text: str
    """In the query language of Logs Insights."""

    def over(self, seconds: float) -> Query:
        """The same with rows that are as far apart as fits a span of time."""
        width = next(width for most, width in _BINS if seconds <= most)
        return Query(self.name, self.about, _BIN.sub(f"bin({width})", self.text))


def load_queries() -> dict[str, Query]:
    """Every question there is, by name."""
    found = {}
    for path in sorted(_FOLDER.glob("*.txt")):
        first, _, text = path.read_text("utf-8").partition("\n")
        found[path.stem] = Query(path.stem, first.removeprefix("# "), text)
    return found


def run_query(
    cloud: AwsSession,
    query: Query,
    group: str,
    start: datetime,
    end: datetime,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> list[dict[str, str]]:
    """The rows that answer a question, in their order; those of time in the order of time.

    Args:
        cloud: where the log is.
        query: the question.
        group: name of the log group.
        start: of the time that is asked about.
        end: of it.
        pause: waits so many seconds.

    Raises:
        CloudRequestError: there is no such log group, or it may not be asked.
        CloudError: it could not be answered.
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
    try:
        rows = _rows(cloud, started["queryId"], f"{about}: query {query.name}", pause)
    except BaseException:
        _stop(cloud, started["queryId"])
        raise
    return sorted(rows, key=lambda row: next((value for name, value in row.items() if name.startswith("bin(")), ""))


def _rows(cloud: AwsSession, query_id: str, about: str, pause: Callable[[float], None]) -> list[dict[str, str]]:
    waited, wait_s = 0.0, _FIRST_PAUSE_S
    while True:
        answer: dict[str, Any] = cloud.call("logs", "get_query_results", about, queryId=query_id)
        status = answer.get("status", "Unknown")
        if status == "Complete":
            return [_row(fields) for fields in answer.get("results", [])]
        if status not in {"Scheduled", "Running"}:
            raise CloudError(f"{about}: it ended as {status}; try a shorter time")
        if waited >= _TIMEOUT_S:
            raise CloudError(f"{about}: no answer after {waited:.0f} s; try a shorter time")
        pause(wait_s)
        waited, wait_s = waited + wait_s, min(_MAX_PAUSE_S, wait_s * 1.5)


def _row(fields: list[dict[str, str]]) -> dict[str, str]:
    return {one["field"]: one.get("value", "") for one in fields if one["field"] != _POINTER}


def _stop(cloud: AwsSession, query_id: str) -> None:
    """Have a query that nobody waits for any more cost nothing more; one that has ended cannot be stopped."""
    with contextlib.suppress(GraderError):
        cloud.call("logs", "stop_query", "a query", queryId=query_id)
