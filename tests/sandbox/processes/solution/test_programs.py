"""Answers that are programs: text in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testcases.model import Problem, StdinTest
from tests.sandbox.conftest import Case, cases

if TYPE_CHECKING:
    from tests.sandbox.conftest import Box

READS = cases(
    r"""
#: input
print(int(input()) + int(input()))

#: iteration
import sys
print(sum(int(line) for line in sys.stdin))

#: readline
import sys
input = sys.stdin.readline
print(int(input()) + int(input()))

#: readlines
import sys
print(sum(map(int, sys.stdin.readlines())))

#: the buffer
import sys
print(sum(map(int, sys.stdin.buffer.read().split())))

#: open(0)
print(sum(map(int, open(0).read().split())))

#: open(0), in binary
with open(0, "rb") as file:
    print(sum(map(int, file)))

#: os.read
import os
print(sum(map(int, os.read(0, os.fstat(0).st_size).split())))

#: os.read in a loop
import os
data = b""
while chunk := os.read(0, 3):
    data += chunk
print(sum(map(int, data.split())))

#: going back
import sys
sys.stdin.read()
sys.stdin.seek(0)
print(sum(map(int, sys.stdin)))

#: another stream over the same file
import io, sys
file = io.TextIOWrapper(sys.stdin.detach())
print(sum(map(int, file)))

#: a main function
def main():
    print(int(input()) + int(input()))

if __name__ == "__main__":
    main()

#: a recursion in a class
import sys
sys.setrecursionlimit(10**6)

class Solution:
    def add(self, n):
        return 0 if not n else int(input()) + self.add(n - 1)

print(Solution().add(2))

#: a thread
import sys, threading
threading.stack_size(1 << 26)

def main():
    print(int(input()) + int(input()))

threading.Thread(target=main).start()

#: reading past the end
import sys
total = 0
try:
    while True:
        total += int(input())
except EOFError:
    print(total, sys.stdin.read() + sys.stdin.readline(), end="")

#: looking at the streams
import sys
assert (sys.stdin.mode, sys.stdout.mode, sys.stdin.name, sys.stdout.name) == ("r", "w", "<stdin>", "<stdout>")
assert [stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)] == [0, 1, 2]
print(int(input()) + int(input()))

#: fast input and output, as contest answers carry it along, which the interpreter flushes at its end
import os
import sys
from io import BytesIO, IOBase

class FastIO(IOBase):
    newlines = 0

    def __init__(self, file):
        self._fd = file.fileno()
        self.buffer = BytesIO()
        self.writable = "x" in file.mode or "r" not in file.mode
        self.write = self.buffer.write if self.writable else None

    def readline(self):
        while self.newlines == 0:
            b = os.read(self._fd, max(os.fstat(self._fd).st_size, 8192))
            self.newlines = b.count(b"\n") + (not b)
            ptr = self.buffer.tell()
            self.buffer.seek(0, 2), self.buffer.write(b), self.buffer.seek(ptr)
        self.newlines -= 1
        return self.buffer.readline()

    def flush(self):
        if self.writable:
            os.write(self._fd, self.buffer.getvalue())
            self.buffer.truncate(0), self.buffer.seek(0)

class IOWrapper(IOBase):
    def __init__(self, file):
        self.buffer = FastIO(file)
        self.flush = self.buffer.flush
        self.writable = self.buffer.writable
        self.write = lambda s: self.buffer.write(s.encode("ascii"))
        self.readline = lambda: self.buffer.readline().decode("ascii")

sys.stdin, sys.stdout = IOWrapper(sys.stdin), IOWrapper(sys.stdout)
input = lambda: sys.stdin.readline().rstrip("\r\n")
print(int(input()) + int(input()))
"""
)

WRITES = cases(
    r"""
#: without a newline
print(42, end="")

#: trailing blanks
print("42  ")

#: os.write
import os
os.write(1, b"42\n")

#: the buffer
import sys
sys.stdout.buffer.write(b"42\n")

#: open(1)
open(1, "w").write("42\n")

#: open(1), left open
file = open(1, "w")
print(42, file=file)

#: another sys.stdout
import io, sys
sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
print(42)

#: all at once at exit
import atexit, io, os, sys
sys.stdout = out = io.StringIO()
atexit.register(lambda: os.write(1, out.getvalue().encode()))
print(42)
sys.exit()

#: in a thread
import threading
thread = threading.Thread(target=print, args=(42,))
thread.start()
thread.join()

#: in a thread that is not joined
import threading, time
threading.Thread(target=lambda: (time.sleep(0.2), print(42))).start()

#: in a thread that outlives sys.exit
import sys, threading, time
threading.Thread(target=lambda: (time.sleep(0.2), print(42))).start()
sys.exit(0)

#: in an executor that is not shut down
from concurrent.futures import ThreadPoolExecutor
ThreadPoolExecutor().submit(print, 42)

#: in a coroutine
import asyncio

async def main():
    await asyncio.sleep(0)
    print(42)

asyncio.run(main())

#: beside errors
import sys
print("thinking", file=sys.stderr)
print(42)
sys.stderr.write("done")

#: beside warnings
import warnings
warnings.warn("odd")
print(42 if "\d" else 0)

#: and end with exit code 0
import sys
print(42)
sys.exit(0)

#: and exit()
print(42)
exit()

#: and quit(0)
print(42)
quit(0)

#: and raise SystemExit
print(42)
raise SystemExit

#: and os._exit after a flush
import os
print(42, flush=True)
os._exit(0)

#: and close its output
import os, sys
print(42, flush=True)
sys.stdout.close()
os.close(1)

#: in a finalizer
class Late:
    def __del__(self):
        print(42)

late = Late()
"""
)

ENDS = cases(
    r"""
#: prints more before -> wrong_answer: The answer is
print("The answer is:")
print(42)

#: prints more after -> wrong_answer: done
print(42)
print("done")

#: prints nothing -> wrong_answer: printed ''

#: prints to errors only -> wrong_answer: printed ''
import sys
print(42, file=sys.stderr)

#: exits with 1 -> exception: SystemExit: 1
import sys
print(42)
sys.exit(1)

#: exits with a message -> exception: SystemExit: no
import sys
print(42)
sys.exit("no")

#: leaves with 1 -> exception: with code 1
import os
print(42, flush=True)
os._exit(1)

#: leaves without a flush -> wrong_answer: printed ''
import os
print(42)
os._exit(0)

#: raises after the right output -> exception: ZeroDivisionError
print(42)
1 / 0

#: is interrupted after the right output -> exception: KeyboardInterrupt
print(42)
raise KeyboardInterrupt

#: reads past the end -> exception: EOFError
print(42)
input()

#: crashes after the right output -> crashed: killed by SIG
import os
print(42, flush=True)
os.abort()

#: never ends after the right output -> timeout
print(42, flush=True)
while True:
    pass

#: never ends at exit -> timeout
import atexit

@atexit.register
def spin():
    while True:
        pass

print(42)

#: never ends in a thread -> timeout
import threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
print(42)

#: leaves a daemon behind -> passed
import threading, time
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print(42)

#: raises in a finalizer -> passed
class Odd:
    def __del__(self):
        1 / 0

odd = Odd()
print(42)

#: does not compile -> exception: SyntaxError
print(42

#: forges an answer -> wrong_answer: printed ''
import os
os.write(3, (14).to_bytes(4, "big") + b'["ok",42,null]')
os._exit(0)

#: floods its output -> output_limit
while True:
    print("x" * 1000)

#: floods its errors -> output_limit
import sys
while True:
    print("x" * 1000, file=sys.stderr)

#: floods in one write -> output_limit
import os
os.write(1, b"x" * (1 << 22))
"""
)


@pytest.mark.parametrize("case", READS)
def test_a_program_may_read_by(box: Box, case: Case) -> None:
    seen = box.program(case.source, "40\n2\n")
    assert seen.verdict == "passed", seen.execution


@pytest.mark.parametrize("case", WRITES)
def test_a_program_may_write(box: Box, case: Case) -> None:
    seen = box.program(case.source)
    assert seen.verdict == "passed", seen.execution


@pytest.mark.parametrize("case", ENDS)
def test_a_program_that(box: Box, case: Case) -> None:
    seen = box.program(case.source)
    assert (seen.verdict, case.detail in seen.detail) == (case.verdict, True), seen.execution


def test_a_program_that_closes_everything_earns_nothing(box: Box) -> None:
    """Either its exit or our kill comes first; that is chance."""
    source = """
        import os

        print(42, flush=True)
        for number in range(4):
            os.close(number)
    """
    assert box.program(source).verdict in {"crashed", "exception"}


@pytest.mark.parametrize(
    ("stdin", "stdout"),
    [
        ("", "0\n"),
        ("40 2", "42"),
        ("40\r\n2\r\n", "42\r\n"),
        ("\n\n40\n\n2\n\n", "42\n\n"),
        ("1\n" * 100_000, "100000\n"),
    ],
    ids=["empty", "no newline", "carriage returns", "blank lines", "many lines"],
)
def test_a_program_reads_any_input(box: Box, stdin: str, stdout: str) -> None:
    assert box.program("import sys\nprint(sum(map(int, sys.stdin.read().split())))", stdin, stdout).verdict == "passed"


def test_a_program_copies_8_mb(box: Box) -> None:
    text = "zähle bis drei\n" * 500_000
    copy = "import sys\nsys.stdout.write(sys.stdin.read())"
    seen = box.program(copy, text, text, cpu_s=5.0, total_cpu_s=5.0, output_kb=16 * 1024)
    assert seen.verdict == "passed"
    assert seen.execution.cpu_s < 2


def test_a_program_may_write_any_character(box: Box) -> None:
    text = "".join(map(chr, [*range(33, 127), 0xE4, 0x2603, 0x1F600])) + "\n"
    assert box.program("print(input())", text, text).verdict == "passed"


def test_bytes_that_are_not_text_are_copied_unchanged(box: Box) -> None:
    text = "\udcff\udc80\n"
    assert box.program("print(input())", text, text).verdict == "passed"
    assert box.program("import os\nos.write(1, b'\\xff')", "", "\ufffd").verdict == "wrong_answer"


def test_every_run_of_a_program_is_fresh(box: Box) -> None:
    problem = Problem((StdinTest("1", "1"), StdinTest("2", "1"), StdinTest("3", "1")))
    source = "import builtins\nbuiltins.n = getattr(builtins, 'n', 0) + 1\nprint(builtins.n)"
    assert box.see(problem, source).verdicts == ["passed"] * 3


def test_runs_of_a_program_do_not_count_as_restarts(box: Box) -> None:
    problem = Problem((StdinTest("", "42"),) * 12)
    assert box.see(problem, "print(42)", restarts=1).verdicts == ["passed"] * 12


@pytest.mark.parametrize(
    "answer",
    [
        "class Ring:\n    def __init__(self): self.me = self\n    def __del__(self): print(42)\nRing()",
        "import weakref\nclass A: pass\na = A()\na.me = a\nweakref.finalize(a, print, 42)\ndel a",
        "def g():\n    try:\n        yield\n    finally:\n        print(42)\nit = [g()]\nnext(it[0])\nit.append(it)",
        "import logging\nclass Late(logging.Handler):\n    def flush(self): print(42)\nlogging.root.addHandler(Late())",
    ],
    ids=["ring", "finalizer", "generator", "logging"],
)
def test_output_of_the_last_finalizers_is_not_lost(box: Box, answer: str) -> None:
    assert box.program(answer).verdict == "passed"
