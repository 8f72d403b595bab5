from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError
from grader.tools.datasets.upload import BucketUploader

if TYPE_CHECKING:
    from tests.s3.bucket import Bucket

pytestmark = pytest.mark.usefixtures("bucket")

REFERENCE = {"inputs": ["1\n"], "outputs": ["é\n"]}


def content(bucket: Bucket, uri: str) -> Any:
    key = uri.removeprefix(f"s3://{bucket.name}/")
    return json.loads(gzip.decompress(bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read()))


def test_the_reference_names_the_object(bucket: Bucket) -> None:
    reference = BucketUploader(f"s3://{bucket.name}/some/prefix/").put(REFERENCE)
    assert reference.keys() == {"s3_uri"}
    assert reference["s3_uri"].startswith(f"s3://{bucket.name}/some/prefix/")
    assert content(bucket, reference["s3_uri"]) == REFERENCE


def test_the_same_tests_get_the_same_object(bucket: Bucket) -> None:
    first, second = BucketUploader(f"s3://{bucket.name}/same"), BucketUploader(f"s3://{bucket.name}/same")
    uris = [uploader.put(REFERENCE)["s3_uri"] for uploader in (first, first, second)]
    assert len(set(uris)) == 1
    assert first.put({**REFERENCE, "outputs": ["2"]})["s3_uri"] != uris[0]
    assert len(bucket.client.list_objects_v2(Bucket=bucket.name, Prefix="same/")["Contents"]) == 2


def test_a_bucket_needs_no_prefix(bucket: Bucket) -> None:
    for uri in (f"s3://{bucket.name}", f"s3://{bucket.name}/"):
        assert BucketUploader(uri).put([1])["s3_uri"].count("/") == 3


@pytest.mark.parametrize(
    "uri", ["bucket/prefix", "s3:/bucket", "s3://", "s3://B/x", "https://bucket.s3.com/x", "s3://a\n/"]
)
def test_a_malformed_address_is_an_error(uri: str) -> None:
    with pytest.raises(InputError, match=r"is not an address in S3; give s3://bucket/prefix$"):
        BucketUploader(uri)


@pytest.mark.parametrize("prefix", ["é" * 500, "\udcff"], ids=["too long", "half of a surrogate pair"])
def test_a_prefix_that_the_grader_could_not_read_is_an_error(prefix: str) -> None:
    with pytest.raises(
        InputError, match=r"^s3://bucket/\S+: s3_uri: (must be s3://BUCKET/KEY|holds half of a surrogate)"
    ):
        BucketUploader(f"s3://bucket/{prefix}")


def test_a_missing_bucket_is_an_error_of_one_line() -> None:
    with pytest.raises(InputError) as caught:
        BucketUploader("s3://no-such-bucket/x").put(REFERENCE)
    assert str(caught.value).startswith("s3://no-such-bucket/x: there is none in us-east-1 (NoSuchBucket: ")
    assert "\n" not in str(caught.value)


def test_an_unreachable_server_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setattr("grader.tools.datasets.upload._ATTEMPTS", 1)
    with pytest.raises(InputError, match=r"^s3://bucket/x: AWS cannot be reached in us-east-1: Could not connect"):
        BucketUploader("s3://bucket/x").put(REFERENCE)


def test_missing_credentials_are_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(InputError, match=r"^s3://bucket/x: there are no AWS credentials; run `aws configure`"):
        BucketUploader("s3://bucket/x").put(REFERENCE)


def test_an_unusable_endpoint_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "nonsense")
    with pytest.raises(InputError, match=r"^the client of s3: the AWS client refuses: Invalid endpoint: nonsense$"):
        BucketUploader("s3://bucket/x")
