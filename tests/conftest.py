"""What tests of several rooms share: AWS, as one server for all tests of a worker, and that interrupts are heeded."""

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


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell has it for what it starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[Server]:
    """A server that speaks every service moto has, in a process of its own."""
    from tests.aws.cloud import Server  # noqa: PLC0415 - few tests need it

    with Server() as server:
        yield server


@pytest.fixture
def s3_server(aws_server: Server) -> Server:
    """The same, for tests that want S3 alone."""
    return aws_server


@pytest.fixture
def aws(aws_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An empty account there, and an environment in which the ordinary client finds every service of it."""
    _find(aws_server.environ_of_all, monkeypatch)
    aws_server.reset()
    return aws_server


@pytest.fixture
def bucket(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A new bucket there, and an environment in which the client finds it."""
    import boto3  # noqa: PLC0415 - slow to import

    from tests.s3.bucket import Bucket  # noqa: PLC0415 - as above

    _find(s3_server.environ, monkeypatch)
    s3_server.refuse()
    s3_server.fail()
    return Bucket(s3_server, boto3.session.Session().client("s3"), f"bucket-{uuid4().hex}")


def _find(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the client find this, and no account of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
