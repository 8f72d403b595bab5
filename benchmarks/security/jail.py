"""Runs another grader on one answer where it can hurt nobody, and tells what became of it.

A script of its own, run by ``unshare`` as the first process of new pid, mount, network and IPC namespaces::

    jail.py FOLDER PYTHON PEER UID SECONDS <answer.json

``FOLDER`` holds the peers' packages and this package's ``runner.py``, ``PYTHON`` an interpreter as installed (both are
mounted elsewhere, because their own places may be closed to the user). Everything is read-only but two small file
systems in memory, the grader is an unprivileged user with limits of its own, and all that is left in the namespaces is
killed by the kernel when this process ends. One line of JSON comes out: how the grader ended, and how many processes
it left.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

_FOLDER, _PYTHON = "/mnt/folder", "/mnt/python"
_RESULT = "/tmp/result/told"  # noqa: S108 - a file system of its own
_SETTLING_S = 0.5
_MOUNT_SETATTR = 442
"""Its number on x86-64 and aarch64 (Linux, syscall tables)."""
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1
_MEMORY_BYTES = 2 << 30
_ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/tmp",  # noqa: S108 - in a mount namespace of its own
    "LD_LIBRARY_PATH": f"{_PYTHON}/lib",
    "EVALPLUS_MAX_MEMORY_BYTES": str(_MEMORY_BYTES),
}
_VERSION = "{}.{}".format(*sys.version_info)
_LIMITS = {
    resource.RLIMIT_AS: _MEMORY_BYTES,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_CPU: 60,
    resource.RLIMIT_FSIZE: 16 << 20,
    resource.RLIMIT_NOFILE: 128,
    resource.RLIMIT_NPROC: 200,
}


def main(folder: str, python: str, peer: str, uid: int, seconds: float) -> None:
    """Run it."""
    answer = sys.stdin.buffer.read()
    _wall_in({_FOLDER: folder, _PYTHON: python})
    Path(_RESULT).parent.mkdir()
    if uid:
        os.chown(Path(_RESULT).parent, uid, uid)
    started = time.monotonic()
    grader = subprocess.Popen(
        [f"{_PYTHON}/bin/python{_VERSION}", "-I", "-B", f"{_FOLDER}/runner.py", f"{_FOLDER}/packages", peer, _RESULT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/tmp",  # noqa: S108 - in a mount namespace of its own
        env=_ENVIRONMENT,
        start_new_session=True,
        preexec_fn=lambda: _become(uid),  # noqa: PLW1509 - this process has one thread
    )
    assert grader.stdin is not None
    grader.stdin.write(answer)
    grader.stdin.close()
    try:
        grader.wait(seconds)
        told = json.loads(Path(_RESULT).read_text("utf-8"))
        ending = "passed" if told["passed"] else "failed"
    except subprocess.TimeoutExpired:
        ending, told = "hung", {}
    except (OSError, ValueError):
        ending, told = "died", {}
    left = 0
    if ending != "hung":
        time.sleep(_SETTLING_S)
        left = _others()
    told |= {"ending": ending, "left": left, "seconds": round(time.monotonic() - started, 2)}
    sys.stdout.write(json.dumps(told) + "\n")


def _wall_in(folders: dict[str, str]) -> None:
    """Make every file system read-only, with some folders at places of their own and room for temporary files."""
    libc = ctypes.CDLL(None, use_errno=True)
    _mount("-t", "tmpfs", "-o", "mode=755", "none", str(Path(_FOLDER).parent))
    for place, folder in folders.items():
        Path(place).mkdir()
        _mount("--bind", folder, place)
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    if libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, ctypes.sizeof(attributes)) != 0:
        raise OSError(ctypes.get_errno(), "mount_setattr")
    for place in ("/tmp", "/dev/shm"):  # noqa: S108 - in a mount namespace of its own
        _mount("-t", "tmpfs", "-o", "size=64m,nr_inodes=10k,mode=1777", "none", place)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)  # noqa: S607 - the host's own, wherever it is


def _become(uid: int) -> None:
    for which, value in _LIMITS.items():
        resource.setrlimit(which, (value, value))
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def _others() -> int:
    """Processes that run in the namespace besides this one; the dead ones come to it and are reaped first."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return 0
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != "1":
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            found += state not in "ZX"
    return found


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
