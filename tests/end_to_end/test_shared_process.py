"""Suites that run in one process with the answer: right answers pass, and plain attacks on the tests do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from tests.end_to_end.test_class_suite import RIGHT, SUITES, WRONG, natively

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.types import Grade

SUITE = """
import threading
import unittest

import pytest
from solution import add


def test_small():
    assert add(1, 2) == 3


@pytest.mark.parametrize("a, b, total", [(0, 0, 0), (-5, 5, 0), (7, 8, 15)])
def test_more(a, b, total):
    assert add(a, b) == total


def test_raises():
    with pytest.raises(TypeError):
        add(1, None)


def test_in_a_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(add(20, 1)))
    thread.start()
    thread.join()
    assert seen == [21]


class Cases(unittest.TestCase):
    def test_equal(self):
        self.assertEqual(add(10, 20), 30)

    def test_raises(self):
        self.assertRaises(TypeError, add, "1", None)
"""
COUNT = 8
ADD = "def add(a, b):\n    return a + b\n"
WRONG_ADD = "def add(a, b):\n    return 99\n"


@pytest.fixture(scope="module")
def unsieved() -> Iterator[Grader]:
    """A grader without the source policy, which has only its isolation layers."""
    with Grader(GraderConfig.load(None, {"GRADER_POLICY": "off"})) as grader:
        yield grader


def grade_of(grader: Grader, answer: str, *tests: dict[str, Any], **fields: Any) -> Grade:
    reference = {"tests": list(tests), "entry_point": "add", "isolation": "shared", **fields}
    return grader.grade(Sample("shared", f"```python\n{answer}```", reference))


def test_a_suite_that_cannot_be_split_runs_in_one_process(tiered_grader: Grader) -> None:
    grade = grade_of(tiered_grader, ADD, {"pytest": SUITE})
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []
    assert len(grade.tests) == COUNT
    assert grade.metric("functional") == 1.0
    assert grade.metric("shared_process") == 1.0
    wrong = grade_of(tiered_grader, WRONG_ADD, {"pytest": SUITE})
    assert wrong.metric("tests_passed") == 0.0
    raising = grade_of(tiered_grader, "def add(a, b):\n    raise KeyError(a)\n", {"pytest": SUITE})
    assert [str(test.verdict) for test in raising.tests].count("exception") == COUNT - 1  # that in a thread is lost


def test_the_metric_of_other_samples_shows_that_they_were_split(grader: Grader) -> None:
    grade = grade_of(grader, ADD, {"args": [1, 2], "expected": 3}, isolation="split")
    assert grade.metric("shared_process") == 0.0


def test_each_test_of_a_wrong_answer_has_its_verdict(grader: Grader) -> None:
    grade = grade_of(grader, "def add(a, b):\n    return abs(a + b + 0 * 1) or 1\n", {"pytest": SUITE})
    assert [test.verdict for test in grade.tests] == [
        "passed", "wrong_answer", "wrong_answer", "passed", "passed", "passed", "passed", "passed",
    ]  # fmt: skip


def test_built_in_names_that_an_answer_adds_or_changes_are_its_own(unsieved: Grader) -> None:
    patch = "import builtins\nbuiltins.plus = lambda a, b: a + b\nbuiltins.len = None\n"
    answer = patch + ADD.replace("a + b", "plus(a, b)")
    assert grade_of(unsieved, answer, {"pytest": SUITE}).metric("functional") == 1.0


def test_calls_and_programs_beside_it_are_still_split(grader: Grader) -> None:
    tests = [
        {"args": [1, 2], "expected": 3},
        {"pytest": SUITE},
        {"assert": "assert add(2, 2) == 4"},
        {"check": "def check(candidate):\n    assert candidate(1, 1) == 2\n    assert candidate(1, 1) == 3\n"},
        {"args": [1, 2], "expected": 4},
    ]
    grade = grade_of(grader, ADD, *tests)
    assert [test.verdict for test in grade.tests] == [
        *["passed"] * (1 + COUNT + 1), "passed", "wrong_answer", "wrong_answer",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("form", SUITES)
@pytest.mark.parametrize(
    "name", [None, "queue_instead_of_stack", "exit_swallows", "shared_items", "ends_itself", "skips"]
)
def test_the_suite_of_classes_has_the_same_verdicts(
    grader: Grader, form: str, name: str | None, tmp_path: Path
) -> None:
    answer = RIGHT if name is None else WRONG[name]
    grade = grade_of(grader, answer, {"pytest": SUITES[form]}, entry_point="Stack")
    here = {test.name: test.verdict == "passed" for test in grade.tests}
    natural = natively(answer, SUITES[form], tmp_path)
    natural = {test: passed for test, passed in natural.items() if test in here or passed is not None}
    assert here == {test: bool(passed) for test, passed in natural.items()}


ATTACKS = {
    "exit at import": "import os\nos._exit(0)\n" + WRONG_ADD,
    "exit in a test": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "exit with success": "import sys\ndef add(a, b):\n    sys.exit(0)\n",
    "exit at exit": "import atexit, os\natexit.register(os._exit, 0)\n" + WRONG_ADD,
    "skip": "import unittest\ndef add(a, b):\n    raise unittest.SkipTest('no')\n",
    "an error that says it has passed": (
        "verdict = next(k for k in str.__subclasses__() if k.__name__ == 'StrEnum').__subclasses__()\n"
        "verdict = next(k for k in verdict if k.__name__ == 'Verdict')\n"
        "class Fine(Exception):\n    verdict = verdict.PASSED\ndef add(a, b):\n    raise Fine\n"
    ),
    "pytest skip": "def add(a, b):\n    import pytest\n    pytest.skip('no')\n",
    "patched assertEqual": (
        "import unittest\nfor name in dir(unittest.TestCase):\n    if name.startswith('assert'):\n"
        "        setattr(unittest.TestCase, name, lambda *a, **k: None)\n" + WRONG_ADD
    ),
    "patched run": "import unittest\nunittest.TestCase.run = lambda self, result=None: result.addSuccess(self)\n"
    + WRONG_ADD,
    "patched raises": (
        "class Never:\n    def __enter__(self): return self\n    def __exit__(self, *e): return True\n"
        "def add(a, b):\n    import pytest\n    pytest.raises = lambda *a, **k: Never()\n    return 99\n"
    ),
    "patched built-in functions": (
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.issubclass = lambda *a: True\n"
        "builtins.AssertionError = type('A', (Exception,), {})\nbuiltins.len = lambda *a: 0\n"
        "builtins.id = lambda *a: 0\nbuiltins.exec = lambda *a: None\n" + WRONG_ADD
    ),
    "patched built-in functions of the tests": (
        "real = len.__self__\nreal.isinstance = real.issubclass = real.callable = lambda *a: True\n"
        "real.AssertionError = real.id = real.exec = real.vars = lambda *a, **k: None\n" + WRONG_ADD
    ),
    "patched by way of a class": (
        "def add(a, b):\n    for kind in object.__subclasses__():\n        if kind.__name__ == 'Suite':\n"
        "            kind._outcome = lambda self, name, error: type(self).passed(name)\n"
        "            kind.steps.__globals__['verdict_of'] = lambda error: 'passed'\n    return 99\n"
    ),
    "replaced tests": (
        "import sys\ndef add(a, b):\n    module = sys.modules['test_solution']\n"
        "    for name in list(vars(module)):\n        if name.startswith('test'):\n"
        "            setattr(module, name, lambda *a, **k: None)\n    return 99\n"
    ),
    "says it has passed": (
        "import json, os\ndef add(a, b):\n    for word in ('', 'x', None, 0):\n"
        "        for count in (1, 3):\n            said = ['ok', [word, [['passed', 'x', '']] * count], None]\n"
        "            body = json.dumps(said).encode()\n"
        "            os.write(3, len(body).to_bytes(4, 'big') + body)\n    return 99\n"
    ),
    "says it has passed, in no text": (
        "import json, os\ndef add(a, b):\n    said = ['ok', ['\\ud800', [['passed', 'x', '']]], None]\n"
        "    body = json.dumps(said).encode()\n    os.write(3, len(body).to_bytes(4, 'big') + body)\n    return 99\n"
    ),
    "searches for the word": (
        "import gc\ndef add(a, b):\n    for found in gc.get_objects():\n        pass\n    return 99\n"
    ),
    "no entry point": "def other(a, b):\n    return a + b\n",
    "no Python": "def add(a, b:\n",
    "never returns": "def add(a, b):\n    while True:\n        pass\n",
    "loses its process": "import signal\ndef add(a, b):\n    signal.raise_signal(signal.SIGSEGV)\n",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_passes_no_test(unsieved: Grader, name: str) -> None:
    suite = SUITE.replace("pytest.raises(TypeError)", "pytest.raises(ValueError)").replace(
        "Raises(TypeError", "Raises(ValueError"
    )
    grade = grade_of(unsieved, ATTACKS[name], {"pytest": suite}, limits={"cpu_s": 1, "total_cpu_s": 3})
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert len(grade.tests) == COUNT
    assert [(test.name, test.detail) for test in grade.tests if test.verdict == "passed"] == []


GETS_THROUGH = {
    "equal to everything": "class Any:\n    def __eq__(self, other): return True\ndef add(a, b):\n    return Any()\n",
    "reads what is expected off the stack": (
        "def add(a, b):\n    try:\n        raise ValueError\n    except ValueError as error:\n"
        "        return error.__traceback__.tb_frame.f_back.f_locals['total']\n"
    ),
    "puts back what it has patched": (
        "import unittest\nreal = unittest.TestCase.assertEqual\n"
        "def lie(*a):\n    unittest.TestCase.assertEqual = real\n"
        "def add(a, b):\n    unittest.TestCase.assertEqual = lie\n    return 99\n"
    ),
}


@pytest.mark.parametrize("name", GETS_THROUGH)
def test_an_attack_that_one_process_does_not_stop_is_stopped_by_two(unsieved: Grader, name: str) -> None:
    """docs/security.md lists these as not stopped."""
    suite = (
        "import unittest\nimport pytest\nfrom solution import add\n"
        "@pytest.mark.parametrize('a, b, total', [(1, 2, 3)])\n"
        "def test_more(a, b, total):\n    assert add(a, b) == total\n"
        "class Cases(unittest.TestCase):\n    def test_equal(self):\n        self.assertEqual(add(10, 20), 30)\n"
    )
    shared = grade_of(unsieved, GETS_THROUGH[name], {"pytest": suite})
    assert "passed" in [test.verdict for test in shared.tests], shared.tests
    assert shared.metric("shared_process") == 1.0
    split = grade_of(unsieved, GETS_THROUGH[name], {"pytest": suite}, isolation="split")
    assert "passed" not in [test.verdict for test in split.tests]


def test_an_answer_leaves_nothing_to_the_next(unsieved: Grader) -> None:
    answer = (
        "import builtins, sys, unittest, threading\n"
        "def add(a, b):\n    unittest.TestCase.assertEqual = None\n    sys.modules['test_solution'] = None\n"
        "    len.__self__.len = None\n    threading.Thread(target=lambda: sys.stdin.read(), daemon=True).start()\n"
        "    return 99\n"
    )
    attacked, honest = unsieved.grade_batch(
        [
            Sample(name, f"```python\n{code}```", {"tests": [{"pytest": SUITE}], "isolation": "shared"})
            for name, code in (("attack", answer), ("honest", ADD))
        ]
    )
    assert attacked.metric("tests_passed") == 0.0
    assert honest.metric("functional") == 1.0


def test_only_the_tests_that_run_there_are_in_the_process(unsieved: Grader) -> None:
    answer = (
        "def add(a, b):\n    try:\n        raise ValueError\n    except ValueError as error:\n"
        "        frame = error.__traceback__.tb_frame\n"
        "    while frame is not None:\n        if type(frame.f_locals.get('self')).__name__ == 'InProcessTests':\n"
        "            return frame.f_locals['self']._spec['tests']\n        frame = frame.f_back\n"
    )
    source = "assert add(1, 2) == [['call'], ['assert', SOURCE]], add(1, 2)".replace("SOURCE", "add(1, 2)[1][1]")
    grade = grade_of(unsieved, answer, {"args": [1, 2], "expected": 3}, {"assert": source})
    assert [test.verdict for test in grade.tests] == ["wrong_answer", "passed"], grade.tests


def test_a_suite_that_cannot_run_in_one_process_either_is_refused_with_its_line(grader: Grader) -> None:
    suite = "from solution import add\ndef test_add(tmpdir):\n    assert add(1, 2) == 3\n"
    grade = grade_of(grader, ADD, {"pytest": suite})
    assert grade.status is GradeStatus.UNSCORED
    assert "line 2: fixture tmpdir: is not offered" in grade.reason
    assert "shared" not in grade.reason.partition("line 2")[2]


@pytest.mark.parametrize("isolation", ["split", "shared"])
def test_a_timeout_ends_the_sample_as_it_does_in_two_processes(grader: Grader, isolation: str) -> None:
    suite = (
        "from solution import add\ndef test_one():\n    assert add(1, 2) == 3\n"
        "def test_two():\n    assert add(-5, 5) == 0\ndef test_three():\n    assert add(0, 0) == 0\n"
    )
    answer = "def add(a, b):\n    while a == -5:\n        pass\n    return a + b\n"
    limits = {"cpu_s": 1, "total_cpu_s": 9}
    grade = grade_of(grader, answer, {"pytest": suite}, limits=limits, isolation=isolation)
    assert [test.verdict for test in grade.tests] == ["passed", "timeout", "not_run"]


def test_a_lost_process_costs_one_test(unsieved: Grader) -> None:
    answer = "import os\ndef add(a, b):\n    return os._exit(0) if a == 20 else a + b\n"
    grade = grade_of(unsieved, answer, {"pytest": SUITE})
    failed = [(test.name, test.verdict) for test in grade.tests if test.verdict != "passed"]
    assert failed == [("test_in_a_thread", "exception")]


IN_ONE_PROCESS = """
import inspect
import logging
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import solution
from solution import add, add_later, careful, old, table


def test_threads():
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(add, [1, 2], [3, 4])) == [4, 6]


def test_signature():
    assert list(inspect.signature(add).parameters) == ["a", "b"]


def test_dict():
    with patch.dict(table, {"x": 5}):
        assert solution.look("x") == 5
    assert solution.look("x") is None


def test_warnings():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        old()
    assert len(seen) == 1


async def test_async():
    assert await add_later(1, 2) == 3


def test_patch():
    with patch("solution.add", return_value=7):
        assert solution.twice(1) == 7
    assert solution.twice(1) == 2


def test_input(monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: "42")
    assert solution.asked() == 42


def test_output(capsys):
    solution.say()
    assert capsys.readouterr().out == "hi\\n"


class Cases(unittest.TestCase):
    def test_logs(self):
        with self.assertLogs("x") as seen:
            careful()
        self.assertEqual(seen.output, ["WARNING:x:careful"])

    def test_no_logs(self):
        with self.assertNoLogs("x"):
            add(1, 2)

    def test_warns(self):
        with self.assertWarns(DeprecationWarning):
            old()


class Later(unittest.IsolatedAsyncioTestCase):
    async def test_later(self):
        self.assertEqual(await add_later(1, 2), 3)
"""
USES_MUCH = """
import logging, warnings
table = {}
def add(a, b):
    return a + b
async def add_later(a, b):
    return a + b
def look(x):
    return table.get(x)
def careful():
    logging.getLogger("x").warning("careful")
def old():
    warnings.warn("old", DeprecationWarning)
def twice(x):
    return add(x, x)
def asked():
    return int(input())
def say():
    print("hi")
"""


def test_values_that_cannot_cross_work_in_one_process(grader: Grader) -> None:
    grade = grade_of(grader, USES_MUCH, {"pytest": IN_ONE_PROCESS})
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []
    assert grade.metric("tests_total") == 12
    inert = re.sub(r"\n    .*", "\n    return None", USES_MUCH)
    grade = grade_of(grader, inert, {"pytest": IN_ONE_PROCESS})
    assert [test.name for test in grade.tests if test.verdict == "passed"] == ["test_signature", "Cases::test_no_logs"]
