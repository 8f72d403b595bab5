"""Upload tests to S3 that are too large for the rows of a training file."""

from __future__ import annotations

import gzip
import re
from hashlib import sha256
from typing import Any

from grader.aws.client import AwsSession
from grader.aws.errors import translated_errors
from grader.errors import CloudError, InputError
from grader.references.locate import parse_address
from grader.text import json_line, one_line
from testcases.errors import ProblemError

__all__ = ["BucketUploader"]

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
"""Address of a bucket and a prefix; "General purpose bucket naming rules" (Amazon S3)."""
_NAME_CHARS = 32
_ATTEMPTS = 5


class BucketUploader:
    """Uploads tests to S3, gzipped, under names made of their content: the same tests get the same object.

    Args:
        uri: ``s3://bucket/prefix``.
        client: a client of S3; ``None`` makes one as the AWS client is configured.

    Raises:
        InputError: the address is wrong, or the AWS client refuses its configuration.
    """

    def __init__(self, uri: str, client: Any = None) -> None:
        match = _URI.fullmatch(uri)
        if match is None:
            raise InputError(f"{one_line(uri)}: is not an address in S3; give s3://bucket/prefix")
        self._bucket, self._prefix = match[1], (match[2] or "").strip("/")
        try:
            # the grader has stricter rules than S3: what it could not read again must not be uploaded
            parse_address(self._reference(f"{'0' * _NAME_CHARS}.json.gz"))
        except ProblemError as error:
            raise InputError(f"{one_line(uri)}: {one_line(error)}") from None
        self._uri = uri
        self._uploaded: set[str] = set()
        self._client = client if client is not None else AwsSession(attempts=_ATTEMPTS).client("s3")

    def put(self, reference: Any) -> dict[str, Any]:
        """Upload tests, and return the reference that names the object.

        Raises:
            InputError: the object cannot be written.
        """
        name, packed = _pack(reference)
        # Rows of a data set often share their tests, and one request for each object is enough.
        if name not in self._uploaded:
            self._write(self._key(name), packed)
            self._uploaded.add(name)
        return self._reference(name)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _reference(self, name: str) -> dict[str, Any]:
        """Return the reference by which the grader finds the object of this name (`grader.references.locate`)."""
        return {"s3_uri": f"s3://{self._bucket}/{self._key(name)}"}

    def _write(self, key: str, packed: bytes) -> None:
        try:
            with translated_errors(self._uri, region=self._client.meta.region_name):
                self._client.put_object(Bucket=self._bucket, Key=key, Body=packed, ContentType="application/gzip")
        except CloudError as error:
            raise InputError(str(error)) from None


def _pack(reference: Any) -> tuple[str, bytes]:
    """Return the name and the content of a reference's object."""
    text = json_line(reference).encode()
    name = f"{sha256(text).hexdigest()[:_NAME_CHARS]}.json.gz"
    # without the time, so that the same tests are the same bytes
    return name, gzip.compress(text, mtime=0)
