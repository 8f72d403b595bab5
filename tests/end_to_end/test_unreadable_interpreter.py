"""An interpreter that its user may run but not read: nobody of the same user can look into its processes.

The kernel marks a process non-dumpable whose program its user may not read; ptrace(2) says what that closes. The
image's interpreter is such a file. Here it is tried as the user it is meant for, with a readable one as the control.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.serving import RIGHT, ROOT, clean_environ, descendants, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "CANARY-credentials"
USER = 60_994
PROBE = """
import ctypes, os, sys
pid = int(sys.argv[1])
def tried(what):
    try:
        what()
        return "open"
    except OSError as error:
        return error.strerror
def vm_readv():
    libc = ctypes.CDLL(None, use_errno=True)
    start = int(next(line for line in open(f"/proc/{pid}/maps") if " rw" in line).split("-")[0], 16)
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    here = ctypes.create_string_buffer(16)
    ours, theirs = Vector(ctypes.addressof(here), 16), Vector(start, 16)
    if libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
print({
    "environ": tried(lambda: open(f"/proc/{pid}/environ", "rb").read()),
    "mem": tried(lambda: open(f"/proc/{pid}/mem", "rb")),
    "maps": tried(lambda: open(f"/proc/{pid}/maps").read()),
    "fd": tried(lambda: os.listdir(f"/proc/{pid}/fd")),
    "cwd": tried(lambda: os.readlink(f"/proc/{pid}/cwd")),
    "oom": tried(lambda: open(f"/proc/{pid}/oom_score_adj", "w").write("1000")),
    "process_vm_readv": tried(vm_readv),
})
"""
"""Tries to look into a process, and tells how far it got."""


def _interpreter() -> Path:
    """One that any user can run: this one, or else the system's of the same version."""
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin/python3").resolve()):
        tell = "import sys; print(sys.version_info[:2])"
        try:
            told = subprocess.run(
                [candidate, "-c", tell], check=True, capture_output=True, text=True, cwd="/", **_as_user()
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if told.stdout.strip() == str(sys.version_info[:2]):
            return candidate
    pytest.skip("no interpreter of this version can be run by an unprivileged user")


def _as_user() -> dict[str, int | list[int]]:
    """Options that make a process of an unprivileged user; as nobody but root can, else this is one already."""
    return {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture
def interpreter(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The interpreter as a file of that mode."""
    original = _interpreter()
    if os.geteuid() != 0:
        if stat.S_IMODE(original.stat().st_mode) != request.param or original.stat().st_uid == os.geteuid():
            pytest.skip("only root can give away an interpreter of this mode")
        yield original
        return
    with TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        Path(folder).chmod(0o755)
        copy = Path(folder, original.name)
        shutil.copyfile(original, copy)
        copy.chmod(request.param)
        yield copy


def _serve(interpreter: Path) -> subprocess.Popen[bytes]:
    site = next(path for path in sys.path if (Path(path) / "black").is_dir())
    environ = clean_environ() | {"PORT": "0", "AWS_SECRET_ACCESS_KEY": CANARY, "GRADER_WORKERS": "1"}
    environ["PYTHONPATH"] += os.pathsep + site
    return subprocess.Popen(
        [interpreter, "-m", "grader.runtime"], env=environ, cwd="/", stderr=subprocess.PIPE, **_as_user()
    )


def _look(interpreter: Path, pid: int) -> dict[str, str]:
    told = subprocess.run(
        [interpreter, "-c", PROBE, str(pid)], check=True, capture_output=True, text=True, cwd="/", **_as_user()
    )
    return dict(eval(told.stdout))


def _grade(process: subprocess.Popen[bytes]) -> float:
    assert process.stderr is not None
    first = process.stderr.readline().decode()
    assert first.startswith("listening on http://localhost:"), first
    connection = http.client.HTTPConnection("localhost", int(first.split(":")[2].split("/")[0]), timeout=60)
    slow = "```python\ndef add(a, b):\n    while True:\n        pass\n```"
    limits = {"cpu_s": 0.3, "total_cpu_s": 0.3}
    reference = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}], "limits": limits}
    event = [sample("right", RIGHT), sample("slow", slow, reference)]
    with contextlib.closing(connection):  # the service keeps it open
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event).encode())
        right, slow_result = json.load(connection.getresponse())
    metrics = {metric["name"]: metric["value"] for metric in slow_result["metrics_list"]}
    assert (metrics["grader_error"], metrics["timeouts"]) == (0.0, 1.0)
    return float(right["aggregate_reward_score"])


@pytest.mark.parametrize("interpreter", [0o711], indirect=True, ids=["unreadable"])
def test_nobody_of_the_same_user_looks_into_the_grader_or_what_it_starts(interpreter: Path) -> None:
    assert ROOT.is_dir()
    with _serve(interpreter) as process:
        try:
            assert _grade(process) > 0.9
            looked = {pid: _look(interpreter, pid) for pid in [process.pid, *descendants(process.pid)]}
        finally:
            process.kill()
    assert len(looked) > 2
    for seen in looked.values():
        assert "open" not in seen.values(), seen


@pytest.mark.parametrize("interpreter", [0o755], indirect=True, ids=["readable"])
def test_without_it_they_do(interpreter: Path) -> None:
    with _serve(interpreter) as process:
        try:
            assert _grade(process) > 0.9
            seen = _look(interpreter, process.pid)
        finally:
            process.kill()
    assert (seen["environ"], seen["maps"], seen["fd"]) == ("open", "open", "open")
