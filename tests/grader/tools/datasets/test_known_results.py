"""What follows from the source of tests is what running trivial answers against them shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.tools.datasets import known_results
from grader.tools.datasets.check import CheckOptions, check_config, check_rows
from grader.tools.datasets.findings import ProbeResult
from grader.tools.datasets.known_results import is_determined, known_shares
from grader.tools.datasets.probes import ProbeKind, make_probes
from grader.tools.datasets.tasks import read_task
from tests.grader.tools.datasets.rows import HUMANEVAL, MBPP, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator

GRADER = Grader(check_config(GraderConfig(workers=1)))
SOLUTION = "def f(x):\n    return x[:1]\n"


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    GRADER.close()


def mbpp(*assertions: str, solution: str = SOLUTION, **fields: Any) -> dict[str, Any]:
    return {"task_id": 1, "prompt": "Write f.", "code": solution, "test_list": list(assertions), **fields}


ROWS = {
    "HumanEval": HUMANEVAL,
    "MBPP": MBPP,
    "equal values of other types": mbpp("assert f(1) == 1", "assert f(2) == True", "assert f(3) == 1.0"),
    "empty values": mbpp("assert f([]) == []", "assert f([1]) == [1]", "assert f('') == ''"),
    "values that an echo hits": mbpp("assert f([1]) == [1]", "assert f('a') == 'a'", "assert f('bc') == 'b'"),
    "None": mbpp("assert f([]) == None", "assert f([2]) == 2"),
    "a message": mbpp("assert f([2]) == 2, 'two'", "assert f([3]) == 3"),
    "a check of constants": {
        **HUMANEVAL,
        "test": "METADATA = {}\n\n\ndef check(candidate):\n    'Check.'\n    assert True\n"
        "    assert candidate(1, 2) == 3\n",
    },
}
NOT_KNOWN = {
    "a try": mbpp("try:\n    f(1)\nexcept ValueError:\n    pass\nassert f([1]) == 1"),
    "a loop": mbpp("for x in [1, 2]:\n    assert f(x) == 1"),
    "a comparison of two calls": mbpp("assert f([1]) == f([1, 2])"),
    "a comparison with a variable": mbpp("x = [1]\nassert f(x) == x"),
    "an order": mbpp("assert f([1]) >= 1"),
    "a negation": mbpp("assert not f([])"),
    "a truth value": mbpp("assert f([1])"),
    "an identity": mbpp("assert f([]) is None"),
    "an alternative": mbpp("assert f([1]) == 1 or True"),
    "a call of a result": mbpp("assert len(f([1])) == 1"),
    "a setup": mbpp("assert f([1]) == 1", test_setup_code="f2 = 1"),
    "a class": mbpp("assert F(1) == 1", solution="class F:\n    def __init__(self, x):\n        pass\n"),
}


@pytest.mark.parametrize("name", ROWS)
def test_trivial_answers_earn_what_is_known_of_them(name: str) -> None:
    task = read_task(row_of(ROWS[name]))
    known = known_shares(task)
    assert {ProbeKind.RAISING, ProbeKind.STUB, ProbeKind.CONSTANT} <= known.keys()
    probes = make_probes(task, solutions=0)
    grades = GRADER.grade_batch([probe.sample(task) for probe in probes])
    shares = {probe.kind: grade.metric("functional") for probe, grade in zip(probes, grades, strict=True)}
    for kind in (ProbeKind.RAISING, ProbeKind.STUB):
        assert known[kind] == pytest.approx(shares[kind])
    assert known[ProbeKind.CONSTANT] >= shares[ProbeKind.CONSTANT] - 1e-9
    if ProbeKind.EMPTYING in known:
        assert shares[ProbeKind.EMPTYING] <= shares[ProbeKind.ECHO]


@pytest.mark.parametrize("name", NOT_KNOWN)
def test_nothing_is_known_of_tests_that_do_anything_else(name: str) -> None:
    assert known_shares(read_task(row_of(NOT_KNOWN[name]))) == {}


def test_a_check_finds_the_same_with_and_without_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row_of(row, number) for number, row in enumerate({**ROWS, **NOT_KNOWN}.values(), 1)]
    fast = check_rows(rows, GRADER, CheckOptions(repeat=2), lambda _: None)
    monkeypatch.setattr(known_results, "compared_literals", lambda _: None)
    monkeypatch.setattr(known_results, "is_traceless", lambda _: False)
    slow = check_rows(rows, GRADER, CheckOptions(repeat=2), lambda _: None)
    assert fast.runs < slow.runs
    assert fast.findings == slow.findings
    assert (fast.stubs_passing, fast.passing, fast.tests) == (slow.stubs_passing, slow.passing, slow.tests)
    assert fast.unskilled_share == pytest.approx(slow.unskilled_share)


@pytest.mark.parametrize(
    ("solution", "determined"),
    [
        (SOLUTION, True),
        ("import math\ndef f(x):\n    return math.sqrt(x)\n", True),
        ("import random\ndef f(x):\n    return random.random()\n", False),
        ("import time\ndef f(x):\n    return time.time()\n", False),
        ("def f(x):\n    return id(x)\n", False),
        ("def f(x):\n    return open('a').read()\n", False),
    ],
)
def test_solutions_run_once_where_nothing_is_left_to_chance(solution: str, determined: bool) -> None:
    for assertion, is_plain in (("assert f([1]) == [1]", True), ("import time\nassert f([1]) == time.time()", False)):
        task = read_task(row_of(mbpp(assertion, solution=solution)))
        (result, *_) = [ProbeResult(probe) for probe in make_probes(task, solutions=1)]
        assert is_determined(task, result) is (determined and is_plain)
