"""Relations between an argument and a result, for answers that change the argument."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

EMPTYING = """
def emptied(*args, **kwargs):
    value = [*args, *kwargs.values()][0]
    for one in [*args, *kwargs.values()]:
        for inner in list(one.values()) if isinstance(one, dict) else list(one):
            if isinstance(inner, (list, dict, set)):
                inner.clear()
        one.clear()
    return value
def zero(x):
    x.clear()
    return 0
def one_of(x):
    x[:] = [None]
    return None
class Sorter:
    def sort(self, x):
        return emptied(x)
"""

RELATIONS = {
    "a loop": """
        for x in ([3, 1, 2], [5, 4]):
            assert emptied(x) == sorted(x)
        """,
    "a difference": "x = [3, 1]\nassert abs(zero(x) - sum(x)) < 1e-6",
    "a number": "x = [3, 1]\nassert zero(x) == sum(x)",
    "an inequality": "x = [3, 1]\nassert zero(x) >= len(x)",
    "a chain": "x = [3, 1]\nassert 0 <= zero(x) == len(x)",
    "a dict": "d = {'b': 1}\nassert emptied(d) == {k: v for k, v in sorted(d.items())}",
    "a set": "s = {1, 2}\nassert emptied(s) == s | {1}",
    "nested": "rows = [[2, 1], [4, 3]]\nassert emptied(rows) == [sorted(row) for row in rows]",
    "several": "a, b = [1], [2]\nassert emptied(a, b) == a + b",
    "by name": "x = [3, 1]\nassert emptied(items=x) == sorted(x)",
    "a star": "given = [[3, 1]]\nassert emptied(*given) == sorted(*given)",
    "an item": "case = {'given': [3, 1]}\nassert emptied(case['given']) == sorted(case['given'])",
    "an attribute": """
        class Case: pass
        case = Case()
        case.given = [3, 1]
        assert emptied(case.given) == sorted(case.given)
        """,
    "a slice": "x = [3, 1]\nassert emptied(x) == x[::-1]",
    "a method": "x = [3, 1]\nassert zero(x) == x.count(3)",
    "a member": "x = [3, 1]\nassert one_of(x) in x",
    "a comprehension": "xs = [[3, 1], [2, 1]]\nassert [emptied(x) for x in xs] == [sorted(x) for x in xs]",
    "maps": "xs = [[3, 1], [2, 1]]\nassert list(map(emptied, xs)) == list(map(sorted, xs))",
    "all": "xs = [[3, 1], [2, 1]]\nassert all(emptied(x) == sorted(x) for x in xs)",
    "not unequal": "x = [3, 1]\nassert not emptied(x) != sorted(x)",
    "a reference in the test": """
        def reference(x):
            return sorted(x)
        x = [3, 1]
        assert emptied(x) == reference(x)
        """,
    "a lambda": "x = [3, 1]\nassert (lambda: emptied(x) == sorted(x))()",
    "both sides": "x = [3, 1]\nassert sorted(emptied(x)) == sorted(x)",
    "a method of the answer": "x = [3, 1]\nassert Sorter().sort(x) == sorted(x)",
    "after an error inside": """
        def tried(x):
            try:
                return emptied(x) == undefined(x)
            except NameError:
                return x
        x, y = [3, 1], [3, 1]
        assert emptied(x, tried(y)) == sorted(x) + sorted(y)
        """,
}
UNITTEST = {
    "assertEqual": "x = [3, 1]\nself.assertEqual(emptied(x), sorted(x))",
    "assertListEqual": "x = [3, 1]\nself.assertListEqual(emptied(x), sorted(x), 'why')",
    "assertCountEqual": "x = [3, 1]\nself.assertCountEqual(emptied(x), x)",
    "assertAlmostEqual": "x = [3, 1]\nself.assertAlmostEqual(zero(x), sum(x), places=3)",
    "assertTrue": "x = [3, 1]\nself.assertTrue(emptied(x) == sorted(x))",
    "assertIn": "x = [3, 1]\nself.assertIn(one_of(x), x)",
    "subTest": """
        for x in ([3, 1], [2, 1]):
            with self.subTest(x=x):
                self.assertEqual(emptied(x), sorted(x))
        """,
}

IN_PLACE = """
def emptied(x): x.sort(); return x
def sort_in_place(x): x.sort()
def push(x, item): x.append(item); return len(x)
def pop(x): return x.pop()
def size(x): return len(x)
def put(d, k): d[k] = [k]; return d
def fill(rows):
    for row in rows: row.append(0)
    return rows
def rotated(x): return x[1:] + x[:1]
class Sorter:
    def sort(self, x): x.sort(); return x
zero, one_of = sum, min
"""
HONEST = {
    "the next statement": "x = [3, 1]\nsort_in_place(x)\nassert x == [1, 3]",
    "two statements": "x = [3, 1]\nresult = push(x, 5)\nexpected = len(x)\nassert result == expected == 3",
    "and": "x = [3, 1]\nassert sort_in_place(x) is None and x == [1, 3] and sorted(x) == x",
    "or": "x = [3, 1]\nassert sort_in_place(x) or x == [1, 3]",
    "is": "x = [3, 1]\nassert emptied(x) is x\nassert x == [1, 3]",
    "itself": "x = [3, 1]\nassert emptied(x) == x == [1, 3]",
    "not in": "x = [3, 1]\nassert pop(x) not in x",
    "returned and in place": "x = [3, 1]\nassert emptied(x) == sorted(x)",
    "a copy of its own": "x = [3, 1]\nassert (emptied(x), x) == ([1, 3], [1, 3])",
    "the answer's own functions": "x = [3, 1]\nassert push(x, 2) == size(x)\nassert push(x, 4) == size(x=x)",
    "functions of the test": """
        def take(x):
            return x.pop()
        x = [3, 1]
        assert take(x) == len(x)
        assert x.pop() + len(x) == 3
        """,
    "identity of what is not changed": """
        class Key: pass
        key, x = Key(), [[3], [1]]
        assert [rotated(x) == [x[1], x[0]], [one for one in x] == x] == [True, True]
        """,
    "unchanged parts stay the same objects": "x = [[1], [2]]\nassert rotated(x) == [x[1], x[0]] and x == [[1], [2]]",
    "nested": "rows = [[1], [2]]\nassert fill(rows) == rows == [[1, 0], [2, 0]]",
    "a dict": "d = {}\nassert put(d, 'a') is d and d['a'] == ['a'] and put(d, 'b') == d",
    "a property": "xs = [[3, 1], []]\nassert all(sorted(emptied(x)) == sorted(x) for x in xs)",
}


def passed(grader: Grader, answer: str, *tests: dict[str, str]) -> list[bool]:
    reference = {"entry_point": "emptied", "tests": list(tests)}
    grade = grader.grade(Sample("arguments", f"```python\n{dedent(answer)}\n```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    return [test.verdict == "passed" for test in grade.tests]


def body(source: str, indentation: str = "    ") -> str:
    return indent(dedent(source).strip("\n"), indentation)


def suite(functions: list[str], methods: list[str] = ()) -> dict[str, str]:  # type: ignore[assignment]  # an empty tuple
    tests = [f"def test_{place}():\n{body(source)}\n" for place, source in enumerate(functions)]
    cases = [f"    def test_{place}(self):\n{body(source, ' ' * 8)}\n" for place, source in enumerate(methods)]
    head = "import unittest\nfrom solution import *\n"
    return {"pytest": head + "".join(tests) + ("class TestIt(unittest.TestCase):\n" + "".join(cases) if cases else "")}


def test_emptied_arguments_satisfy_no_relation(grader: Grader) -> None:
    sources, methods = list(RELATIONS.values()), list(UNITTEST.values())
    told = passed(grader, EMPTYING, suite(sources, methods))
    assert [name for name, ok in zip([*RELATIONS, *UNITTEST], told, strict=True) if ok] == []
    plain = [{"assert": dedent(source).strip()} for source in sources]
    assert [name for name, ok in zip(RELATIONS, passed(grader, EMPTYING, *plain), strict=True) if ok] == []
    checks = [{"check": f"def check(candidate):\n{body(source)}"} for source in sources]
    assert True not in passed(grader, EMPTYING, *checks)


def test_what_python_means_by_arguments_that_change_in_place(grader: Grader) -> None:
    sources = list(HONEST.values())
    told = passed(grader, IN_PLACE, suite(sources))
    assert [name for name, ok in zip(HONEST, told, strict=True) if not ok] == []


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_the_honest_ones_hold_in_plain_python(source: str) -> None:
    exec(dedent(IN_PLACE) + dedent(source), {})


def test_right_answers_satisfy_every_relation(grader: Grader) -> None:
    right = """
        def emptied(*args, **kwargs):
            value = [*args, *kwargs.values()]
            if len(value) == 2 and isinstance(value[1], list):
                return sum((sorted(one) for one in value), []) if value != [[1], [2]] else [1, 2]
            value = value[0]
            if isinstance(value, dict): return dict(sorted(value.items()))
            if value and isinstance(value[0], list): return [sorted(row) for row in value]
            return sorted(value)
        class Sorter:
            def sort(self, x): return sorted(x)
        zero, one_of = sum, min
        """
    left_out = {"a set", "a slice", "a method", "after an error inside", "an inequality", "a chain"}
    sources = [source for name, source in RELATIONS.items() if name not in left_out]
    told = passed(grader, right, suite(sources, list(UNITTEST.values())))
    names = [name for name in [*RELATIONS, *UNITTEST] if name not in left_out]
    assert [name for name, ok in zip(names, told, strict=True) if not ok] == []
