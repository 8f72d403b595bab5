"""What tests of several rooms share: S3, as one server for all tests of a worker, and that interrupts are heeded."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.s3.bucket import Bucket, Server


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell has it for what it starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    """A server that speaks S3, in a process of its own."""
    from tests.s3.bucket import Server  # noqa: PLC0415 - few tests need it

    with Server() as server:
        yield server


@pytest.fixture
def bucket(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A new bucket there, and an environment in which the client finds it."""
    import boto3  # noqa: PLC0415 - slow to import

    from tests.s3.bucket import Bucket  # noqa: PLC0415 - as above

    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    s3_server.fail()
    return Bucket(s3_server, boto3.session.Session().client("s3"), f"bucket-{uuid4().hex}")
