"""Tests that change the process they run in: the next answer must not meet what they have changed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.core.grader import Grader
    from grader.types import Grade


class Trace(NamedTuple):
    """State that a test finds as it was at the start of the process, and then changes."""

    name: str
    imports: str
    is_untouched: str
    change: str


TRACES = [
    Trace("environment", "import os", "'LEFT' not in os.environ", "os.environ['LEFT'] = '1'"),
    Trace(
        "warnings filters", "import warnings",
        "warnings.filters[0][0] != 'module'",
        "warnings.simplefilter('module')",
    ),
    Trace(
        "warnings hook", "import warnings",
        "warnings.showwarning.__module__ == 'warnings'",
        "warnings.showwarning = print",
    ),
    Trace("decimal context", "import decimal", "decimal.getcontext().prec == 28", "decimal.getcontext().prec = 5"),
    Trace("decimal default", "import decimal", "decimal.DefaultContext.prec == 28", "decimal.DefaultContext.prec = 5"),
    Trace("locale", "import locale", "locale.setlocale(locale.LC_ALL) != 'C'", "locale.setlocale(locale.LC_ALL, 'C')"),
    Trace("random state", "import random", "random.random() == 0.8444218515250481", "random.seed(5)"),
    Trace("recursion limit", "import sys", "sys.getrecursionlimit() == 1000", "sys.setrecursionlimit(5000)"),
    Trace("garbage collector", "import gc", "gc.isenabled()", "gc.disable()"),
    Trace("collector's thresholds", "import gc", "gc.get_threshold()[0] > 1", "gc.set_threshold(1)"),
    Trace("module path", "import sys", "'left' not in sys.path", "sys.path.append('left')"),
    Trace("false module", "import sys", "'left' not in sys.modules", "sys.modules['left'] = sys"),
    Trace("module attribute", "import math", "not hasattr(math, 'left')", "math.left = 1"),
    Trace("patched function", "import math", "math.floor(2.5) == 2", "math.floor = lambda x: 42"),
    Trace("class attribute", "import json", "not hasattr(json.JSONEncoder, 'left')", "json.JSONEncoder.left = 1"),
    Trace("builtins", "import builtins", "not hasattr(builtins, 'left')", "builtins.left = 1"),
    Trace("logging", "import logging", "logging.root.level == 30", "logging.basicConfig(level=10)"),
    Trace("thread's hook", "import threading", "threading.excepthook is not print", "threading.excepthook = print"),
    Trace(
        "signal handler", "import signal",
        "signal.getsignal(10) == signal.SIG_DFL",
        "signal.signal(10, signal.SIG_IGN)",
    ),
    Trace("alarm", "import signal", "signal.alarm(0) == 0", "signal.alarm(300)"),
    Trace(
        "timer", "import signal", "signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)",
        "signal.setitimer(signal.ITIMER_REAL, 300)",
    ),
    Trace("exit handlers", "import atexit", "atexit._ncallbacks() < 3", "atexit.register(print)"),
    Trace("time zone", "import os, time", "time.tzname[0] == 'UTC'", "os.environ['TZ'] = 'EST5'; time.tzset()"),
    Trace(
        "context variable", "import contextvars as c",
        "len(c.copy_context()) < 3",
        "c.ContextVar('a').set(1); c.ContextVar('b').set(1)",
    ),
    Trace(
        "cache", "import fnmatch",
        "fnmatch._compile_pattern.cache_info().currsize == 0",
        "fnmatch.fnmatch('a', 'a')",
    ),
    Trace(
        "mock", "import math\nfrom unittest import mock",
        "math.ceil(1.5) == 2",
        "mock.patch('math.ceil', lambda x: 42).start()",
    ),
    Trace("file mode mask", "import os", "os.umask(0o22) != 0o77", "os.umask(0o77)"),
    Trace("working folder", "import os", "os.getcwd() != '/tmp'", "os.chdir('/tmp')"),
    Trace("file", "import os", "not os.path.exists('left.txt')", "open('left.txt', 'w').close()"),
    Trace("standard output", "import io, sys", "not isinstance(sys.stdout, io.StringIO)", "sys.stdout = io.StringIO()"),
    Trace("digits of integers", "import sys", "sys.get_int_max_str_digits() == 4300", "sys.set_int_max_str_digits(0)"),
    Trace("switch interval", "import sys", "sys.getswitchinterval() < 0.1", "sys.setswitchinterval(0.2)"),
    Trace(
        "resource limit", "import resource as r",
        "r.getrlimit(r.RLIMIT_NOFILE)[0] != 50",
        "r.setrlimit(r.RLIMIT_NOFILE, (50, 60))",
    ),
    Trace(
        "codecs", "import codecs",
        "'left' not in str(codecs.__dict__)",
        "codecs.register_error('left', print); codecs.left = 1",
    ),
    Trace("descriptor", "import os", "os.dup(1) < 12", "[os.dup(1) for _ in range(10)]"),
    Trace("trace hook", "import sys", "sys.getprofile() is None", "sys.setprofile(lambda *_: None)"),
    Trace("exception hook", "import sys", "sys.excepthook is sys.__excepthook__", "sys.excepthook = print"),
    Trace("abstract class", "import collections.abc as a", "not issubclass(int, a.Sized)", "a.Sized.register(int)"),
    Trace(
        "copy registry", "import copyreg",
        "complex in copyreg.dispatch_table",
        "copyreg.dispatch_table.clear()",
    ),
]  # fmt: skip


def check_of(trace: Trace) -> dict[str, Any]:
    test = (
        f"{trace.imports}\ndef check(candidate):\n    assert candidate(1) == 1\n    assert {trace.is_untouched}\n"
        f"    {trace.change}\n    assert candidate(2) == 2\n"
    )
    return {"entry_point": "f", "prompt": "def f(x):\n    pass\n", "test": test}


def assertions_of(trace: Trace) -> dict[str, Any]:
    tests = [
        {"assert": f"assert f(1) == 1 and {trace.is_untouched}"},
        {"assert": f"{trace.change}\nassert f(2) == 2"},
    ]
    return {"entry_point": "f", "setup": trace.imports, "tests": tests}


def suite_of(trace: Trace) -> dict[str, Any]:
    test = (
        f"{trace.imports}\nfrom solution import f\n\ndef test_first():\n    assert f(1) == 1\n"
        f"    assert {trace.is_untouched}\n\ndef test_last():\n    {trace.change}\n    assert f(2) == 2\n"
    )
    return {"entry_point": "f", "pytest": test}


def checker_of(trace: Trace) -> dict[str, Any]:
    checker = (
        f"{trace.imports}\ndef checker(given, expected, got):\n    untouched = {trace.is_untouched}\n"
        f"    {trace.change}\n    return bool(untouched) and got == expected\n"
    )
    return {"entry_point": "f", "tests": [{"args": [1], "expected": 1}], "compare": {"checker": checker}}


def samples(reference: dict[str, Any], count: int) -> list[Sample]:
    # The constants differ, because equal answers are graded once, and equal code runs once.
    answers = [f"```python\ndef f(x):\n    return x\n\n\nNUMBER = {n}\n```" for n in range(count)]
    return [Sample(str(n), answer, reference) for n, answer in enumerate(answers)]


def outcome(grade: Grade) -> Any:
    assert grade.status is GradeStatus.SCORED, grade.reason
    return grade.reward, [(test.verdict, test.name) for test in grade.tests], grade.reason


def assert_all_right(grades: Sequence[Grade]) -> None:
    assert {str(outcome(grade)) for grade in grades} == {str(outcome(grades[0]))}
    assert grades[0].metric("functional") == 1.0, grades[0].reason


@pytest.mark.parametrize("form", [check_of, assertions_of, suite_of, checker_of])
@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name.replace(" ", "_"))
def test_the_next_answer_finds_what_the_first_one_found(grader: Grader, form: Any, trace: Trace) -> None:
    if form is suite_of and "threading" in trace.imports:
        pytest.skip("suites with threads are refused")
    assert_all_right(grader.grade_batch(samples(form(trace), 5)))


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_equal_answers_get_one_grade_alone_in_batches_and_shuffled(tiered_grader: Grader) -> None:
    forms = [check_of, assertions_of, suite_of, checker_of]
    by_problem = [samples(forms[number % 4](trace), 50) for number, trace in enumerate(TRACES)]
    grades: list[list[Grade]] = [[] for _ in by_problem]
    for number, group in enumerate(by_problem):
        grades[number] += [tiered_grader.grade(sample) for sample in group[:10]]
        grades[number] += tiered_grader.grade_batch(group[10:20])
    mixed = [(number, sample) for number, group in enumerate(by_problem) for sample in group[20:]]
    random.Random(1).shuffle(mixed)
    for (number, _), grade in zip(mixed, tiered_grader.grade_batch([sample for _, sample in mixed]), strict=True):
        grades[number].append(grade)
    for group in grades:
        assert len(group) == 50
        assert_all_right(group)


def test_what_runs_without_a_trace_does_not_see_one_either(grader: Grader) -> None:
    plain = {"entry_point": "f", "tests": [{"args": [1], "expected": 1}, {"assert": "assert round(f(2.5)) == 2"}]}
    for trace in TRACES[:20]:
        grades = grader.grade_batch([*samples(check_of(trace), 1), *samples(plain, 2)])
        assert_all_right(grades[1:])


def test_an_oracle_computes_every_value_anew(grader: Grader) -> None:
    oracle = "import builtins\ndef g(x):\n    builtins.calls = getattr(builtins, 'calls', 0) + 1\n    return calls\n"
    reference = {"entry_point": "g", "oracle": oracle, "tests": [{"args": [1]}, {"args": [2]}]}
    answers = [f"```python\ndef g(x):\n    return x\n\n\nNUMBER = {n}\n```" for n in range(4)]
    assert_all_right(grader.grade_batch([Sample(str(n), answer, reference) for n, answer in enumerate(answers)]))


@pytest.mark.parametrize("ending", ["os._exit(0)", "raise SystemExit", "ctypes", "while True: pass"])
def test_a_patch_that_an_answer_kept_from_being_undone_is_gone(grader: Grader, ending: str) -> None:
    suite = (
        "import math\nimport time\nfrom solution import f\n\ndef test_b():\n    assert f(2.5) == math.floor(2.5)\n\n"
        "def test_a(monkeypatch):\n    monkeypatch.setattr(math, 'floor', lambda x: 42)\n"
        "    monkeypatch.setattr(time, 'time', lambda: 5)\n    assert f(1.5) == 42\n"
    )
    reference = {"pytest": suite, "entry_point": "f", "limits": {"cpu_s": 1, "total_cpu_s": 1}}
    ending = ending if ending != "ctypes" else "import _ctypes"
    body = f"    if time.time() == 5:\n        {ending}\n    return x"
    hostile = f"```python\nimport os\nimport time\n\n\ndef f(x):\n{body}\n```"
    honest = "```python\nimport math\n\n\ndef f(x):\n    return math.floor(x)\n```"
    alone = grader.grade(Sample("alone", honest, reference))
    grader.grade(Sample("hostile", hostile, reference))
    assert outcome(grader.grade(Sample("after", f"{honest}\n", reference))) == outcome(alone)
