"""A canary: a secret in the places where a grader has its own, which the conformance kit looks for in all output."""

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

    These are this process's memory and environment, a descriptor that children would inherit, a file that every user
    may read, and the environment of another process of this user and this interpreter. Use it as a context manager
    around the start of the sandbox: what a zygote could inherit must be there before it.
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
        # It reads its standard input, so it ends with this process even if nothing else ends it.
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
        """Return whether the secret is in a text, as it is or in hexadecimal."""
        return self.text in text or self.text.encode().hex() in text

    def harm(self) -> str:
        """Describe the harm done to the other process; empty if there is none."""
        code = self._bystander.poll()
        if code is not None:
            return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        state = process_state(self._bystander.pid)
        return "" if state in {"R", "S", "D"} else f"in state {state}"
