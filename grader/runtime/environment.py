"""Pass an environment across an exec through a pipe instead of the new process's initial environment."""

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
"""Variables that the loader, the C library and OpenSSL read themselves; the interpreter's own start with ``PYTHON``."""
CREDENTIALS = frozenset(
    {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
    }
)  # fmt: skip
"""Variables with or about AWS credentials (AWS SDKs and Tools Reference Guide, "Environment variables")."""
_PIPE_BYTES = 1 << 20
"""Default maximum capacity of a pipe for unprivileged processes (pipe(7), ``/proc/sys/fs/pipe-max-size``)."""


def split_environment(environ: Mapping[bytes, bytes]) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Split the environment into the variables that an interpreter needs at its start, and the rest."""
    start = {name: value for name, value in environ.items() if name in _NEEDED_AT_START or name.startswith(b"PYTHON")}
    return start, {name: value for name, value in environ.items() if name not in start}


def send_environment(variables: Mapping[bytes, bytes]) -> int:
    """Write variables to a pipe; return its read end, which survives an exec.

    Raises:
        OSError: the variables exceed the capacity of a pipe, or no pipe can be made.
    """
    payload = b"\0".join(name + b"=" + value for name, value in variables.items())
    reader, writer = os.pipe()
    with open(writer, "wb", buffering=0) as sink:
        # The reader starts only after the exec, so a write of more than the pipe holds would block forever.
        os.set_blocking(writer, False)
        if len(payload) > fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        if payload and sink.write(payload) != len(payload):
            raise OSError(f"the environment is too large: {len(payload)} bytes; a pipe holds {_PIPE_BYTES}")
    os.set_inheritable(reader, True)
    return reader


def receive_environment(reader: int) -> dict[str, str]:
    """Read the variables from the pipe, and close it."""
    with open(reader, "rb") as pipe:
        payload = pipe.read()
    pairs = (entry.partition(b"=") for entry in payload.split(b"\0") if entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
