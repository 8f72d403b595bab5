"""Answers that keep the examiner waiting, or full: it is they that fail, and not the grader."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

LENT = "import threading\ndef check(candidate):\n    lent = threading.{}()\n    assert candidate(lent) == 3\n"
CALLED_BACK = """
import threading
def check(candidate):
    event = threading.Event()
    def back(lent):
        return candidate(lent)
    assert candidate((back, event)) == 3
"""
MANY = "def check(candidate):\n    assert [candidate(number) for number in range(200)] == [1]\n"


class Case(NamedTuple):
    """A test, an answer, and the verdict."""

    test: str
    answer: str
    verdict: str


ASKED = "import queue, time\ndef check(candidate):\n    {}\n"

CASES = {
    "never puts into the queue that the test reads": Case(
        ASKED.format("q = queue.Queue(); candidate(q.put); assert q.get() == 3"), "def f(x):\n    return x\n", "timeout"
    ),
    "puts into the queue that the test reads": Case(
        ASKED.format("q = queue.Queue(); candidate(q.put); assert q.get() == 3"), "def f(x):\n    x(3)\n", "passed"
    ),
    "returns the seconds that the test sleeps": Case(
        ASKED.format("time.sleep(candidate(1)); assert candidate(1) == 3"), "def f(x):\n    return x * 1e9\n", "timeout"
    ),
    "is never done, as the test asks": Case(
        ASKED.format("o = candidate(1)\n    while not o.done(): time.sleep(0.05)\n    assert o.done()"),
        "class Job:\n    def done(self):\n        return False\n\n\ndef f(x):\n    return Job()\n",
        "timeout",
    ),
    "returns a number of naps": Case(
        ASKED.format("for _ in range(candidate(1)): time.sleep(0.05)\n    assert candidate(1) == 3"),
        "def f(x):\n    return x * 10**9\n",
        "timeout",
    ),
    "is asked by a test that has a handler of its own for alarms": Case(
        "import signal, time\ndef check(candidate):\n    def late(*_):\n        raise ValueError\n"
        "    signal.signal(signal.SIGALRM, late)\n    time.sleep(1.5)\n    assert candidate(3) == 3\n",
        "def f(x):\n    return x\n",
        "passed",
    ),
    "is asked by a test that sleeps between": Case(
        ASKED.format("for n in range(4): time.sleep(0.6); assert candidate(n) == n"),
        "def f(x):\n    return x\n",
        "passed",
    ),
    "acquires a lock twice": Case(LENT.format("Lock"), "def f(x):\n    x.acquire()\n    x.acquire()\n", "timeout"),
    "enters a lock twice": Case(LENT.format("Lock"), "def f(x):\n    with x, x:\n        return 3\n", "timeout"),
    "waits for ever": Case(LENT.format("Event"), "def f(x):\n    x.wait()\n    return 3\n", "timeout"),
    "waits for a while, for ever": Case(
        LENT.format("Event"), "def f(x):\n    while True:\n        x.wait(0.2)\n", "timeout"
    ),
    "waits for ever and hides it": Case(
        LENT.format("Event"),
        "def f(x):\n    try:\n        x.wait()\n    except BaseException:\n        pass\n    return f(x)\n",
        "timeout",
    ),
    "waits for ever when called back": Case(
        CALLED_BACK, "def f(x):\n    return x[0](x[1]) if isinstance(x, tuple) else x.wait()\n", "timeout"
    ),
    "waits for a while": Case(
        LENT.format("Event"), "def f(x):\n    x.wait(0.2)\n    x.set()\n    x.wait()\n    return 3\n", "passed"
    ),
    "sleeps when called back": Case(
        CALLED_BACK,
        "import time\ndef f(x):\n    return x[0](x[1]) if isinstance(x, tuple) else time.sleep(1) or 3\n",
        "passed",
    ),
    "returns long texts of wide characters": Case(
        MANY, "s = '\\U0001f600' + 'x' * 15_000_000\ndef f(x):\n    return s\n", "output_limit"
    ),
    "sends more objects than can be held": Case(
        MANY,
        "import os\nb = b'[\"ok\",[' + b','.join([b'{\"q\":[[],null]}'] * 980_000) + b'],null]'\n"
        "def f(x):\n    m = len(b).to_bytes(4, 'big') + b\n    while m:\n        m = m[os.write(3, m):]\n",
        "output_limit",
    ),
}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """A grader with little patience."""
    with Grader(GraderConfig.load(None, {"GRADER_POLICY": "off", "GRADER_LIMITS_WALL_S": "3"})) as grader:
        yield grader


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that(grader: Grader, name: str) -> None:
    case = CASES[name]
    reference = {"test": case.test, "entry_point": "f", "prompt": ""}
    grade = grader.grade(Sample(name, f"```python\n{case.answer}```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert [test.verdict for test in grade.tests] == [case.verdict], grade.reason
