"""Run another grader on one answer, contained in namespaces, and report the result.

A script of its own, run by ``unshare`` as the first process of new pid, mount, network and IPC namespaces::

    jail.py FOLDER PYTHON PEER UID SECONDS <answer.json

``FOLDER`` has the other graders' packages and this package's ``runner.py``, ``PYTHON`` is the prefix of an interpreter.
Both are mounted elsewhere, because their own paths may not be accessible to the user. Everything is read-only except
two small file systems in memory. The grader runs as an unprivileged user with resource limits. When this process exits,
the kernel kills everything left in the namespaces. The output is one line of JSON: the grader's result, and the number
of processes it left.
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
_RESULT = "/tmp/result/report"  # noqa: S108 - a file system of its own
_SETTLING_S = 0.5
_MOUNT_SETATTR = 442
"""Number of mount_setattr(2) on x86-64 and aarch64 (Linux, syscall tables)."""
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
    """Run the grader, and print the result."""
    answer = sys.stdin.buffer.read()
    _contain({_FOLDER: folder, _PYTHON: python})
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
        report = json.loads(Path(_RESULT).read_text("utf-8"))
        result = "passed" if report["passed"] else "failed"
    except subprocess.TimeoutExpired:
        result, report = "hung", {}
    except (OSError, ValueError):
        result, report = "died", {}
    left = 0
    # A grader that hung still runs: its processes are not leftovers, and are killed with the namespace.
    if result != "hung":
        time.sleep(_SETTLING_S)
        left = _others()
    report |= {"result": result, "left": left, "seconds": round(time.monotonic() - started, 2)}
    sys.stdout.write(json.dumps(report) + "\n")


def _contain(folders: dict[str, str]) -> None:
    """Make every file system read-only, mount some folders elsewhere, and add file systems for temporary files."""
    libc = ctypes.CDLL(None, use_errno=True)
    _mount("-t", "tmpfs", "-o", "mode=755", "none", str(Path(_FOLDER).parent))
    for target, folder in folders.items():
        Path(target).mkdir()
        _mount("--bind", folder, target)
    # A remount of the root would leave the mounts below it writable; mount_setattr(2) changes all of them at once.
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    if libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, ctypes.sizeof(attributes)) != 0:
        raise OSError(ctypes.get_errno(), "mount_setattr")
    for target in ("/tmp", "/dev/shm"):  # noqa: S108 - in a mount namespace of its own
        _mount("-t", "tmpfs", "-o", "size=64m,nr_inodes=10k,mode=1777", "none", target)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)  # noqa: S607 - found on the path of the host


def _become(uid: int) -> None:
    for limit, value in _LIMITS.items():
        resource.setrlimit(limit, (value, value))
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def _others() -> int:
    """Count the other processes of the namespace, after reaping the dead ones, which are children of this process."""
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
