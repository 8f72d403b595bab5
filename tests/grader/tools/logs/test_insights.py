"""Queries to a log, with the responses of a stub of the AWS client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from grader.aws.client import AwsSession
from grader.errors import CloudError, CloudRequestError, NothingThereError
from grader.tools.logs.insights import Query, load_queries, run_query

if TYPE_CHECKING:
    from collections.abc import Iterator

END = datetime(2026, 11, 21, 12, tzinfo=UTC)
START = END - timedelta(hours=1)
QUERY = Query("rewards", "about", "stats avg(reward) by bin(5m)")
ID = "a-query"
MISSING = "ResourceNotFoundException"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> AwsSession:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    return AwsSession(region="us-east-1", attempts=1)


@pytest.fixture
def stub(cloud: AwsSession) -> Iterator[Stubber]:
    with Stubber(cloud.client("logs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def started(stub: Stubber, text: Any = ANY) -> None:
    expected = {
        "logGroupName": "/aws/lambda/f",
        "startTime": 1795258800,
        "endTime": ANY,
        "queryString": text,
        "limit": 10_000,
    }
    stub.add_response("start_query", {"queryId": ID}, expected)


def answered(stub: Stubber, status: str, *rows: dict[str, str]) -> None:
    results = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
    stub.add_response("get_query_results", {"status": status, "results": results}, {"queryId": ID})


def asked(cloud: AwsSession, pauses: list[float] | None = None, *, end: datetime = END) -> list[dict[str, str]]:
    waited = [] if pauses is None else pauses
    return run_query(cloud, QUERY, "/aws/lambda/f", START, end, pause=waited.append)


def test_polling_waits_ever_longer(cloud: AwsSession, stub: Stubber) -> None:
    started(stub, QUERY.text)
    for status in ("Scheduled", *["Running"] * 12):
        answered(stub, status)
    answered(stub, "Complete", {"bin(5m)": "2", "mean": "0.5", "@ptr": "p"}, {"bin(5m)": "1", "mean": "0.25"})
    pauses: list[float] = []
    assert asked(cloud, pauses) == [{"bin(5m)": "1", "mean": "0.25"}, {"bin(5m)": "2", "mean": "0.5"}]
    assert pauses == sorted(pauses)
    assert (len(pauses), pauses[0], pauses[-1]) == (13, 0.25, 5.0)


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout", "Unknown"])
def test_a_failed_query_is_an_error_of_one_line(cloud: AwsSession, stub: Stubber, status: str) -> None:
    started(stub)
    answered(stub, status)
    stub.add_client_error("stop_query", "InvalidParameterException")
    with pytest.raises(CloudError, match=rf"^log group /aws/lambda/f: query rewards: it ended as {status}; try"):
        asked(cloud)


def test_a_query_that_does_not_end_is_stopped(cloud: AwsSession, stub: Stubber) -> None:
    started(stub)
    for _ in range(187):
        answered(stub, "Running")
    stub.add_response("stop_query", {"success": True}, {"queryId": ID})
    with pytest.raises(CloudError, match=r"no answer after 9\d\d s"):
        asked(cloud)


def test_an_interrupted_query_is_stopped(cloud: AwsSession, stub: Stubber) -> None:
    started(stub)
    answered(stub, "Running")
    stub.add_response("stop_query", {"success": True}, {"queryId": ID})

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_query(cloud, QUERY, "/aws/lambda/f", START, END, pause=interrupt)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (MISSING, NothingThereError, "there is none in us-east-1"),
        ("AccessDeniedException", CloudRequestError, "access is denied"),
        ("ExpiredTokenException", CloudRequestError, "have expired"),
        ("MalformedQueryException", CloudRequestError, "AWS refuses"),
        ("LimitExceededException", CloudRequestError, "AWS refuses"),
    ],
)
def test_a_refused_query_is_one_line(cloud: AwsSession, stub: Stubber, code: str, kind: type, message: str) -> None:
    stub.add_client_error("start_query", code, "no")
    with pytest.raises(kind, match=rf"^log group /aws/lambda/f: .*{message}") as raised:
        asked(cloud)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("hours", "width"), [(1, "5m"), (3, "5m"), (4, "1h"), (48, "1h"), (49, "1d"), (9999, "1d")])
def test_the_distance_of_rows_fits_the_time_range(hours: float, width: str) -> None:
    assert QUERY.over(hours * 3600).text == f"stats avg(reward) by bin({width})"


def test_every_query_has_a_description() -> None:
    assert len(load_queries()) == 11
    assert all(one.about and "\n" not in one.about and one.text for one in load_queries().values())
