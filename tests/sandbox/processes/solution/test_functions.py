"""Verdicts of answers that are functions and end, fail, cheat or idle in various ways."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from testcases.model import AssertTest, CallTest, CheckTest, Problem
from tests.sandbox.conftest import Case, cases

if TYPE_CHECKING:
    from tests.sandbox.conftest import Box

FORGE = """
import json, os

def frame(*fields):
    body = json.dumps(fields).encode()
    return len(body).to_bytes(4, "big") + body

RIGHT = frame("ok", 42, None)
WRONG = frame("ok", 41, None)
"""

ENDS = cases(
    r"""
#: returns -> passed
def f():
    return 42

#: returns something else -> wrong_answer: returned 41, expected 42
def f():
    return 41

#: returns nothing -> wrong_answer: returned None
def f():
    pass

#: returns a lookalike -> wrong_answer: an object of type Liar
class Liar:
    __eq__ = lambda s, o: True
    __hash__ = None

def f():
    return Liar()

#: returns a subclass of int -> wrong_answer: type I
class I(int):
    pass

def f():
    return I(42)

#: raises -> exception: KeyError: 'x' (line 2)
def f():
    return {}['x']

#: raises at import -> exception: ZeroDivisionError
1 / 0

def f():
    return 42

#: raises a class of its own -> exception: Odd: no
class Odd(BaseException):
    pass

def f():
    raise Odd('no')

#: hangs in the text of what it raises -> timeout
class Slow(Exception):
    def __str__(self):
        while True:
            pass

def f():
    raise Slow

#: raises in the text of what it raises -> exception: KeyError in its own text
class Odd(Exception):
    def __str__(self):
        raise KeyError

def f():
    raise Odd

#: does not compile -> exception: SyntaxError
def f(:

#: defines nothing -> exception: f is not defined
g = 1

#: defines no function -> exception: f cannot be called
f = 42

#: SystemExit -> exception: SystemExit
import sys

def f():
    sys.exit(0)

#: SystemExit at import -> exception: SystemExit
import sys
sys.exit(0)

def f():
    return 42

#: quit -> exception: SystemExit
def f():
    quit()

#: os._exit with 0 -> exception: with code 0
import os

def f():
    os._exit(0)

#: os._exit at import -> exception: with code 0
import os
os._exit(0)

#: signal itself -> exception: raise_signal
import signal

def f():
    signal.raise_signal(signal.SIGKILL)

#: abort -> crashed: killed by SIG
import os

def f():
    os.abort()

#: endless loop -> timeout: used up its time
def f():
    while True:
        pass

#: endless loop that swallows everything -> timeout
def f():
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue

#: endless loop that ignores signals -> timeout
import signal
for number in set(signal.valid_signals()) - {9, 19}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass

def f():
    while True:
        pass

#: endless loop in one C call -> timeout
def f():
    return sum(range(10**12))

#: endless loop in a regular expression -> timeout
import re

def f():
    re.match('(a+)+$', 'a' * 60 + 'b')

#: endless loop at import -> timeout
while True:
    pass

#: endless loop in a thread -> timeout
import threading

def spin():
    while True:
        pass

def f():
    t = threading.Thread(target=spin)
    t.start()
    t.join()

#: sleep for ever -> timeout: used up its time
import time

def f():
    time.sleep(1000)

#: wait for ever -> timeout
import threading

def f():
    threading.Lock().acquire() or 1
    e = threading.Event()
    e.wait()

#: short sleep -> passed
import time

def f():
    time.sleep(0.3)
    return 42

#: endless loop at exit -> passed
import atexit

@atexit.register
def spin():
    while True:
        pass

def f():
    return 42

#: memory -> memory: MemoryError
def f():
    return len(bytearray(1 << 40))

#: memory, swallowing the error -> timeout
def f():
    hog = []
    size = 1 << 24
    while True:
        try:
            hog.append(bytearray(size))
        except MemoryError:
            size = max(1 << 12, size // 2)

#: memory, then the right value -> passed
def f():
    hog = []
    try:
        while True:
            hog.append(bytes(1 << 20))
    except MemoryError:
        hog.clear()
    return 42

#: huge return value -> output_limit: returned more
def f():
    return 'x' * (1 << 23)

#: huge integer -> output_limit
def f():
    return 1 << (1 << 24)

#: deep return value -> exception: nested more than
def f():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep

#: return value that holds itself -> exception: nested
def f():
    a = []
    a.append(a)
    return a

#: endless generator -> wrong_answer: type generator
def f():
    while True:
        yield 42

#: list that grows while it is read -> wrong_answer: type L
class L(list):
    def __iter__(self):
        while True:
            yield 42

def f():
    return L([42])

#: deep recursion -> exception: RecursionError
def f(n=0):
    return f(n + 1)

#: recursion limit tiny -> passed
import sys

def f():
    sys.setrecursionlimit(60)
    return 42

#: recursion limit huge, for honest use -> passed
import sys
sys.setrecursionlimit(10**6)

def g(n):
    return n and 1 + g(n - 1)

def f():
    return g(20_000) - 19_958

#: prints bytes that are no text -> passed
import os

def f():
    os.write(1, bytes(range(256)))
    return 42

#: returns a lone surrogate -> wrong_answer
def f():
    return '\ud800'

#: closes all descriptors and sleeps -> crashed: closed the channel
import os, time

def f():
    for number in range(4):
        os.close(number)
    time.sleep(1000)

#: closes its standard streams -> passed
import os, sys

def f():
    sys.stdout.close()
    sys.stderr.close()
    os.close(1)
    os.close(2)
    return 42

#: replaces its standard streams -> passed
import io, sys

def f():
    sys.stdout = sys.stderr = io.StringIO()
    print(1)
    return 42

#: prints a lone surrogate -> exception: UnicodeEncodeError
def f():
    print('\ud800')
    return 42

#: prints a byte that came in as a surrogate -> passed
def f():
    print('\udcff')
    return 42
"""
)


@pytest.mark.parametrize("case", ENDS)
def test_an_answer_that(box: Box, case: Case) -> None:
    seen = box.call(case.source)
    assert (seen.verdict, case.detail in seen.detail) == (case.verdict, True), seen.execution


SPIN = """
import time

def f():
    end = time.process_time() + {seconds}
    while time.process_time() < end:
        pass
    return 42
"""


def test_an_answer_that_closes_all_descriptors_earns_nothing(box: Box) -> None:
    """Either its exit or our kill comes first; that is chance."""
    source = "import os\ndef f():\n    for number in range(4):\n        os.close(number)\n    return 42"
    assert box.call(source).verdict in {"crashed", "exception"}


def test_recursion_without_end_and_without_limit_ends(box: Box) -> None:
    seen = box.call("import sys\nsys.setrecursionlimit(2**31 - 1)\ndef f(n=0):\n    return f(n + 1)")
    assert seen.verdict in {"crashed", "memory", "timeout", "exception"}


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_ends_at_the_limit(box: Box, stream: str) -> None:
    seen = box.call(f"import sys\ndef f():\n    while True:\n        sys.{stream}.write('x' * 1000)")
    assert seen.verdict == "output_limit"
    assert seen.output == "x" * 2048
    assert box.call(f"import sys\ndef f():\n    sys.{stream}.write('x' * 1_000_000)\n    return 42").verdict == "passed"


def test_a_lost_process_costs_one_test_and_is_replaced_for_the_next(box: Box) -> None:
    problem = Problem((CallTest((1,), 1), CallTest((2,), 2), CallTest((3,), 3)), entry_point="f")
    seen = box.see(problem, "import os\ndef f(n):\n    if n == 2:\n        os._exit(0)\n    return n")
    assert seen.verdicts == ["passed", "exception", "passed"]


def test_the_number_of_replaced_processes_is_limited(box: Box) -> None:
    seen = box.call("import os\ndef f():\n    os._exit(0)", times=12, restarts=3)
    assert seen.verdicts == ["exception"] * 4 + ["not_run"] * 8


def test_after_a_timeout_the_rest_is_not_run(box: Box) -> None:
    seen = box.call("def f():\n    while True:\n        pass", times=3)
    assert seen.verdicts == ["timeout", "not_run", "not_run"]


def test_all_tests_share_one_budget_of_cpu_seconds(box: Box) -> None:
    seen = box.call(SPIN.format(seconds=0.25), times=8, cpu_s=0.5, total_cpu_s=1.0)
    passed = seen.verdicts.count("passed")
    assert passed in {3, 4}
    assert set(seen.verdicts[passed:]) <= {"timeout", "not_run"}
    assert 0.9 < seen.execution.cpu_s < 1.2


def test_sleeping_uses_no_cpu_seconds(box: Box) -> None:
    seen = box.call("import time\ndef f():\n    time.sleep(0.3)\n    return 42", times=3, cpu_s=0.2, total_cpu_s=0.2)
    assert seen.verdicts == ["passed"] * 3


def test_memory_is_on_top_of_what_a_fresh_process_has(box: Box) -> None:
    hold = "def f(n):\n    return len(bytearray(n << 20)) >> 20"
    problem = Problem((CallTest((200,), 200), CallTest((300,), 300)), entry_point="f")
    assert box.see(problem, hold, memory_mb=256).verdicts == ["passed", "memory"]
    assert box.see(problem, "import threading\n" + hold, memory_mb=256).verdicts == ["passed", "memory"]


# Forged answers

FORGERIES = cases(
    r"""
#: at import
for _ in range(50):
    os.write(3, RIGHT[:0] + WRONG)

def f():
    return 41

#: before the call
os.write(3, WRONG)

def f():
    return 41

#: during the call
def f():
    os.write(3, WRONG)
    return 41

#: a list for the loaded names
os.write(3, frame("ok", [], None))

def f():
    return 41

#: arguments that are none
def f():
    os.write(3, frame("ok", 41, [1, 2, 3, 4]))
    return 41

#: references to anything
def f():
    os.write(3, frame("ok", {"r": ["__class__", "x", True]}, None))
    return 41

#: an exception of a name that is none
def f():
    os.write(3, frame("raised", "a\0b", "int", "x", 1))
    return 41

#: no list
def f():
    os.write(3, frame()[:0] + (2).to_bytes(4, "big") + b"42")
    return 41

#: no JSON
def f():
    os.write(3, (4).to_bytes(4, "big") + b"\xff{]!")
    return 41

#: deep JSON
def f():
    os.write(3, (60_000).to_bytes(4, "big") + b"[" * 60_000)
    return 41

#: an empty message
def f():
    os.write(3, bytes(4))
    return 41

#: half a message, then sleep
import time

def f():
    os.write(3, RIGHT[:7])
    time.sleep(1000)

#: half a header, then sleep
import time

def f():
    os.write(3, RIGHT[:2])
    time.sleep(1000)

#: half a message, then the end
def f():
    os.write(3, RIGHT[:7])
    os._exit(0)

#: a huge length
import time

def f():
    os.write(3, b"\xff\xff\xff\xff" + RIGHT)
    time.sleep(1000)

#: a stream without end
def f():
    while True:
        os.write(3, b'\0' * 4096)

#: messages without end
def f():
    while True:
        os.write(3, WRONG)

#: to every descriptor
def shout():
    for number in range(33):
        try:
            os.write(number, WRONG)
        except OSError:
            pass
shout()

def f():
    shout()
    return 41

#: from a thread, later
import threading, time

def shout():
    while True:
        os.write(3, WRONG)
        time.sleep(0.01)
threading.Thread(target=shout, daemon=True).start()

def f():
    time.sleep(0.1)
    return 41
"""
)


@pytest.mark.parametrize("case", FORGERIES)
def test_forged_messages_pass_no_test_and_hang_nothing(box: Box, case: Case) -> None:
    started = time.monotonic()
    seen = box.call(FORGE + case.source, times=3)
    assert "passed" not in seen.verdicts
    assert time.monotonic() - started < 20
    assert box.call("def f():\n    return 42").verdict == "passed"


@pytest.mark.parametrize("case", FORGERIES)
def test_forged_messages_deceive_no_test_code(box: Box, case: Case) -> None:
    check = CheckTest("def check(g):\n    assert g() == 42\n    assert isinstance(g(), int) and g() > 41\n")
    seen = box.see(Problem((AssertTest("assert f() == 42"), check), entry_point="f"), FORGE + case.source)
    assert "passed" not in seen.verdicts


def test_a_forged_right_value_is_only_a_value(box: Box) -> None:
    """An answer that knows the right value may return it; every test calls it again."""
    source = FORGE + "def f(n):\n    os.write(3, frame('ok', 1, None))\n    return 0"
    problem = Problem((CallTest((1,), 1), CallTest((2,), 2), CallTest((3,), 3)), entry_point="f")
    assert box.see(problem, source).verdicts.count("passed") <= 1


# Meddling

MEDDLING = cases(
    r"""
#: builtins
import builtins
for name in ('len', 'isinstance', 'type', 'map', 'set', 'min', 'max', 'print', 'list', 'bytes'):
    setattr(builtins, name, lambda *a, **k: 42)

#: json
json.dumps = json.loads = lambda *a, **k: 42
json.JSONEncoder.encode = json.JSONEncoder.iterencode = lambda *a: '["ok",42,null]'
json.encoder.c_make_encoder = None

#: sys
import sys
sys.modules.clear()
sys.stdout = sys.stderr = sys.stdin = None
sys.setrecursionlimit(50)

#: io
import io, os
io.TextIOWrapper = io.BytesIO = None
os.write = lambda *a: 1 << 30
os.read = lambda *a: b''

#: comparison
import operator, math
operator.eq = lambda a, b: True
math.isclose = lambda *a, **k: True

#: the codec
import gc
for thing in gc.get_objects():
    if isinstance(thing, dict) and thing.get('__name__') == 'sandbox.wire.values':
        thing['_write'] = lambda *a: '["ok",42,null]'

#: the frames below
import sys
frame = sys._getframe()
while frame:
    for name, value in frame.f_locals.items():
        if name == 'self':
            value.call = lambda *a: (42, [42])
    frame = frame.f_back
"""
)


@pytest.mark.parametrize("case", MEDDLING)
def test_changes_to_the_interpreter_do_not_reach_the_harness(box: Box, case: Case) -> None:
    """An answer may make its own process return 42 for everything; each test expects another value."""
    problem = Problem((CallTest((7,), 7), CallTest((8,), 8)), entry_point="f")
    seen = box.see(problem, f"{case.source}\ndef f(n):\n    return None")
    assert "passed" not in seen.verdicts
    assert box.call("def f():\n    return len([1]) + 41").verdict == "passed"


# What honest answers use

HONEST = cases(
    r"""
#: dataclass with annotations as text
from __future__ import annotations
from dataclasses import dataclass, field

@dataclass
class P:
    x: int
    ys: list[int] = field(default_factory=list)

def f():
    return P(40, [1, 1]).x + 2

#: enum
import enum

class E(enum.Enum):
    A = 42

class I(enum.IntFlag):
    B = 1

def f():
    return E['A'].value

#: type hints
from __future__ import annotations
import typing

class P:
    x: Q

class Q:
    y: int

def f():
    return 42 if typing.get_type_hints(P)['x'] is Q else 0

#: pickle
import copy, pickle

class P:
    def __init__(self, x):
        self.x = x

def f():
    return copy.deepcopy(pickle.loads(pickle.dumps(P(42)))).x

#: named tuple
from typing import NamedTuple

class P(NamedTuple):
    x: int

def f():
    return P(42).x

#: main guard
def f():
    return 42
if __name__ == '__main__':
    raise SystemExit(input())

#: encodings
def f():
    for name in ('ascii', 'latin-1', 'utf-16', 'utf-32', 'utf-7', 'cp1252', 'idna', 'punycode', 'unicode_escape'):
        assert 'abc'.encode(name).decode(name) == 'abc', name
    import codecs
    codecs.encode('a', 'rot13')
    codecs.encode(b'a', 'hex')
    codecs.encode(b'a', 'base64')
    return 42

#: strptime
import datetime, time

def f():
    time.strptime('2024', '%Y')
    return datetime.datetime.strptime('2024-02-29', '%Y-%m-%d').day + 13

#: mock
from unittest import mock
import unittest

def f():
    with mock.patch('random.random', return_value=42):
        import random
        return random.random()

#: decimal
from decimal import Decimal, localcontext
from fractions import Fraction

def f():
    with localcontext() as c:
        c.prec = 50
        return int(Decimal('41.5') + Decimal('0.5')) + Fraction(0)

#: time zones
from datetime import datetime, timezone, timedelta

def f():
    return datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2))).utcoffset().seconds // 7200 + 41

#: asyncio
import asyncio

async def g():
    await asyncio.sleep(0.01)
    q = asyncio.Queue()
    await q.put(20)
    a, b = await asyncio.gather(q.get(), asyncio.to_thread(lambda: 22))
    return a + b

def f():
    return asyncio.run(g())

#: a generator to await
import asyncio, types

@types.coroutine
def switch():
    yield
    return 21

async def g():
    return sum(await asyncio.gather(switch(), switch()))

def f():
    return asyncio.run(g())

#: a copy by marshal
import marshal

def f():
    grid = [[1, 2], (3, "c"), {"c": {4}}]
    return 42 if marshal.loads(marshal.dumps(grid)) == grid else 0

#: what a function is made of
import dis, inspect

def g(a, b=2, *c, d, **e):
    return a

def f():
    code = g.__code__
    names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount], list(inspect.signature(g).parameters)
    assert names == (("a", "b", "d"), ["a", "b", "c", "d", "e"]) and list(dis.get_instructions(g))
    return 42

#: its own frames
import inspect, logging, sys, traceback

def g():
    return sys._getframe().f_code.co_name + inspect.currentframe().f_back.f_code.co_name

def f():
    logging.getLogger("x").warning("where %s", g())
    try:
        raise ValueError
    except ValueError as error:
        text = traceback.format_exc() + str(traceback.extract_tb(error.__traceback__))
        assert error.__traceback__.tb_frame.f_code is f.__code__
    assert "ValueError" in text and inspect.stack()[0].function == "f"
    return 42 if g() == "gf" else g()

#: the state of generators and coroutines
import inspect

def g():
    yield 1

async def c():
    pass

def f():
    running, coroutine = g(), c()
    states = [inspect.getgeneratorstate(running), inspect.getcoroutinestate(coroutine)]
    coroutine.close()
    assert running.gi_frame.f_locals == {} and running.gi_code is g.__code__
    return 42 if states == ["GEN_CREATED", "CORO_CREATED"] else states

#: asyncio, timeouts
import asyncio

async def g():
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.05)
    except asyncio.TimeoutError:
        return 42

def f():
    return asyncio.run(g())

#: executor
from concurrent.futures import ThreadPoolExecutor, as_completed

def f():
    with ThreadPoolExecutor(4) as pool:
        return sum(x.result() for x in as_completed([pool.submit(pow, n, 1) for n in range(9)])) + 6

#: timer
import threading

def f():
    got = []
    t = threading.Timer(0.05, got.append, [42])
    t.start()
    t.join()
    return got[0]

#: queue
import queue, threading

def f():
    q = queue.Queue()
    ts = [threading.Thread(target=q.put, args=(n,)) for n in range(8)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    return sum(q.get() for _ in ts) + 14

#: locks and local data
import threading

def f():
    lock, local, out = threading.RLock(), threading.local(), []
    def work(n):
        local.n = n
        with lock:
            out.append(local.n)
    ts = [threading.Thread(target=work, args=(n,)) for n in (20, 22)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    return sum(out)

#: threads one after the other
import threading

def f():
    for _ in range(100):
        t = threading.Thread(target=int)
        t.start()
        t.join()
    return 42

#: deep recursion in a thread
import sys, threading
sys.setrecursionlimit(10**6)
threading.stack_size(1 << 26)
out = []

def g(n):
    return n and 1 + g(n - 1)

def f():
    t = threading.Thread(target=lambda: out.append(g(30_000)))
    t.start()
    t.join()
    return out[0] - 29_958

#: cached recursion in a thread
import functools, threading
out = []

@functools.cache
def g(n):
    return n and 1 + g(n - 1)

def f():
    t = threading.Thread(target=lambda: out.append(g(300)))
    t.start()
    t.join()
    return out[0] - 258

#: alarm
import signal

class Late(Exception):
    pass

def ring(*_):
    raise Late

def f():
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        while True:
            pass
    except Late:
        return 42

#: hashlib
import hashlib, hmac, zlib

def f():
    hmac.new(b'k', b'm', 'sha256').hexdigest()
    return len(hashlib.md5(b'').hexdigest() + hashlib.sha256(b'').hexdigest()) - 54

#: redirected output
import contextlib, io

def f():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print(42)
    return int(out.getvalue())

#: logging and warnings
import logging, warnings

def f():
    logging.warning('w')
    warnings.warn('w')
    return 42

#: files in memory
import csv, io

def f():
    return int(next(csv.reader(io.StringIO('42,1')))[0])

#: a file that is not there
def f():
    try:
        open('input.txt')
    except OSError:
        return 42

#: collected garbage
import gc, weakref

class N:
    pass

def f():
    n = N()
    n.me = n
    r = weakref.ref(n)
    del n
    gc.collect()
    return 42 if r() is None else 0

#: star imports
from math import *
from collections import *
from itertools import *
from typing import *

def f():
    return int(sqrt(1764))

#: import in a function
def f():
    import collections.abc, os.path, importlib
    return importlib.import_module('math').floor(42.5)
"""
)


@pytest.mark.parametrize("case", HONEST)
def test_honest_answers_may_use(box: Box, case: Case) -> None:
    seen = box.call(case.source, memory_mb=64)
    assert seen.verdict == "passed", (seen.execution, seen.output)


def test_a_byte_order_mark_is_ignored(box: Box) -> None:
    assert box.call("\ufeffdef f():\n    return 42").verdict == "passed"


@pytest.mark.parametrize(
    "name",
    ["_socket", "_ctypes", "mmap", "fcntl", "sqlite3", "ssl", "sandbox.wire.values", "testcases", "xmlrpc.client",
     "numpy", "_posixsubprocess", "nowhere"],
)  # fmt: skip
def test_other_modules_cannot_be_imported(box: Box, name: str) -> None:
    seen = box.call(f"import {name}\ndef f():\n    return 42")
    assert seen.verdict == "exception"
    assert f"ModuleNotFoundError: No module named '{name.partition('.')[0]}" in seen.detail


@pytest.mark.parametrize(
    ("module", "act"),
    [
        ("multiprocessing", "multiprocessing.Pool(2)"),
        ("multiprocessing", "multiprocessing.Process(target=print).start()"),
        ("socket", "socket.socket()"),
        ("selectors", "selectors.DefaultSelector()"),
        ("urllib.request", "urllib.request.http.client.HTTPConnection('::1').sock.fileno()"),
    ],
)
def test_what_an_import_gives_refuses_to_act_on_others(box: Box, module: str, act: str) -> None:
    source = (
        f"import {module}\ndef f():\n    try:\n        {act}\n    except (OSError, AttributeError):\n        return 42"
    )
    assert box.call(source).verdict == "passed"


@pytest.mark.parametrize(
    "expression", ["hasattr(ctypes, 'CDLL')", "'_ctypes' in sys.modules", "hasattr(resource, 'prlimit')"]
)
def test_replacements_have_nothing_of_the_originals(box: Box, expression: str) -> None:
    source = f"import sys, ctypes, resource\ndef f():\n    return 0 if {expression} else ctypes.c_int8(298).value"
    assert box.call(source).verdict == "passed"


def test_a_module_that_is_only_mentioned_is_not_loaded(box: Box) -> None:
    source = "import sys\ndef f():\n    return 42 if not {'ctypes', 'socket'} & set(sys.modules) else 0"
    assert box.call(source).verdict == "passed"


def test_an_import_that_may_fail_can_be_caught(box: Box) -> None:
    seen = box.call("try:\n    import numpy as np\nexcept ImportError:\n    np = None\ndef f():\n    return 42")
    assert seen.verdict == "passed"


# The same each time

CHANCE = """
    import json, random, sys

    def f():
        chance = [hash("x"), hash(b"x"), random.random(), random.sample(range(99), 5), list({"a", "b", "c", "d"})]
        print(json.dumps([chance, sys.getrecursionlimit(), __name__, sys.argv]))
"""


def test_random_numbers_are_the_same_in_each_run_executor_and_sandbox(box: Box, own_box: Box) -> None:
    job = box.job(Problem((CallTest((), None),), entry_point="f"), CHANCE)
    seen = {execution.output for box in (box, own_box) for execution in box.execute([job] * 6)}
    assert len(seen) == 1
    assert "solution" in seen.pop()


# Nothing leaks

PROBE = """
    import builtins, json, os, sys

    def f():
        found = [hasattr(builtins, "leak"), hasattr(json, "leak"), "leak" in sys.modules, "leak" in os.environ,
                 os.path.exists("leak"), json.dumps({}) == "{}", sys.getrecursionlimit(), globals().get("leak")]
        sys.modules["leak"] = builtins.leak = json.leak = globals()["leak"] = os.environ["leak"] = "x"
        json.dumps = None
        sys.setrecursionlimit(5000)
        try:
            open("leak", "w").close()
        except OSError:
            pass
        return found
"""


def test_nothing_of_one_answer_reaches_the_next(box: Box) -> None:
    clean = [False] * 5 + [True, 1000, None]
    problem = Problem((CallTest((), clean),), entry_point="f")
    executions = box.execute([box.job(problem, PROBE)] * 5)
    assert [execution.report[0][0] for execution in executions] == ["passed"] * 5, executions


def test_between_two_calls_an_answer_keeps_its_state(box: Box) -> None:
    problem = Problem((CallTest((), 1), CallTest((), 2)), entry_point="f")
    assert box.see(problem, "n = 0\ndef f():\n    global n\n    n += 1\n    return n").verdicts == ["passed"] * 2


def test_limits_of_a_job_are_its_own(box: Box) -> None:
    problem = Problem((CallTest((), 42),), entry_point="f")
    spin = SPIN.format(seconds=0.4)
    tight, loose = (replace(box.job(problem, spin).limits, cpu_s=cpu_s) for cpu_s in (0.2, 2.0))
    executions = box.execute([box.job(problem, spin, limits) for limits in (tight, loose, tight, loose)])
    assert [execution.report[0][0] for execution in executions] == ["timeout", "passed"] * 2
