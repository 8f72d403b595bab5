"""Fixtures for several folders of tests: AWS, as one server for all tests of a worker, and working interrupts."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.aws.cloud import Server
    from tests.s3.bucket import Bucket


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell sets that for processes in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[Server]:
    """Start a server with all services of moto, in a process of its own."""
    from tests.aws.cloud import Server  # noqa: PLC0415 - few tests need it

    with Server() as server:
        yield server


@pytest.fixture
def s3_server(aws_server: Server) -> Server:
    """Return the same server, for tests that use S3 only."""
    return aws_server


@pytest.fixture
def aws(aws_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Empty the account of the server, and let the ordinary client find all its services."""
    _set_environment(aws_server.environ_of_all, monkeypatch)
    aws_server.reset()
    return aws_server


@pytest.fixture
def bucket(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Create a bucket on the server, and let the client find it."""
    import boto3  # noqa: PLC0415 - slow to import

    from tests.s3.bucket import Bucket  # noqa: PLC0415 - as above

    _set_environment(s3_server.environ, monkeypatch)
    s3_server.refuse()
    s3_server.fail()
    return Bucket(s3_server, boto3.session.Session().client("s3"), f"bucket-{uuid4().hex}")


def _set_environment(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the client's environment, without any account of the person who runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
