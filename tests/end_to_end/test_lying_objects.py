"""Answers that return objects which say of themselves whatever a test may ask: none may pass one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.sample import Sample

if TYPE_CHECKING:
    from grader.grader import Grader

LIAR = """
class Liar{base}:
    def yes(self, *others):
        return True

    def zero(self, *others):
        return 0.0

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = yes
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = __mod__ = __pow__ = zero
    __truediv__ = __rtruediv__ = __floordiv__ = __neg__ = __round__ = __float__ = zero
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = zero

    def __hash__(self):
        return 0

    def __getattr__(self, name):
        return self.yes


def f(*args):
    return Liar()
"""

ASSERTIONS = [
    "assert f(1) == 3.5",
    "assert 3.5 == f(1)",
    "assert not f(1) != 3.5",
    "assert abs(f(1) - 3.5) < 1e-6",
    "assert abs(3.5 - f(1)) < 1e-6",
    "assert f(1) - 3.5 < 1e-6",
    "assert 3 < f(1) < 4",
    "assert f(1) <= 3.5 and f(1) >= 3.5",
    "assert f(1) * 2 == 0.0",
    "assert f(1) in [3.5]",
    "assert [3.5] == [f(1)]",
    "assert {3.5} == {f(1)}",
    "assert {'a': f(1)} == {'a': 3.5}",
    "assert f(1) == f(2)",
    "assert f(1) - f(2) == 0",
    "assert 5 in f(1)",
    "assert isinstance(f(1), float)",
    "assert sorted([f(2), f(1)]) == [1, 2]",
    "assert max(f(1), 3.5) == 3.5",
    "assert sum([f(1), 3.5]) == 0",
    "assert set(f(1)) == {1, 2}",
    "assert tuple(f(1)) == (1, 2)",
    "import math\nassert math.isclose(f(1), 3.5)",
    "assert str(f(1)) == '3.5'",
    "assert f'{f(1)}' == '3.5'",
    "assert float(f(1)) == 3.5",
    "assert f(1).__class__ is float",
    "assert type(f(1)) is float",
]


@pytest.mark.parametrize("base", ["", "(float)", "(int)", "(str)", "(list)", "(dict)", "(tuple)"])
def test_an_object_that_agrees_with_everything_passes_nothing(grader: Grader, base: str) -> None:
    answer = "```python" + LIAR.format(base=base) + "```"
    reference = {"entry_point": "f", "tests": [{"assert": source} for source in ASSERTIONS]}
    grade = grader.grade(Sample("liar", answer, reference))
    assert [test.name for test in grade.tests if test.verdict == "passed"] == []
    check = "def check(candidate):\n" + "".join(
        f"    {line}\n" for source in ASSERTIONS for line in source.replace("f(", "candidate(").split("\n")
    )
    grade = grader.grade(Sample("liar", answer, {"entry_point": "f", "test": check}))
    assert [test.name for test in grade.tests if test.verdict == "passed"] == []
