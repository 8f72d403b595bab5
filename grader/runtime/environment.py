"""An environment that crosses an exec in memory instead of in the new process's initial block."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CREDENTIALS", "receive_environment", "send_environment", "split_environment"]

_NEEDED_AT_START = frozenset(
    {b"LD_LIBRARY_PATH", b"LANG", b"LC_ALL", b"LC_CTYPE", b"TZ", b"SSL_CERT_FILE", b"SSL_CERT_DIR"}
)
"""What the loader, the C library and OpenSSL read by themselves. The interpreter's own begin with ``PYTHON``."""
CREDENTIALS = frozenset(
    {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
    }
)  # fmt: skip
"""Variables that let a process act as somebody (AWS SDKs and Tools Reference Guide, "Environment variables")."""
_PIPE_BYTES = 1 << 20
"""The most an unprivileged process may have a pipe hold, unless the host says less (pipe(7))."""


def split_environment(environ: Mapping[bytes, bytes]) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """What a new interpreter must be started with, and the rest."""
    start = {name: value for name, value in environ.items() if name in _NEEDED_AT_START or name.startswith(b"PYTHON")}
    return start, {name: value for name, value in environ.items() if name not in start}


def send_environment(variables: Mapping[bytes, bytes]) -> int:
    """Put variables into a pipe; the end to read them from, which survives an exec.

    Raises:
        OSError: they are more than a pipe holds, or there is no pipe.
    """
    payload = b"\0".join(name + b"=" + value for name, value in variables.items())
    reader, writer = os.pipe()
    with open(writer, "wb", buffering=0) as sink:
        os.set_blocking(writer, False)
        if len(payload) > fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        if payload and sink.write(payload) != len(payload):
            raise OSError(f"the environment is too large: {len(payload)} bytes; a pipe holds {_PIPE_BYTES}")
    os.set_inheritable(reader, True)
    return reader


def receive_environment(reader: int) -> dict[str, str]:
    """Take the variables out of the pipe, and close it."""
    with open(reader, "rb") as pipe:
        payload = pipe.read()
    pairs = (entry.partition(b"=") for entry in payload.split(b"\0") if entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
