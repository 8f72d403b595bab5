"""Lambda's runtime interface emulator, where it can be had: in the base image of AWS, and in a package of AWS."""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tests.end_to_end.serving import ROOT, clean_environ

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MISSING", "Emulator", "emulator", "find_emulator"]

MISSING = "Lambda's runtime interface emulator is not here: `make emulator` gets it from the package aws-sam-cli"
_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


def find_emulator() -> str | None:
    """The path of the emulator; ``None`` if it is not here."""
    name = f"aws-lambda-rie-{_ARCHITECTURES.get(platform.machine(), platform.machine())}"
    packaged = ROOT / "build" / "emulator" / "samcli" / "local" / "rapid" / name
    if packaged.is_file():
        return str(packaged)
    return shutil.which("aws-lambda-rie")


class Emulator:
    """The emulator with the entry point of the image behind it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self._port = port
        self.process = process

    def invoke(self, event: Any) -> Any:
        """Send an event; the response, or the error's object."""
        with closing(self._connect()) as connection:
            connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event).encode())
            response = connection.getresponse()
            text = response.read()
        assert response.status == 200, text
        return json.loads(text)

    def _connect(self) -> http.client.HTTPConnection:
        for _ in range(200):
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
            try:
                connection.connect()
            except ConnectionRefusedError:
                connection.close()
                assert self.process.poll() is None, "the emulator has ended"
                time.sleep(0.05)
            else:
                return connection
        raise AssertionError("the emulator does not listen")


@contextmanager
def emulator(environ: Mapping[str, str], *arguments: str, log: Any = subprocess.DEVNULL) -> Iterator[Emulator]:
    """Start it on free ports, with these variables; end it with everything that it has started."""
    path = find_emulator()
    assert path is not None, MISSING
    # A package has no file modes, and a folder may be mounted where nothing may be executed: a copy in memory may.
    memory = os.memfd_create("emulator", 0)
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            os.write(memory, chunk)
    ports = [_free_port(), _free_port()]
    process = subprocess.Popen(
        [
            f"/proc/self/fd/{memory}", "--runtime-interface-emulator-address", f"127.0.0.1:{ports[0]}",
            "--runtime-api-address", f"127.0.0.1:{ports[1]}",
            sys.executable, "-m", "grader.runtime", *arguments,
        ],
        env=clean_environ() | dict(environ), cwd="/", stdout=log, stderr=log, start_new_session=True,
        pass_fds=(memory,),
    )  # fmt: skip
    os.close(memory)
    try:
        yield Emulator(ports[0], process)
    finally:
        # It ends the function, too, which is a process group of its own.
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
