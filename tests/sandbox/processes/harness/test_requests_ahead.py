"""Requests that are sent before the tests make them: the results are those of one request at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox.processes.harness.requests_ahead import RequestsAhead
from sandbox.wire.framing import frame
from testcases.model import AssertTest, CallTest, CheckTest, Problem
from tests.sandbox.conftest import SHORT

if TYPE_CHECKING:
    from tests.sandbox.conftest import Box

CALLS = Problem(tuple(CallTest(([n, n + 1],), 2 * n + 1) for n in range(6)), entry_point="f")
CHECK = Problem(
    (
        CheckTest(
            "def check(candidate):\n"
            "    x = [3, 4]\n"
            + "".join(f"    assert candidate([{n}, {n + 1}]) == {2 * n + 1}\n" for n in range(3))
            + "    assert candidate(x) == 7\n    assert x == [3, 4]\n    assert candidate(x) == 7\n"
            "    assert abs(candidate([4, 5]) - 9) < 1e-6\n"
        ),
    ),
    entry_point="f",
)
ASSERTIONS = Problem(
    (
        *(AssertTest(f"assert f([{n}, {n + 1}]) == {2 * n + 1}") for n in range(3)),
        AssertTest("assert f([3, 4]) == 7 and f([4, 5]) == 9"),
        AssertTest("assert all(f([n]) == n for n in range(5))"),
        AssertTest("assert len(str(f([5]))) == 1"),
        AssertTest("assert f([5, 6]) == 11"),
    ),
    entry_point="f",
)
SEVERAL = Problem(
    (
        AssertTest("assert f([1, 2]) == 3"),
        AssertTest("assert g([1, 2]) == 4"),
        CheckTest("def check(candidate):\n    assert candidate([2, 3]) == 5\n    assert g([1]) == 2\n"),
        AssertTest("assert f([3, 4]) == 7"),
    ),
    entry_point="f",
)
PROBLEMS = {"several names": SEVERAL, "calls": CALLS, "check": CHECK, "assertions": ASSERTIONS}
ANSWERS = {
    "right": "def f(x):\n    return sum(x)\n",
    "two functions": "def f(x):\n    return sum(x)\ndef g(x):\n    return f(x) + 1\n",
    "wrong": "def f(x):\n    return sum(x) + 1\n",
    "wrong once": "def f(x):\n    return sum(x) + (x == [3, 4])\n",
    "raises once": "def f(x):\n    return sum(x) // (x != [3, 4])\n",
    "counts its calls": "calls = []\ndef f(x):\n    calls.append(x)\n    return sum(x) if len(calls) < 4 else 9\n",
    "changes its argument": "def f(x):\n    s = sum(x)\n    x.append(1)\n    return s\n",
    "empties its argument": "def f(x):\n    s = sum(x)\n    x.clear()\n    return s\n",
    "returns its argument": "def f(x):\n    return x\n",
    "returns an object": "class C:\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return C()\n",
    "returns a generator": "def f(x):\n    return iter(x)\n",
    "is asynchronous": "async def f(x):\n    return sum(x)\n",
    "returns a function": "def f(x):\n    return f\n",
    "ends its process": "import os\ndef f(x):\n    return sum(x) if x != [1, 2] else os._exit(0)\n",
    "ends its process with code 0 at once": "import os\nos._exit(0)\ndef f(x):\n    return sum(x)\n",
    "loops once": "def f(x):\n    while x == [2, 3]:\n        pass\n    return sum(x)\n",
    "sleeps once": "import time\ndef f(x):\n    time.sleep(30 if x == [2, 3] else 0)\n    return sum(x)\n",
    "takes a moment": "import time\ndef f(x):\n    time.sleep(0.02)\n    return sum(x)\n",
    "loops at import": "while True:\n    pass\n",
    "raises at import": "def f(x):\n    return sum(x)\n1 / 0\n",
    "is not there": "def g(x):\n    return sum(x)\n",
    "is no function": "f = 7\n",
    "is a class": "class f:\n    def __init__(self, x):\n        self.x = x\n",
    "is a callable object": "class F:\n    def __call__(self, x):\n        return sum(x)\nf = F()\n",
    "is a built-in function": "f = sum\n",
    "is a lambda with two names": "g = f = lambda x: sum(x)\n",
    "replaces itself": "def f(x):\n    global f\n    f = lambda x: 0\n    return sum(x)\n",
    "prints": "def f(x):\n    print(x)\n    return sum(x)\n",
    "prints too much": "def f(x):\n    print('a' * 10**7) if x == [2, 3] else 0\n    return sum(x)\n",
    "returns too much": "def f(x):\n    return 'a' * 10**7 if x == [2, 3] else sum(x)\n",
    "returns much each time": "def f(x):\n    return [0] * 100_000 if x == [1, 2] else sum(x)\n",
    "runs out of memory": "def f(x):\n    return [0] * 10**10 if x == [2, 3] else sum(x)\n",
    "recurses for ever": "def f(x):\n    return f(x) if x == [2, 3] else sum(x)\n",
    "writes a file": "def f(x):\n    with open('n', 'a') as file:\n        file.write('1')\n    return sum(x)\n",
    "leaves a thread": "import threading\ndef f(x):\n    threading.Thread(target=print).start()\n    return sum(x)\n",
    "is policed": "import os\ndef f(x):\n    os.system('true') if x == [2, 3] else 0\n    return sum(x)\n",
}  # fmt: skip


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_results_are_those_of_one_request_at_a_time(box: Box, problem: Problem, answer: str) -> None:
    limits = replace(SHORT, restarts=4)
    ahead, one_at_a_time = box.execute([box.job(problem, answer, limits, fresh=fresh) for fresh in (False, True)])
    assert ahead.report is not None
    assert ahead.report == one_at_a_time.report
    assert ahead.status is one_at_a_time.status
    assert ahead.load_failure == one_at_a_time.load_failure
    # A coroutine that nobody awaits is reported when it is freed, which is not at a certain time.
    assert ahead.output == one_at_a_time.output or "never awaited" in ahead.output + one_at_a_time.output


def test_an_answer_does_not_find_a_later_argument_that_an_earlier_reply_is_compared_with(box: Box) -> None:
    # It knows its channel: whatever is in there is what it was sent ahead.
    answer = """
        import os
        def f(x):
            os.set_blocking(3, False)
            try:
                ahead = os.read(3, 10000)
            except BlockingIOError:
                ahead = b''
            return 7 if b'7' in ahead else len(ahead)
        """
    problem = Problem((CallTest((1,), 7), CallTest((7,), 0)), entry_point="f")
    assert box.see(problem, answer).verdicts[0] != "passed"


def test_a_batch_is_sent_once_and_the_next_one_after_its_last_request() -> None:
    ahead = RequestsAhead([[b"a", b"b"], [b"c", b"d"]], are_all=True)
    assert ahead.first() == frame(b"a") + frame(b"b")
    assert ahead.take(frame(b"a")) == b""
    assert ahead.are_sent
    assert ahead.take(frame(b"b")) == b""
    assert not ahead.are_sent
    assert ahead.take(frame(b"c")) == frame(b"c") + frame(b"d")
    assert ahead.take(frame(b"d")) == b""
    assert ahead.take(frame(b"e")) == frame(b"e")  # it was not told to end, as it did not get all of them at first


def test_a_process_that_is_started_again_gets_what_is_left() -> None:
    ahead = RequestsAhead([[b"a", b"b", b"c"]], are_all=True)
    assert ahead.last_count == 3
    ahead.first()
    ahead.take(frame(b"a"))
    assert ahead.last_count == 2
    assert ahead.first() == frame(b"b") + frame(b"c")


def test_a_request_after_the_last_one_is_noticed_where_the_process_has_ended() -> None:
    ahead = RequestsAhead([[b"a"]], are_all=True)
    ahead.first()
    ahead.take(frame(b"a"))
    assert ahead.take(frame(b"b")) is None
    ahead.first()
    assert ahead.take(frame(b"b")) == frame(b"b")


def test_another_request_than_the_one_that_was_sent_is_noticed() -> None:
    ahead = RequestsAhead([[b"a", b"b"]], are_all=True)
    ahead.first()
    assert ahead.take(frame(b"b")) is None


def test_a_request_that_was_not_foreseen_ends_the_foresight_where_nothing_was_sent() -> None:
    ahead = RequestsAhead([[b"a"], [b"b", b"c"]])
    ahead.first()
    assert ahead.last_count == 0
    ahead.take(frame(b"a"))
    assert ahead.take(frame(b"x")) == frame(b"x")
    assert ahead.take(frame(b"b")) == frame(b"b")
    assert not ahead.are_sent
