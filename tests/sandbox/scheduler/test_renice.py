"""Priorities of processes of another user, with and without the capability for them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sandbox.isolation.privileges import UNPRIVILEGED_UID
from sandbox.scheduler.renice import set_niceness

_WITHOUT_THE_CAPABILITY = """
import ctypes, os, sys

PR_CAPBSET_DROP, CAP_SYS_NICE = 24, 23
if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0) != 0:
    sys.exit("the capability cannot be dropped")
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1], sys.argv[2]])
"""
_RENICE = """
import os, sys
from sandbox.scheduler.renice import set_niceness

pid = int(sys.argv[1])
try:
    os.setpriority(os.PRIO_PROCESS, pid, 1)
except PermissionError:
    print("refused")
set_niceness(pid, 10)
print(os.getpriority(os.PRIO_PROCESS, pid), os.getresuid())
os.stat("/root")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts processes of other users")
def test_root_without_the_capability_lowers_the_priority_of_another_users_process() -> None:
    with subprocess.Popen(["/bin/sleep", "60"], user=UNPRIVILEGED_UID + 189) as sleeper:
        try:
            ran = subprocess.run(
                [sys.executable, "-c", _WITHOUT_THE_CAPABILITY, _RENICE, str(sleeper.pid)],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        finally:
            sleeper.kill()
    assert (ran.returncode, ran.stdout.split("\n")[:2]) == (0, ["refused", "10 (0, 0, 0)"]), ran.stderr


def test_a_process_that_is_gone_raises() -> None:
    with subprocess.Popen(["/bin/true"]) as ended:
        ended.wait()
    with pytest.raises(ProcessLookupError):
        set_niceness(ended.pid, 10)
