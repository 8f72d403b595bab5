"""The store and the real client against a server of S3 in a process of its own."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING

import boto3
import pytest

from grader.aws.retry import RetryPolicy
from grader.config.settings import StoreConfig
from grader.references.locate import StoreError, parse_address
from grader.references.s3 import _RETRIES, S3Reader
from grader.references.store import ReferenceStore
from tests.grader.references.asking import complaint_of, fetched, reference_at

if TYPE_CHECKING:
    from tests.s3.bucket import Bucket

NATIVE = {"tests": [{"args": [1], "expected": "é"}], "entry_point": "f"}
OTHER = {"tests": [{"args": [2], "expected": 2}], "entry_point": "f"}
MB = 1 << 20
SLOW_DOWN = [503, "SlowDown"]


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.references.s3._RETRIES", RetryPolicy(6, 0.002, 5.0))


def store_with(**settings: float) -> ReferenceStore:
    return ReferenceStore(StoreConfig(**settings))  # type: ignore[arg-type]  # some of the fields


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestObjects:
    def test_an_object_a_gzipped_one_and_a_line_of_one(self, bucket: Bucket) -> None:
        rows = [{"task_id": name, **NATIVE, "entry_point": name} for name in ("a", "b", "c")]
        store = store_with()
        assert reference_at(store, bucket.put("plain.json", NATIVE)) == NATIVE
        assert reference_at(store, bucket.put("é ü/a+b?.json", NATIVE)) == NATIVE
        assert reference_at(store, bucket.put("x.json.gz", gzip.compress(json.dumps(NATIVE).encode()))) == NATIVE
        uri = bucket.put_lines("rows.jsonl", rows)
        assert reference_at(store, {"s3_uri": uri, "task_id": "b"})["entry_point"] == "b"
        lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        uri = bucket.put("rows.jsonl.gz", gzip.compress(lines))
        assert reference_at(store, {"s3_uri": uri, "task_id": "c"})["entry_point"] == "c"

    def test_several_are_fetched_side_by_side_each_once(self, bucket: Bucket) -> None:
        uris = [bucket.put(f"{number}.json", NATIVE) for number in range(6)]
        bucket.server.fail(*[0.5] * 6)
        addresses = [address for uri in uris * 3 if (address := parse_address(uri))]
        started = time.monotonic()
        with store_with(threads=6).fetch(addresses, deadline=started + 30) as fetching:
            arrived = fetching.wait()
        assert {str(place) for place in arrived} == set(uris)
        assert len(bucket.server.requests) == 6

    def test_a_fresh_copy_is_not_requested_again_and_an_old_one_by_its_etag(self, bucket: Bucket) -> None:
        clock = Clock()
        store = ReferenceStore(StoreConfig(revalidate_s=60.0), clock=clock)
        uri = bucket.put("a.json", NATIVE)
        bucket.server.fail()
        assert [reference_at(store, uri) for _ in range(3)] == [NATIVE] * 3
        assert len(bucket.server.requests) == 1
        clock.now += 61
        assert reference_at(store, uri) == NATIVE
        first, second = bucket.server.requests
        assert first["if_none_match"] == ""
        assert second["if_none_match"].strip('"')
        clock.now += 59
        assert reference_at(store, uri) == NATIVE
        assert len(bucket.server.requests) == 2

    def test_an_object_that_has_changed_is_fetched_again(self, bucket: Bucket) -> None:
        clock = Clock()
        store = ReferenceStore(StoreConfig(revalidate_s=60.0), clock=clock)
        uri = bucket.put_lines("a.jsonl", [{"task_id": 1, **NATIVE}])
        reference = {"s3_uri": uri, "task_id": 1}
        assert reference_at(store, reference) == NATIVE
        bucket.put_lines("a.jsonl", [{"task_id": 2, **NATIVE}, {"task_id": 1, **OTHER}])
        assert reference_at(store, reference) == NATIVE
        clock.now += 61
        assert reference_at(store, reference) == OTHER
        bucket.client.delete_object(Bucket=bucket.name, Key="a.jsonl")
        clock.now += 61
        assert complaint_of(store, reference) == "there is no such object"

    def test_the_copy_is_used_while_s3_fails(self, bucket: Bucket, caplog: pytest.LogCaptureFixture) -> None:
        store = store_with(revalidate_s=0.0)
        uri = bucket.put("a.json", NATIVE)
        assert reference_at(store, uri) == NATIVE
        bucket.server.fail(*[SLOW_DOWN] * 6)
        assert reference_at(store, uri) == NATIVE
        assert "the copy in memory is used for another while" in caplog.text

    def test_an_object_larger_than_the_cache_is_fetched_each_time(self, bucket: Bucket) -> None:
        store = store_with(cache_mb=0)
        uri = bucket.put("a.json", NATIVE)
        bucket.server.fail()
        assert [reference_at(store, uri) for _ in range(2)] == [NATIVE] * 2
        assert len(bucket.server.requests) == 2


class TestErrors:
    def test_an_object_a_bucket_or_a_line_that_is_missing(self, bucket: Bucket) -> None:
        store = store_with()
        bucket.server.fail()
        assert complaint_of(store, f"s3://{bucket.name}/none.json") == "there is no such object"
        assert complaint_of(store, "s3://no-such-bucket/none.json") == "there is no such bucket"
        assert len(bucket.server.requests) == 2, "what is missing is not asked for again"
        uri = bucket.put_lines("a.jsonl", [{"task_id": "a", **NATIVE}])
        with pytest.raises(StoreError, match=r"^has no line with the task_id 'z'$"):
            reference_at(store, {"s3_uri": uri, "task_id": "z"})

    def test_an_object_that_is_too_large(self, bucket: Bucket) -> None:
        store = store_with(max_object_mb=1)
        assert len(reference_at(store, bucket.put("fits.json", b"[" + b" " * (MB - 2) + b"]"))) == 0
        too_large = "is larger than the 1 MiB that max_object_mb allows"
        assert complaint_of(store, bucket.put("large.json", bytes(MB + 1))) == too_large
        bomb = bucket.put("bomb.json.gz", gzip.compress(bytes(64 * MB)))
        assert complaint_of(store, bomb) == "unpacks to more than the 1 MiB that max_object_mb allows"

    def test_an_object_that_does_not_end(self, bucket: Bucket) -> None:
        store = store_with(max_object_mb=1)
        bucket.server.fail("endless")
        uri = f"s3://{bucket.name}/endless.json"
        assert complaint_of(store, uri) == "is larger than the 1 MiB that max_object_mb allows"

    def test_denied_access(self, bucket: Bucket, s3_server: object, monkeypatch: pytest.MonkeyPatch) -> None:
        assert s3_server is bucket.server
        uri = bucket.put("a.json", NATIVE)
        iam = boto3.session.Session().client("iam", endpoint_url=bucket.server.url)
        iam.create_user(UserName=bucket.name)
        key = iam.create_access_key(UserName=bucket.name)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        monkeypatch.delenv("AWS_SESSION_TOKEN")
        bucket.server.fail()
        bucket.server.post("/moto-api/reset-auth", b"0")  # from now on it looks at who asks
        try:
            denied = complaint_of(store_with(), uri)
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODYNOBODYNOBO")
            unknown = complaint_of(store_with(), uri)
        finally:
            bucket.server.post("/moto-api/reset-auth", b"inf")
        assert denied.startswith("access is denied (AccessDenied, status 403): the role needs s3:GetObject")
        assert unknown == "the AWS credentials are not valid (InvalidAccessKeyId, status 403)"
        assert len(bucket.server.requests) == 2, "neither is asked for again"
        assert key["SecretAccessKey"] not in denied + unknown

    def test_no_credentials(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        uri = bucket.put("a.json", NATIVE)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        store = store_with()
        assert complaint_of(store, uri).startswith("there are no AWS credentials (or credentials = drop")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "come-later")
        monkeypatch.setattr("grader.references.s3._CLIENT_RENEWAL_S", 0.0)
        assert reference_at(store, uri) == NATIVE

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "nonsense"])
    def test_an_endpoint_that_makes_no_sense(
        self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, endpoint: str
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        complaint = complaint_of(store_with(), f"s3://{bucket.name}/a.json")
        assert complaint in {
            "S3 could not be reached: EndpointConnectionError, 6 times",
            "the AWS client refuses: Invalid endpoint: nonsense",
        }


class TestRetries:
    @pytest.mark.parametrize(
        "fault", [SLOW_DOWN, [500, "InternalError"], [503, ""], [400, "RequestTimeout"], "cut"], ids=str
    )
    def test_transient_faults_are_retried(self, bucket: Bucket, fault: object) -> None:
        uri = bucket.put("a.json", NATIVE)
        bucket.server.fail(fault, fault)
        assert reference_at(store_with(), uri) == NATIVE
        assert len(bucket.server.requests) == 3

    def test_pauses_grow_and_are_drawn_at_random(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        monkeypatch.setattr("grader.references.s3._RETRIES", _RETRIES)
        monkeypatch.setattr("grader.aws.retry.random.random", lambda: 0.01)
        monkeypatch.setattr("grader.aws.retry.time.sleep", pauses.append)
        uri = bucket.put("a.json", NATIVE)
        bucket.server.fail(*[SLOW_DOWN] * 5)
        assert reference_at(store_with(), uri) == NATIVE
        assert pauses == pytest.approx([0.002, 0.004, 0.008, 0.016, 0.032])

    def test_a_fault_that_lasts_is_a_transient_error(self, bucket: Bucket) -> None:
        uri = bucket.put("a.json", NATIVE)
        bucket.server.fail(*[SLOW_DOWN] * 6)
        store = store_with()
        outcome = fetched(store, uri)
        assert isinstance(outcome, StoreError)
        assert outcome.transient
        assert str(outcome) == "S3 is busy or has failed (SlowDown, status 503), 6 times"
        assert reference_at(store, uri) == NATIVE

    def test_a_silent_server_is_a_timeout(self, bucket: Bucket) -> None:
        uri = bucket.put("a.json", NATIVE)
        bucket.server.fail(3, 3)
        complaint = complaint_of(store_with(timeout_s=0.5), uri)
        assert complaint.startswith("S3 did not answer in time: ReadTimeoutError")

    def test_the_deadline_ends_the_waiting_and_keeps_the_store_usable(self, bucket: Bucket) -> None:
        store, uri = store_with(), bucket.put("a.json", NATIVE)
        assert reference_at(store, bucket.put("b.json", NATIVE)) == NATIVE  # it takes a while to make the client
        bucket.server.fail(3)
        assert complaint_of(store, uri, deadline_s=0.3) == "was not fetched before the deadline"
        assert reference_at(store, uri) == NATIVE


def test_the_region_is_that_of_aws_region(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert S3Reader(connections=1, timeout_s=1.0)._ready().meta.region_name == "eu-west-1"
