"""A canary: a secret laid wherever a grader has its own, for the conformance kit to look for in what answers say."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from sandbox.wire.procfs import process_state

__all__ = ["Canary"]

_VARIABLE = "CONFORMANCE_CANARY"
_BYSTANDER = "import sys; sys.stdin.read()"


class Canary:
    """A secret in five places.

    They are this process's memory and environment, a descriptor that children would inherit, a file that everybody may
    read, and the environment of another process of this user and this interpreter. Use it as a context manager around
    the start of the sandbox: what a zygote could inherit must be there before it.
    """

    def __init__(self) -> None:
        self.text = secrets.token_hex(16)

    def __enter__(self) -> Self:
        os.environ[_VARIABLE] = self.text
        self._file = tempfile.NamedTemporaryFile("w+", prefix="canary-")
        self._file.write(self.text)
        self._file.flush()
        Path(self._file.name).chmod(0o644)
        os.set_inheritable(self._file.fileno(), True)
        self._bystander = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-I", "-S", "-c", _BYSTANDER],
            env={_VARIABLE: self.text},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ[_VARIABLE]
        self._file.close()
        self._bystander.kill()
        self._bystander.communicate()

    def is_seen_in(self, text: str) -> bool:
        """Whether the secret is in a text, as it is or as the bytes of it are written."""
        return self.text in text or self.text.encode().hex() in text

    def harm(self) -> str:
        """What has been done to the other process; empty when nothing has."""
        ended = self._bystander.poll()
        if ended is not None:
            return f"ended by {signal.Signals(-ended).name}" if ended < 0 else f"ended with {ended}"
        state = process_state(self._bystander.pid)
        return "" if state in {"R", "S", "D"} else f"in state {state}"
