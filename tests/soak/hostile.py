"""Attacks of every family: each must be scored below the full functional score, and leave nothing behind.

The task is ``add(a, b)``. ``NUMBER`` is replaced, so that no two answers are equal.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["REFERENCES", "SOURCES", "TEXTS"]

_LIMITS = {"cpu_s": 0.2, "total_cpu_s": 0.2, "memory_mb": 128, "output_kb": 256}
REFERENCES: Final = (
    {
        "entry_point": "add",
        "tests": [{"args": [1, 2], "expected": 3}, {"args": [-5, 6], "expected": 1}],
        "limits": _LIMITS,
    },
    {
        "entry_point": "add",
        "tests": [{"assert": "assert add(1, 2) == 3"}, {"assert": "assert add(-5, 6) == 1"}],
        "limits": _LIMITS,
    },
    {
        "entry_point": "add",
        "tests": [{"check": "def check(candidate):\n    for a in (1, 5):\n        assert candidate(a, 2) == a + 2\n"}],
        "limits": _LIMITS,
    },
)

_SOURCES = """
#: loop at import
while True:
    pass
def add(a, b):
    return NUMBER
#: loop in a call
def add(a, b):
    while True:
        try:
            a += NUMBER
        except BaseException:
            continue
#: loop in C
def add(a, b):
    return sum(range(10**14 + NUMBER))
#: loop in the regex engine
import re
def add(a, b):
    return re.match(r"(a|a)*$", "a" * 60 + "NUMBER")
#: sleep for ever
import time
def add(a, b):
    time.sleep(NUMBER + 1e6)
#: memory at once
def add(a, b):
    return len(bytearray(1 << 34)) + NUMBER
#: memory bit by bit, whatever it is told
def add(a, b):
    hog, size = [NUMBER], 1 << 24
    while True:
        try:
            hog.append(bytearray(size))
        except MemoryError:
            size = max(size // 2, 1)
#: stack
import sys
sys.setrecursionlimit(10**9)
def add(a, b):
    value = [NUMBER]
    for _ in range(10**5):
        value = [value]
    return repr(value)
#: fork
import os
def add(a, b):
    while os.fork() >= 0:
        a += NUMBER
#: fork by any name
import posix
def add(a, b):
    return vars(posix).get("fo" + "rk", lambda: NUMBER)()
#: daemon that holds the pipes
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600 + NUMBER)
    os._exit(0)
def add(a, b):
    return 0
#: subprocess
import subprocess
def add(a, b):
    return subprocess.run(["sleep", "NUMBER"])
#: threads
import threading, time
for _ in range(1000):
    threading.Thread(target=time.sleep, args=(600 + NUMBER,)).start()
def add(a, b):
    return 0
#: thread that never ends
import threading
threading.Thread(target=threading.Event().wait).start()
def add(a, b):
    return NUMBER
#: printer
def add(a, b):
    while True:
        print("x" * 10000, NUMBER)
#: printer of errors that are no text
import os
def add(a, b):
    while True:
        os.write(2, b"\\xff\\xfe NUMBER" * 1000)
#: closer of every descriptor
import os
os.closerange(0, 64) if hasattr(os, "closerange") else [os.close(n) for n in range(8)]
def add(a, b):
    return NUMBER
#: closer of its streams, then silence
import os, time
def add(a, b):
    os.close(1)
    os.close(2)
    return NUMBER - 10**9
#: forger on the channel
import os
def add(a, b):
    os.write(3, (NUMBER % 256).to_bytes(4, "big") + b'["ok",{"i":3},null]')
    os._exit(0)
#: half a message
import os, time
def add(a, b):
    os.write(3, b"\\x00\\x00\\xff")
    time.sleep(NUMBER + 600)
#: killer of its parent
import os
def add(a, b):
    os.kill(os.getppid(), 9)
    return NUMBER
#: killer of all
import os
def add(a, b):
    os.kill(-1, 9)
    return NUMBER
#: killer of itself
import signal
def add(a, b):
    signal.raise_signal(signal.SIGKILL)
    return NUMBER
#: stopper of itself
import signal
def add(a, b):
    signal.raise_signal(signal.SIGSTOP)
    return NUMBER
#: abort
import os
def add(a, b):
    os.abort()
    return NUMBER
#: deaf to signals
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def add(a, b):
    while True:
        a += NUMBER
#: exit before the tests
import sys
sys.exit(NUMBER - NUMBER)
#: exit in a call
import os
def add(a, b):
    os._exit(NUMBER % 200)
#: exit that hangs
import atexit, time
atexit.register(lambda: time.sleep(600 + NUMBER))
def add(a, b):
    raise SystemExit
#: equal to everything
class Same(int):
    def __eq__(self, other):
        return True
    __hash__ = int.__hash__
def add(a, b):
    return Same(NUMBER + 100)
#: an object that answers slowly
class Slow:
    def __eq__(self, other):
        while True:
            pass
    def __getattr__(self, name):
        return self
    def __call__(self, *args):
        return NUMBER
def add(a, b):
    return Slow()
#: endless generator
def add(a, b):
    while True:
        yield NUMBER
#: cycle
def add(a, b):
    value = [NUMBER]
    value.append(value)
    return value
#: large value
def add(a, b):
    return "x" * (100_000_000 + NUMBER)
#: large number
def add(a, b):
    return 1 << (4_000_000 + NUMBER)
#: exception whose text hangs
class Hang(Exception):
    def __str__(self):
        while True:
            pass
def add(a, b):
    raise Hang(NUMBER)
#: files
import os
made = []
for place in ("/tmp", "/var/tmp", "/dev/shm", "."):
    for make in ("open", "symlink", "mkfifo", "mkdir"):
        try:
            if make == "open":
                open(f"{place}/stray-NUMBER", "w").write("stray")
            elif make == "symlink":
                os.symlink("/", f"{place}/stray-link-NUMBER")
            else:
                getattr(os, make)(f"{place}/stray-{make}-NUMBER")
        except (OSError, AttributeError):
            made.append(place)
def add(a, b):
    return 0
#: descriptors
import os
held = []
try:
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
def add(a, b):
    return NUMBER + 10**6
#: memory files
import os
def add(a, b):
    held = [os.memfd_create(str(NUMBER)) for _ in range(64)]
    return len(held)
#: sockets
import socket
def add(a, b):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\\0stray-NUMBER")
    listener.listen()
    return 0
#: frames
import sys
def add(a, b):
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
    return list(frame.f_locals)[:NUMBER]
#: objects of others
import gc
def add(a, b):
    return [value for value in gc.get_objects() if type(value) is int][:NUMBER]
#: native code
import ctypes
def add(a, b):
    return ctypes.string_at(NUMBER)
#: patched builtins
import builtins
builtins.len = builtins.isinstance = builtins.type = lambda *args: NUMBER
def add(a, b):
    return 0
#: patched json and os
import json, os, sys
json.loads = json.dumps = os.write = os.read = lambda *args, **more: b"NUMBER"
sys.stdout = sys.stderr = None
def add(a, b):
    return 0
#: module that is not there
import requests
def add(a, b):
    return NUMBER
#: wrong and quick
def add(a, b):
    return a + b + NUMBER + 1
#: nested comprehensions
def add(a, b):
    return [[[[[[[[[[[[NUMBER for x in y] for x in y] for x in y] for x in y] for x in y] for x in y]
            for x in y] for x in y] for x in y] for x in y] for x in y] for x in y]
#: nested try
def add(a, b):
    try: a
    finally:
        try: a
        finally:
            try: a
            finally:
                try: a
                finally:
                    try: a
                    finally:
                        try: a
                        finally:
                            try: a
                            finally:
                                try: a
                                finally: return NUMBER
"""


def _sources() -> dict[str, str]:
    _, *parts = re.split(r"^#: (.*)\n", _SOURCES, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


SOURCES: Final = _sources()
"""Sources by name."""

_ADD = "def add(a, b):\n    return a + b + 1 + NUMBER\n"
TEXTS: Final = {
    "no code": "I would rather not, NUMBER times.",
    "empty": "",
    "no Python": "```python\ndef add(a, b) return NUMBER\n```",
    "NUL": f"```python\n{_ADD}\0\n```",
    "lone surrogate": f"```python\n{_ADD}# \udc80\n```",
    "deep parentheses": f"```python\n{_ADD}x = {'(' * 500}NUMBER{')' * 500}\n```",
    "deep minus": f"```python\n{_ADD}x = {'-' * 60_000}NUMBER\n```",
    "long sum": f"```python\n{_ADD}x = NUMBER{'+1' * 30_000}\n```",
    "long attribute": f"```python\n{_ADD}x = a{'.a' * 30_000}  # NUMBER\n```",
    "long number": f"```python\n{_ADD}x = {'9' * 60_000} + NUMBER\n```",
    "long line": f"```python\n{_ADD}x = '{'y' * 60_000}' # NUMBER\n```",
    "many lines": f"```python\n{_ADD}{'x = 1 # NUMBER' + chr(10)}{'x=1' + chr(10) * 3}" * 1500 + "```",
    "too long": f"```python\n{_ADD}{'x = 1' + chr(10)}" + "x = NUMBER\n" * 30_000 + "```",
    "many fences": "```python\n" * 20_000 + _ADD,
    "many headings": "# NUMBER\n" * 20_000,
    "fence in a string": f"```python\nx = '''\n```\n'''\n{_ADD}```",
    "not closed": f"<think>hmm\n```python\n{_ADD}",
    "only reasoning": f"<think>\n```python\n{_ADD}\n```\n</think>",
    "stub": "```python\ndef add(a, b):\n    '''NUMBER'''\n    pass\n```",
    "policy": "```python\nimport os\n\ndef add(a, b):\n    return os.system('true # NUMBER')\n```",
}
"""Whole completions by name."""
