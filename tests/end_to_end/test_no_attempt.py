"""Answers that cannot be used in any test earn neither syntax nor style; attempts that fail keep both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample
from sandbox.types import Tier
from tests.end_to_end.conftest import grader_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.core.grader import Grader
    from grader.types import Grade

ADD = "def add(a, b):\n    return a + b\n"
CALLS = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}]}
CHECK = {"entry_point": "add", "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n"}
SHARED = {
    "entry_point": "add",
    "isolation": "shared",
    "pytest": "from solution import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}


@pytest.fixture(scope="module", params=list(Tier))
def grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    with grader_in(request.param) as grader:
        yield grader


def grade(grader: Grader, answer: str, reference: dict[str, Any]) -> Grade:
    grade = grader.grade(Sample("one", f"```python\n{answer}\n```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    return grade


@pytest.mark.parametrize("reference", [CALLS, CHECK], ids=["calls", "check"])
@pytest.mark.parametrize(
    "answer",
    [
        f"{ADD}\n\nraise ValueError\n",
        f"{ADD}\n\nraise SystemExit\n",
        f"import sys\n\n{ADD}\n\nsys.exit()\n",
        f"{ADD}\n\nassert add(1, 2) == 4\n",
        f"{ADD}\n\nprint(add(1))\n",
        f"{ADD}\n\nundefined\n",
        f"{ADD}\n\ndel globals()['add']\n",
        f"{ADD}\n\nglobals().pop('add')\n",
        f"{ADD}\n\nglobals().update(add=3)\n",
        "def make():\n    return 5\n\n\nadd = make()\n",
        "for add in [1, 2]:\n    print(add)\n",
        "def add(a: Lisst, b):\n    return a + b\n",
        "add, sub = 1, 2\n",
    ],
)
def test_what_cannot_be_used_earns_nothing(grader: Grader, answer: str, reference: dict[str, Any]) -> None:
    result = grade(grader, answer, reference)
    assert [result.metric(name) for name in ("syntax", "functional", "style")] == [0.0, 0.0, 0.0]
    assert result.reward == 0.0
    assert result.reason.startswith("it cannot be used: ")


@pytest.mark.parametrize("reference", [CALLS, CHECK], ids=["calls", "check"])
@pytest.mark.parametrize(
    "answer",
    [
        "def add(a, b):\n    return a - b\n",
        "def add(a, b):\n    return a + b + undefined\n",
        "def add(a, b):\n    raise ValueError(a)\n",
        "def add(a, b):\n    return [a] * 10**10\n",
        "import sys\n\n\ndef add(a, b):\n    sys.exit(a)\n",
        "import a_module_that_is_not_there\n\n\ndef add(a, b):\n    return a_module_that_is_not_there.add(a, b)\n",
        "TABLE = open('/table.txt').read()\n\n\ndef add(a, b):\n    return a + TABLE[b]\n",
    ],
)
def test_an_attempt_that_fails_keeps_syntax_and_style(grader: Grader, answer: str, reference: dict[str, Any]) -> None:
    result = grade(grader, answer, reference)
    assert (result.metric("syntax"), result.metric("functional")) == (1.0, 0.0)
    assert result.metric("style") > 0.5


@pytest.mark.parametrize("answer", [f"{ADD}\n\nraise ValueError\n", f"{ADD}\n\nglobals().pop('add')\n"])
def test_the_same_holds_for_tests_in_the_process_of_the_answer(grader: Grader, answer: str) -> None:
    assert grade(grader, answer, SHARED).reward == 0.0
    assert grade(grader, "def add(a, b):\n    return a - b\n", SHARED).reward == pytest.approx(0.5)
    assert grade(grader, ADD, SHARED).reward == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "def add(a, b):\n    while a:\n        a += b * b\n    return a\n",
        "TABLE = [number for number in range(10**10)]\n\n\ndef add(a, b):\n    return TABLE[a + b]\n",
        "total = 1\nwhile total:\n    total += 1\n\n\ndef add(a, b):\n    return a + b + total\n",
    ],
)
def test_an_attempt_that_takes_too_much_keeps_syntax_and_style(grader: Grader, answer: str) -> None:
    result = grade(grader, answer, CALLS | {"limits": {"cpu_s": 0.5, "memory_mb": 64}})
    assert (result.metric("syntax"), result.metric("functional"), result.metric("style")) == (1.0, 0.0, 1.0)


def test_a_program_that_raises_is_an_attempt(grader: Grader) -> None:
    programs = {"inputs": ["1 2\n"], "outputs": ["3\n"]}
    assert (
        grade(grader, "a, b = map(int, input().split())\nprint(a + b + undefined)\n", programs).metric("syntax") == 1.0
    )
