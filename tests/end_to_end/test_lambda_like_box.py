"""The box of `make test-lambda-like` is like Lambda: what is refused there, and with which error."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif("LAMBDA_LIKE" not in os.environ, reason="this is not the box that is like Lambda")

TRY = """
import ctypes, errno, json, os, platform, signal, sys
column = {"x86_64": 0, "aarch64": 1}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
def tried(numbers, *arguments):
    result = libc.syscall(ctypes.c_long(numbers[column]), *map(ctypes.c_long, arguments), *[ctypes.c_long(0)] * 3)
    if result == 0 and os.getpid() != me:
        os._exit(0)
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]
me = os.getpid()
print(json.dumps({name: tried(*call) for name, call in eval(sys.argv[1]).items()}))
"""
"""Make system calls by number, and print their results."""

FORK = 17
"""SIGCHLD: what clone(2) is called with for a plain fork."""
NAMESPACES = {
    "new mount": 17,
    "new cgroup": 25,
    "new uts": 26,
    "new ipc": 27,
    "new user": 28,
    "new pid": 29,
    "new net": 30,
}
EPERM = {
    **{f"prctl {option}": ((157, 167), option, 1) for option in (1, 4, 15, 22, 36, 38)},
    "prctl dumpable?": ((157, 167), 3),
    "seccomp": ((317, 277), 0),
    "ptrace": ((101, 117), 0),
    "chroot": ((161, 51), 0),
    "setns": ((308, 268), 0, 0),
    "fallocate": ((285, 47), 1, 0, 0, 1),
    **{f"unshare {name}": ((272, 97), 1 << bit) for name, bit in NAMESPACES.items()},
    **{f"clone {name}": ((56, 220), 1 << bit | FORK) for name, bit in NAMESPACES.items()},
}
ENOSYS = {
    "clone3": ((435, 435), 0, 0),
    "landlock_create_ruleset": ((444, 444), 0, 0, 1),
    "landlock_restrict_self": ((446, 446), 0, 0),
    "memfd_secret": ((447, 447), 0),
    "futex_waitv": ((449, 449), 0),
}
DONE = {"plain clone": ((56, 220), FORK), "pidfd_open": ((434, 434), os.getpid())}


def tried(calls: dict[str, tuple[object, ...]]) -> dict[str, str]:
    """Results of system calls in a process of their own."""
    child = subprocess.run([sys.executable, "-c", TRY, repr(calls)], check=True, capture_output=True, text=True)
    results: dict[str, str] = json.loads(child.stdout)
    return results


@pytest.mark.parametrize(
    ("calls", "outcome"),
    [
        pytest.param(EPERM, "EPERM", id="refused"),
        pytest.param(ENOSYS, "ENOSYS", id="not there"),
        pytest.param(DONE, "done", id="allowed"),
    ],
)
def test_system_calls_end_as_on_lambda(calls: dict[str, tuple[object, ...]], outcome: str) -> None:
    assert tried(calls) == dict.fromkeys(calls, outcome)


def test_only_tmp_can_be_written_to() -> None:
    assert not Path("/dev/shm").exists()
    writable = []
    for folder in ("/", "/dev", "/etc", "/home", "/mnt", "/opt/grader", "/run", "/tmp", "/var", "/var/tmp", "."):
        path = Path(folder, "canary")
        try:
            path.touch()
        except OSError:
            continue
        path.unlink()
        writable.append(folder)
    assert writable == ["/tmp"]


def test_the_user_is_nobody_in_particular_and_has_lambda_s_limits() -> None:
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    assert (os.getuid(), os.getgid()) == (993, 990)
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == resource.getrlimit(resource.RLIMIT_NPROC) == (1024, 1024)


def test_the_interpreter_can_be_run_and_not_read() -> None:
    assert not os.access(Path(sys.executable).resolve(), os.R_OK)
