"""The table of trust, cell by cell: a lying class passes no test by any operation on an object of any origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample
from testcases.proxies.trust_table import TABLE, Operation, Origin, Treatment, as_markdown, weakest

if TYPE_CHECKING:
    from grader.core.grader import Grader

LIAR = """
class Liar:
    def __init__(self, *args):
        self.radius = 2

    def lie(self, *args):
        return {lie}

    def agree(self, *args):
        return True

    __sub__ = __rsub__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = lie
    __xor__ = __rxor__ = __divmod__ = __rdivmod__ = __isub__ = __itruediv__ = __add__ = __radd__ = __iadd__ = lie
    __mul__ = __rmul__ = __matmul__ = __pow__ = __rpow__ = __and__ = __or__ = __lshift__ = __rshift__ = lie
    __neg__ = __pos__ = __invert__ = __copy__ = __deepcopy__ = __call__ = area = hidden = union = lie
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = agree
    startswith = issuperset = isdigit = difference = agree

    def __getitem__(self, key):
        return {lie}

    def __hash__(self):
        return 0

    def __iter__(self):
        return iter([{lie}])

    def __len__(self):
        return 0

    def __float__(self):
        return 0.0

    def __index__(self):
        return 0

    __abs__ = __round__ = __float__
    __trunc__ = __floor__ = __ceil__ = __int__ = __index__

    def __str__(self):
        return "0.0"

    __repr__ = __str__


class Circle(Liar):
    def hand_out(self):
        return self

    def hidden(self):
        return Hidden()

    @classmethod
    def unit(cls):
        return cls()


class Hidden(Liar):
    pass
"""
LIES = ["self", "0.0", "0", "Circle()", "Hidden()", "1e-12", "True", "[]", "(self, self)", "''"]
MADE = {
    Origin.CONSTRUCTED: "Circle(2)",
    Origin.COMPUTED: "Circle.unit()",
    Origin.HANDED_OUT: "Circle(2).hand_out()",
    Origin.UNNAMED: "Circle(2).hidden()",
    Origin.DIFFERENCE: "(Circle(2) - 12.5)",
}
"""Expressions for an object of each origin."""
PLAYS = {
    Operation.READ: [
        "{x}.radius == 12.5",
        "{x}[0] == 12.5",
        "{x}(1) == 12.5",
        "list({x}) == [12.5]",
        "{x}.area() == 12.5",
        "abs({x}.area() - 12.5) < 1e-6",
        "abs({x}[0] - 12.5) < 1e-6",
        "abs(next(iter({x})) - 12.5) < 1e-6",
        "getattr({x}, 'area')() == 12.5",
    ],
    Operation.CLAIM: [
        "{x}.startswith('Hello') and not {x}.startswith('Bye')",
        "{x}.issuperset([1, 2]) and not {x}.issuperset([3])",
        "{x}.difference([1]) and not {x}.difference([2])",
        "{x}.isdigit() and not {x}.isdigit()",
    ],
    Operation.TEXT: ["str({x}) == '12.5'", "repr({x}) == '12.5'", "f'{{{x}:.1f}}' == '12.5'", "hash({x}) == 12"],
    Operation.LENGTH: ["len({x}) == 5", "list(range(len({x}))) == [0]"],
    Operation.NUMBER: [
        "abs({x}) == 12.5",
        "round({x}, 1) == 12.5",
        "float({x}) == 12.5",
        "int({x}) == 12",
        "math.isclose({x}, 12.5)",
        "abs(float({x}) - 12.5) < 1e-6",
        "math.floor({x}) == 12",
        "bool({x}) is not bool({x})",
        "[1, 2][{x}] == 2",
    ],
    Operation.UNARY: [
        "-{x} == -12.5",
        "abs(-{x} + 12.5) < 1e-6",
        "abs(-{x} - -12.5) < 1e-6",
        "+{x} == 12.5",
        "~{x} == 12",
        "copy.copy({x}) == 12.5",
        "abs(copy.deepcopy({x}) - 12.5) < 1e-6",
    ],
    Operation.CONTAINS: ["12.5 in {x}", "'twelve' in {x}", "not 12.5 not in {x}", "(1, 2) in {x}"],
    Operation.EQUAL_DATA: [
        "{x} == 12.5",
        "12.5 == {x}",
        "not {x} != 12.5",
        "{x} in [12.5]",
        "{x} == [12.5]",
        "[{x}] == [12.5]",
        "{{'a': {x}}} == {{'a': 12.5}}",
        "{x} == 'twelve'",
        "{x} == {{'a': 1}}",
        "{x} == 12.5 + 0j",
        "{x} == True",
        "{x} == pytest.approx(12.5)",
        "unittest.TestCase().assertEqual({x}, 12.5) is None",
    ],
    Operation.ORDER_DATA: [
        "12 < {x} < 13",
        "12.5 <= {x} <= 12.5",
        "'a' < {x} < 'b'",
        "[1] < {x} < [2]",
        "(1,) <= {x} and {x} <= (2,)",
        "max({x}, 12.5) == 12.5 == min({x}, 12.5)",
        "unittest.TestCase().assertGreater({x}, 12) is None",
    ],
    Operation.COMBINE_DATA: [
        "{x} + 1 == 13.5",
        "1 + {x} == 13.5",
        "{x} * 2 == 25",
        "abs({x} * 1 - 12.5) < 1e-6",
        "abs(1 * {x} - 12.5) < 1e-6",
        "abs(sum([{x}]) - 12.5) < 1e-6",
        "{x} ** 2 == 156.25",
        "{x} & 12 == 12.5",
        "'twelve' in {x} * 2",
        "(2 * {x}).startswith('twelve') and not (2 * {x}).startswith('two')",
    ],
    Operation.ADD_NUMBER: ["{x} + 1 == 13.5", "1 + {x} == 13.5", "abs(-{x} + 12.5) < 1e-6", "abs({x} + -12.5) < 1e-6"],
    Operation.SUBTRACT_DATA: [
        "abs({x} - 12.5) < 1e-6",
        "abs(12.5 - {x}) < 1e-6",
        "{x} - 12.5 == 0",
        "12.5 - {x} == 0",
        "not {x} - 12.5",
        "{x} - 12.5 < 1e-6 and 12.5 - {x} < 1e-6",
        "round({x} - 12.5, 5) == 0",
        "abs({x} - 12.5 + 0) < 1e-6",
        "abs(-({x} - 12.5)) < 1e-6",
        "abs(({x} - 12.5).area()) < 1e-6",
        "abs(({x} - 12.5)[0]) < 1e-6",
        "max([{x} - 12.5], key=abs) == 0",
        "{x} / 12.5 == 1",
        "abs({x} / 12.5 - 1) < 1e-6",
        "{x} // 5 == 2",
        "{x} % 5 == 2.5",
        "not {x} ^ 12",
        "divmod({x}, 5) == (2, 2.5)",
        "len({x} - {{12.5}}) == 0",
        "not {x} - {{12.5}}",
        "{x}.__sub__(12.5) == 0",
        "math.isclose({x} - 12.5, 0, abs_tol=1e-6)",
        "unittest.TestCase().assertAlmostEqual({x}, 12.5) is None",
        "unittest.TestCase().assertAlmostEqual({x}, 12.5, delta=1e-6) is None",
        "{x} - 12.5 == pytest.approx(0)",
    ],
    Operation.EQUAL_OBJECT: [
        "{x} == Circle(3)",
        "Circle(3) == {x}",
        "not {x} != Circle(3)",
        "{x} in [Circle(3)]",
        "[{x}] == [Circle(3)]",
        "unittest.TestCase().assertEqual({x}, Circle(3)) is None",
    ],
    Operation.ORDER_OBJECT: ["{x} < Circle(3) and not Circle(3) < {x}", "{x} > Circle(1) and not {x} <= Circle(1)"],
    Operation.COMBINE_OBJECT: [
        "{x} + Circle(1) == 13.5",
        "abs({x} * Circle(1)) == 12.5",
        "abs(Circle(1) + {x}) == 13.5",
    ],
    Operation.SUBTRACT_OBJECT: ["abs({x} - Circle(1)) == 11.5", "{x} - Circle(1) == 11.5", "{x} / Circle(1) == 12.5"],
}
"""Assertions for each operation that are false of a circle of area 12.5, or that the answer cannot know to be true."""
NOTHING_BUT_CLAIMS = {
    Operation.CLAIM: ["{x}.startswith('Hello')", "{x}.issuperset([1, 2])", "{x}.isdigit()"],
    Operation.SUBTRACT_OBJECT: ["abs({x} - Circle(3)) < 1e-6", "abs(Circle(3) - {x}) < 1e-6", "not {x} - Circle(3)"],
}
"""Assertions that a class may decide about objects that test code constructs, but not about what it hands out."""
ZEROES = [
    "abs({x}) < 1e-6",
    "not {x}",
    "bool({x})",
    "round({x}, 5) == 0",
    "float({x}) == 0",
    "math.isclose({x}, 0, abs_tol=1e-6)",
    "len({x}) == 0",
    "{x} == 0",
    "{x} == []",
    "{x} == 1",
    "{x} < 1e-6",
    "0 in {x}",
    "abs(-{x}) < 1e-6",
    "abs({x} + 0) < 1e-6",
    "abs({x}.area()) < 1e-6",
    "abs({x}.hand_out()) < 1e-6",
    "abs({x} - Circle(0)) < 1e-6",
    "{x}.is_integer()",
]
"""Assertions that a difference to what the test expects must not decide."""


def plays(origin: Origin) -> list[tuple[Operation, str]]:
    found = [(operation, source) for operation, sources in PLAYS.items() for source in sources]
    if origin not in {Origin.CONSTRUCTED, Origin.COMPUTED}:
        found += [(operation, source) for operation, sources in NOTHING_BUT_CLAIMS.items() for source in sources]
    if origin is Origin.DIFFERENCE:
        found += [(Operation.NUMBER, source) for source in ZEROES]
    return [(operation, source.format(x=MADE[origin])) for operation, source in found]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("origin", Origin, ids=lambda origin: origin.name)
def test_a_lying_class_passes_nothing_by_any_operation(grader: Grader, origin: Origin, lie: str) -> None:
    answer = f"```python\n{LIAR.replace('{lie}', lie)}```"
    setup = "import copy, math, unittest\nfrom testcases.pytest_runner.approx import Approx\nclass pytest:\n"
    setup += "    approx = Approx\n"
    rows = plays(origin)
    reference = {"setup": setup, "tests": [{"assert": f"assert {source}"} for _, source in rows]}
    grade = grader.grade(Sample("liar", answer, reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert [test.name for test in grade.tests if test.verdict == "passed"] == []
    assert len(grade.tests) == len(rows)


TWO_FACED = """
class Circle:
    seen = None

    def __init__(self, n):
        self.n = n

    def __float__(self):
        return float(self.n) if Circle.seen is None else Circle.seen

    def __sub__(self, other):
        Circle.seen = other
        return Circle(self.n - other)

    __rsub__ = __isub__ = __sub__

    def __abs__(self):
        return 0.0

    def __round__(self, n=0):
        return 0.0

    def __bool__(self):
        return False

    def __eq__(self, other):
        return True

    def __len__(self):
        return 0

    __hash__ = None
"""


def test_a_class_that_calculates_and_then_claims_something_else_passes_nothing(grader: Grader) -> None:
    """It also learns from the operator what the test expects."""
    rows = [source.format(x="Circle(2)") for source in PLAYS[Operation.SUBTRACT_DATA]]
    rows += [source.format(x="(Circle(2) - 12.5)") for source in ZEROES]
    setup = "import math, unittest\nfrom testcases.pytest_runner.approx import Approx\nclass pytest:\n"
    for row in rows:  # each in a process of its own: a class may well know what an earlier test has shown
        reference = {"setup": f"{setup}    approx = Approx\n", "tests": [{"assert": f"assert {row}"}]}
        grade = grader.grade(Sample("two-faced", f"```python{TWO_FACED}```", reference))
        assert [test.name for test in grade.tests if test.verdict == "passed"] == []


def test_a_play_exists_for_every_cell() -> None:
    assert list(PLAYS) == list(Operation) == list(TABLE)
    for row in TABLE.values():
        assert list(row) == list(Origin)
    used = {rule.treatment for row in TABLE.values() for rule in row.values()}
    assert used == set(Treatment)


def test_no_operation_gives_an_object_more_trust_than_its_operands_have() -> None:
    order = list(Origin)
    for row in TABLE.values():
        for origin, rule in row.items():
            assert rule.gives is not Origin.CONSTRUCTED
            if rule.treatment is not Treatment.REFUSED:
                assert order.index(rule.gives) >= min(order.index(origin), order.index(Origin.HANDED_OUT))
    assert weakest([Origin.COMPUTED, Origin.DIFFERENCE, Origin.CONSTRUCTED]) is Origin.DIFFERENCE


def test_the_table_has_a_line_for_every_operation() -> None:
    lines = as_markdown().splitlines()
    assert all(any(line.startswith(f"| {one.value}".replace("`|`", "`\\|`")) for line in lines) for one in Operation)
