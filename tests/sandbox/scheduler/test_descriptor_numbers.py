"""A process with many open descriptors, such as a service, can use a sandbox like any other."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import os, resource, socket, sys
wanted = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
from grader.core.grader import Grader
from grader.types import Sample

real = socket.socketpair

def numbered(*arguments):
    # The second one is passed to the zygote.
    first, second = real(*arguments)
    if len(arguments) == 2:
        os.dup2(second.fileno(), wanted)
        second.close()
        second = socket.socket(fileno=wanted)
    return first, second

socket.socketpair = numbered
code = '''
import os
def count():
    found = []
    for number in range(3, 4096):
        try:
            os.get_inheritable(number)
        except OSError:
            continue
        found.append(number)
    return found
'''
with Grader() as grader:
    reference = {"entry_point": "count", "tests": [{"args": [], "expected": [3]}]}
    grade = grader.grade(Sample("x", f"```python{code}```", reference))
    print(grade.metric("functional"), grade.reason)
"""


@pytest.mark.parametrize("tier", ["rlimit", "namespaces"])
@pytest.mark.parametrize("number", [60, 64, 99, 100, 101, 1023, 1024, 2000])
def test_the_number_of_the_zygote_s_socket_does_not_matter(number: int, tier: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(number)],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        env={"GRADER_ISOLATION": tier, "PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    assert (ended.stdout, ended.stderr) == ("1.0 \n", ""), ended.stderr[-2000:]
