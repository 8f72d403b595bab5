"""Containers that a test has passed and the answer keeps, changed later by either: as in one process."""

from __future__ import annotations

import tomllib
from importlib import resources
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample
from tests.end_to_end.test_class_suite import natively

if TYPE_CHECKING:
    from pathlib import Path

    from grader.core.grader import Grader
    from grader.types import Grade

CASES = {
    case["name"]: case
    for case in tomllib.loads(
        (resources.files("grader.tools.attacks") / "cases" / "kept_arguments.toml").read_text("utf-8")
    )["case"]
    if "pytest" in case["reference"] and case["expect"] != {"functional": 0.0}
}


def grade_of(grader: Grader, answer: str, reference: dict[str, Any]) -> Grade:
    return grader.grade(Sample("kept", f"```python\n{answer.strip()}\n```", reference))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_test_is_judged_as_by_pytest(grader: Grader, name: str, tmp_path: Path) -> None:
    answer, suite = CASES[name]["answer"], CASES[name]["reference"]["pytest"]
    grade = grade_of(grader, answer, {"pytest": suite})
    here = {test.name: test.verdict == "passed" for test in grade.tests}
    assert here == {test: bool(passed) for test, passed in natively(answer, suite, tmp_path).items()}


BAG = """
class Bag:
    def __init__(self, items):
        self.items = items

    def add(self, item):
        self.items.append(item)

    def total(self):
        return len(self.items)


class Keyed(Bag):
    def add(self, key, item):
        self.items[key] = item
"""


def passes(grader: Grader, answer: str, body: str) -> bool:
    suite = f"from solution import *\n\ndef test_it():\n{indent(dedent(body), '    ')}\n"
    grade = grade_of(grader, answer, {"pytest": suite})
    assert grade.status is GradeStatus.SCORED
    return grade.metric("functional") == 1.0


RIGHT = {
    "many items": """
        x = list(range(9_000))
        b = Bag(x)
        b.add(1)
        assert x[-1] == 1
        x.append(2)
        assert b.total() == 9_002
        """,
    "too many items": """
        x = list(range(30_000))
        b = Bag(x)
        b.add(1)
        assert b.total() == 30_001
        """,
    "many lists": """
        xs = [[] for _ in range(20)]
        bags = [Bag(x) for x in xs]
        for n, b in enumerate(bags):
            b.add(n)
        assert xs == [[n] for n in range(20)]
        xs[0] += [1, 2]
        assert [b.total() for b in bags] == [3] + [1] * 19
        """,
    "one list for many": """
        x = []
        bags = [Bag(x) for _ in range(40)]
        for n, b in enumerate(bags):
            b.add(n)
        assert x == [*range(40)]
        x.clear()
        assert [b.total() for b in bags] == [0] * 40
        """,
    "many entries": """
        x = []
        b = Bag(x)
        for n in range(300):
            b.add({"n": [n]})
        assert len(x) == 300 and x[-1] == {"n": [299]}
        """,
    "more entries than are told one by one": """
        x = []
        b = Bag(x)
        for n in range(1500):
            b.add(n)
        assert b.total() == 1500
        """,
    "nested": """
        x = []
        b = Bag([x])
        b.add(x)
        assert b.total() == 2
        b.items[0].append(1)
        assert b.total() == 2
        """,
    "objects of the test": """
        class Own:
            n = 1
        x, o = [], Own()
        b = Bag(x)
        x.append(o)
        b.add(o)
        assert x == [o, o] and x[1] is o
        """,
    "what cannot cross": """
        x = [lambda: 3]
        b = Bag(x)
        b.add(len)
        x.append((i for i in []))
        b.total()
        assert b.add(4) is None
        """,
    "objects of the answer": """
        x = []
        b, c = Bag(x), Bag([])
        x.append(c)
        assert b.total() == 1
        b.add(c)
        assert x == [c, c]
        """,
    "a list in itself": """
        x = []
        b = Bag(x)
        x.append(x)
        assert b.total() in (0, 1)
        """,
    "other containers put in": """
        from collections import Counter, deque
        x = {}
        b = Keyed(x)
        b.add("a", deque([1], 3))
        b.add("b", Counter("aab"))
        assert x == {"a": deque([1]), "b": Counter("aab")}
        assert x["a"].maxlen == 3 and type(x["b"]) is Counter
        """,
    "a set in a dict": """
        tags = {1}
        x = {"tags": tags}
        b = Keyed(x)
        b.add("b", 2)
        assert x == {"tags": {1}, "b": 2} and x["tags"] is tags
        """,
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes(grader: Grader, name: str) -> None:
    assert passes(grader, BAG, RIGHT[name])


KEEPING = """
kept = []

def count(rows):
    def walk(row):
        return sum(walk(item) if isinstance(item, (list, tuple)) else 1 for item in row)

    kept.append(rows)
    return walk(rows)

def size(x):
    kept.append(x)
    return len(x[0])

def first(x):
    kept.append(x)
    return x[0][0]
"""
CHANGED = {
    "in a named tuple": """
        from collections import namedtuple
        P = namedtuple("P", "items")
        x = [P([1])]
        assert count(x) == 1
        x[0].items.append(2)
        assert count(x) == 2
        """,
    "in tuples": """
        x = [[1], [2]]
        assert count(x) == 2
        x[0].append((3, [4]))
        assert count(x) == 4
        x[0][1][1].append(5)
        assert count(x) == 5
        """,
    "a view of a dict": """
        d = {1: 2}
        x = [d.keys()]
        assert size(x) == 1
        d[3] = 4
        assert size(x) == 2
        """,
    "a view of bytes": """
        b = bytearray(b"a")
        x = [memoryview(b)]
        assert first(x) == 97
        b[0] = 98
        assert first(x) == 98
        """,
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_argument_is_never_one_of_before(grader: Grader, name: str) -> None:
    assert passes(grader, KEEPING, CHANGED[name])


def test_an_answer_that_loses_its_process_shares_nothing_with_the_next(grader: Grader) -> None:
    answer = BAG + "\n\nclass Ending(Bag):\n    def end(self):\n        import os\n        os._exit(3)\n"
    suite = dedent("""
        from solution import Bag, Ending
        x = []
        b = Ending(x)

        def test_a():
            b.add(1)
            assert x == [1]

        def test_b():
            b.end()

        def test_c():
            c = Bag(x)
            c.add(2)
            assert x == [1, 2]
        """)
    assert [str(test.verdict) for test in grade_of(grader, answer, {"pytest": suite}).tests] == [
        "passed", "exception", "passed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "passed"),
    [(BAG, True), (BAG.replace("self.items = items", "self.items = list(items)"), False)],
    ids=["shared", "copied"],
)
def test_a_text_is_asked_for_again_when_the_test_has_changed_what_the_object_holds(
    grader: Grader, answer: str, passed: bool
) -> None:
    answer += (
        "\n    def __str__(self):\n        return str(self.items)\n\n\ndef make(items):\n    return Keyed(items)\n"
    )
    body = "x = [1]\nb = make(x)\nassert str(b) == '[1]'\nx.append(2)\nassert str(b) == '[1, 2]'"
    assert passes(grader, answer, body) is passed


def test_a_change_is_seen_by_no_operand_of_the_same_comparison(grader: Grader) -> None:
    answer = (
        "kept = []\n\ndef f(x, y=None):\n    kept.append(x)\n    for one in kept:\n        one.clear()\n    return 0\n"
    )
    reference = {"tests": [{"assert": "x = [3, 1]\nf([2])\nassert f(x) == sum(x)"}], "entry_point": "f"}
    assert grade_of(grader, answer, reference).metric("functional") == 0.0
