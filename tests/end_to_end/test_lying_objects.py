"""Answers whose objects claim whatever a test may ask: none may pass a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

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
    # An object of a class that derives from a number may pass as that number: 0 is less than 3.5.
    number = f"```python\ndef f(*args):\n    return {base.strip('()') or 'object'}()\n```"
    known = {test.name for test in grader.grade(Sample("plain", number, reference)).tests if test.verdict == "passed"}
    known = known if base in {"(int)", "(float)"} else set()
    assert [test.name for test in grade.tests if test.verdict == "passed" and test.name not in known] == []
    check = "def check(candidate):\n" + "".join(
        f"    {line}\n" for source in ASSERTIONS for line in source.replace("f(", "candidate(").split("\n")
    )
    reference = {"entry_point": "f", "test": check}
    grade = grader.grade(Sample("liar", answer, reference))
    known = {test.name for test in grader.grade(Sample("plain", number, reference)).tests if test.verdict == "passed"}
    assert [test.name for test in grade.tests if test.verdict == "passed" and test.name not in known] == []


AS_A_CLASS = """
class f{base}:
    def __new__(cls, *args):
        return super().__new__(cls)

    def __init__(self, *args):
        super().__init__()

    def nothing(self, *others):
        return 0

    def yes(self, *others):
        return True

    __sub__ = __rsub__ = __mod__ = __xor__ = __floordiv__ = __abs__ = __round__ = nothing
    __contains__ = __eq__ = startswith = endswith = issubset = isdigit = yes
    __hash__ = None

    def difference(self, other):
        return ()
"""
"""The function that was asked for, written as a class: each call makes an object."""
RESULTS_OF_A_CLASS = [
    "assert abs(f(1, 2) - 3.5) < 1e-6",
    "assert abs(7 - f(1, 2)) < 1e-6",
    "assert 9 % f(9) == 0",
    "assert not f(9) ^ 5",
    "assert 3 in f(1)",
    "assert f(1).issubset({1, 2})",
    "assert f(1).startswith('Hello')",
    "assert f(1).isdigit()",
    "import unittest\nunittest.TestCase().assertAlmostEqual(f(1, 2), 3.5)",
    "import unittest\nunittest.TestCase().assertIn(3, f(1))",
    "import unittest\nunittest.TestCase().assertSetEqual(f(1), {1, 2})",
]


def passed(grader: Grader, answer: str, tests: list[str], entry_point: str = "f") -> list[str]:
    reference = {"entry_point": entry_point, "tests": [{"assert": source} for source in tests]}
    grade = grader.grade(Sample("objects", f"```python\n{answer}```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    return [source for source, test in zip(tests, grade.tests, strict=True) if test.verdict == "passed"]


@pytest.mark.parametrize("base", ["", "(str)", "(int)", "(list)"])
def test_a_function_written_as_a_class_passes_nothing_by_claims_of_its_results(grader: Grader, base: str) -> None:
    answer = AS_A_CLASS.format(base=base)
    assert passed(grader, answer, RESULTS_OF_A_CLASS) == []


def test_an_operator_of_a_result_does_not_see_the_expected_value(grader: Grader) -> None:
    answer = "class f:\n    def __init__(self, n): pass\n    def __rsub__(self, o): raise ValueError(f'{o} it is')\n"
    answer += "    __sub__ = __rsub__\n"
    check = (
        "def check(candidate):\n    assert abs(candidate(1) - 3.5) < 1e-6\n    assert abs(3.5 - candidate(1)) < 1e-6\n"
    )
    grade = grader.grade(Sample("shown", f"```python\n{answer}```", {"entry_point": "f", "test": check}))
    assert [test.verdict for test in grade.tests] == ["wrong_answer", "wrong_answer"]
    assert not [test.detail for test in grade.tests if "it is" in test.detail.replace("its object is", "")]


@pytest.mark.parametrize(
    "area", ["type('area', (Solution,), {})", "lambda self, n: Solution()", "classmethod(lambda cls, n: cls())"]
)
def test_an_object_that_replaces_the_result_of_a_method_is_not_a_number(grader: Grader, area: str) -> None:
    answer = "class Solution:\n    def __init__(self, *a): pass\n    def __sub__(self, o): return 0\n"
    answer += "Solution.__rsub__ = Solution.__sub__\n"
    answer += f"Solution.area = {area}\n"
    tests = ["assert abs(Solution().area(3) - 28.27) < 1e-2", "assert abs(28.27 - Solution().area(3)) < 1e-2"]
    assert passed(grader, answer, tests, "Solution.area") == []
    assert passed(grader, answer, tests, "Solution") == []


DUAL = """
class Dual:
    def __init__(self, n=0): self.n = n
    def __index__(self): return 0
    def __float__(self): return 1.0
    def __complex__(self): return 5 + 0j
    def __iter__(self): return iter([4])
    def __str__(self): return "four"
    def __bool__(self): return {truth}
    def __eq__(self, other): return True
    __hash__ = None

def f(n):
    return Dual()

def g(n):
    return [Dual()] * n
"""


@pytest.mark.parametrize("truth", [True, False])
def test_an_object_that_is_two_numbers_equals_none(grader: Grader, truth: bool) -> None:
    tests = [
        "assert f(4) == 1",
        "assert f(5) == 0",
        "assert f(5) == 1.0",
        "assert f(6) == True",
        "assert f(7) == False",
    ]
    tests += ["assert g(2) == [0, 1]", "assert g(2) == [1, 0]"]
    tests += ["assert f(1) == 5 + 0j", "assert f(1) == [4]", "assert f(1) == 'four'"]
    assert passed(grader, DUAL.format(truth=truth), tests) == []


def test_an_object_that_is_two_numbers_is_near_to_none(grader: Grader) -> None:
    suite = "import pytest\nfrom solution import f, g\n"
    for number, wanted in enumerate(["0", "1.0"]):
        suite += f"def test_{number}():\n    assert f(1) == pytest.approx({wanted})\n"
        suite += f"def test_list_{number}():\n    assert g(1) == pytest.approx([{wanted}])\n"
    reference = {"entry_point": "f", "tests": [{"pytest": suite}]}
    grade = grader.grade(Sample("near", f"```python\n{DUAL.format(truth=True)}```", reference))
    assert [test.verdict for test in grade.tests] == ["wrong_answer"] * 4


def test_a_number_that_is_true_when_it_is_0_equals_not_0(grader: Grader) -> None:
    answer = "class Zero(int):\n    def __bool__(self): return True\n    def __eq__(self, other): return True\n"
    answer += "    __hash__ = None\ndef f(n): return Zero(0)\n"
    assert passed(grader, answer, ["assert f(1)", "assert f(1) == True", "assert f(2) == 1"]) == []


def test_a_list_that_has_a_text_is_not_a_text(grader: Grader) -> None:
    answer = "class Both(list):\n    def __str__(self): return 'four'\n    def __eq__(self, other): return True\n"
    answer += "    def __float__(self): return 4.0\ndef f(n): return Both([4])\n"
    tests = ["assert f(1) == 'four'", "assert f(1) == 4.0", "assert f(1) == [4]"]
    assert passed(grader, answer, tests) == ["assert f(1) == [4]"]


CHANGING = """
class Changing:
    def __init__(self):
        self.times = 0

    def number(self, *args):
        self.times += 1
        return [1e9, -1e9][self.times % 2]

    __float__ = number

    def integer(self, *args):
        return int(self.number())

    __int__ = __index__ = __round__ = __trunc__ = integer

    def __len__(self):
        self.times += 1
        return self.times

    def __bool__(self):
        self.times += 1
        return self.times % 2 == 0

    def __str__(self):
        self.times += 1
        return "ab"[self.times % 2]

    def __iter__(self):
        self.times += 1
        return iter([self.times % 2])


def f(n):
    return Changing()
"""
CONTRADICTIONS = [
    "v = f(2)\nassert {0} > 2.9 and {0} < 3.1",
    "v = f(2)\n{0}\nassert {0} > 2.9 and {0} < 3.1",
]


@pytest.mark.parametrize("conversion", ["float(v)", "int(v)", "round(v)", "round(v, 1)", "__import__('math').trunc(v)"])
def test_a_result_is_one_number_each_time_it_is_converted(grader: Grader, conversion: str) -> None:
    assert passed(grader, CHANGING, [source.format(conversion) for source in CONTRADICTIONS]) == []


def test_a_result_is_the_same_each_time_it_is_asked(grader: Grader) -> None:
    tests = [
        "v = f(2)\nassert len(v) != len(v)",
        "v = f(2)\nassert bool(v) is not bool(v)",
        "v = f(1)\nassert v and not v",
    ]
    tests += ["v = f(2)\nassert str(v) != str(v)", "v = f(2)\nassert f'{v}' != str(v) or repr(v) != repr(v)"]
    assert passed(grader, CHANGING, tests) == []


TEXT = """
class Text(str):
    def yes(self, *others):
        return True
    startswith = endswith = isdigit = __contains__ = yes
    def count(self, other):
        return 1
    def __bool__(self):
        return False

class Items(set):
    def issubset(self, other):
        return True
    def difference(self, other):
        self.update(other)
        return set()
    def symmetric_difference(self, other):
        return set()

class Marked(str):
    startswith = property(lambda self: lambda *a: True)

class Unknown:
    def __getattr__(self, name):
        return lambda *a: True

def f(kind):
    return {"text": Text("abc"), "set": Items(), "marked": Marked(), "unknown": Unknown()}[kind]
"""
CLAIMS = [
    "assert f('text').startswith('Hello')",
    "assert f('text').endswith('Hello')",
    "assert f('text').isdigit()",
    "assert f('text').count('Hello') == 1",
    "assert 'Hello' in f('text')",
    "assert not f('text')",
    "assert f('set').issubset({1}) and f('set').difference(()) and True",
    "assert not f('set').symmetric_difference({1, 2})",
    "import unittest\nunittest.TestCase().assertSetEqual(f('set'), {1, 2})",
    "assert f('marked').startswith('Hello')",
    "assert f('unknown').startswith('Hello')",
    "assert f('unknown').issubset({1, 2})",
]


def test_methods_of_a_result_that_claims_to_be_a_text_or_set_are_not_believed(grader: Grader) -> None:
    assert passed(grader, TEXT, CLAIMS) == []


def test_methods_of_a_text_or_set_run_on_its_value(grader: Grader) -> None:
    tests = ["assert f('text').startswith('ab')", "assert f('text').count('a') == 1", "assert 'bc' in f('text')"]
    tests += ["assert f('text').upper() == 'ABC'", "assert f('set').union({1}) == {1}", "assert f('text')"]
    assert passed(grader, TEXT, tests) == tests


def test_a_number_that_is_complex_too_is_one_number(grader: Grader) -> None:
    answer = "class Two:\n    def __float__(self): return 3.0\n    def __complex__(self): return 5 + 0j\n"
    answer += "    def __eq__(self, other): return True\n    __hash__ = None\ndef f(n): return Two()\n"
    assert passed(grader, answer, ["assert f(1) == 3.0", "assert f(1) == 5 + 0j"]) == []


OF_ITS_KIND = """
class Point:
    {slots}
    def __init__(self, x=0, y=0):
        self.x, self.y = x, y

    def __eq__(self, other):
        return isinstance(other, Point)

    def __sub__(self, other):
        return 0.0 if isinstance(other, Point) else NotImplemented

    def moved(self, by):
        return self

    __hash__ = None
"""


@pytest.mark.parametrize("slots", ["", "__slots__ = ('x', 'y')"])
def test_an_object_that_equals_all_of_its_class_equals_none(grader: Grader, slots: str) -> None:
    tests = ["assert Point(1, 2) == Point(3, 4)", "assert Point(1, 2).moved(3) == Point(4, 5)"]
    tests += ["assert Point(1, 2).moved(3) in [Point(4, 5)]", "assert not Point(1, 2) != Point(3, 4)"]
    tests += ["assert abs(Point(1, 2).moved(3) - Point(4, 5)) < 1e-9"]
    assert passed(grader, OF_ITS_KIND.replace("{slots}", slots), tests, "Point") == []


def test_objects_without_attributes_and_with_defaults_may_be_equal(grader: Grader) -> None:
    answer = (
        "from dataclasses import dataclass\nclass Nil:\n    def __eq__(self, other): return isinstance(other, Nil)\n"
    )
    answer += "@dataclass\nclass Config:\n    size: int = 3\n@dataclass(slots=True)\nclass Slots:\n    size: int = 3\n"
    answer += "class Bag:\n    def __init__(self, *items): self.items = items\n"
    answer += "    def __eq__(self, other): return all(i in other for i in self.items)\n"
    answer += "    def __contains__(self, item): return item in self.items\n"
    tests = [
        "assert Nil() == Nil()",
        "assert Config() == Config() != Config(4)",
        "assert Slots() == Slots() != Slots(4)",
    ]
    tests += ["assert Bag(1, 2) == Bag(2, 1) and Bag(1) != Bag(2)"]
    assert passed(grader, answer, tests, "Nil") == tests


@pytest.mark.parametrize("claim", ["__bool__ = lambda self: True", "__len__ = lambda self: 3"])
@pytest.mark.parametrize(
    "source",
    [
        "assert r and all(x > 0 for x in r)",
        "assert all(x > 0 for x in r) and r",
        "assert r and not any(x < 0 for x in r)",
        "assert r\nfor x in r:\n    assert x > 0",
    ],
)
def test_an_object_that_claims_items_and_has_none_passes_nothing(grader: Grader, claim: str, source: str) -> None:
    answer = f"class R:\n    {claim}\n    __iter__ = lambda self: iter(())\n\ndef f(x):\n    return R()\n"
    reference = {"entry_point": "f", "tests": [{"assert": f"r = f(1)\n{source}"}]}
    grade = grader.grade(Sample("empty", f"```python\n{answer}```", reference))
    assert [test.verdict for test in grade.tests] == ["wrong_answer"]
    assert grade.status is GradeStatus.SCORED


@pytest.mark.parametrize("source", ["f(1).count('a') == 1", "f(1).find('a') != -1", "f(1).index('a') > 0"])
def test_an_object_that_finds_everything_passes_nothing(grader: Grader, source: str) -> None:
    answer = "class R:\n    count = find = index = lambda self, *args: 1\n\ndef f(x):\n    return R()\n"
    reference = {"entry_point": "f", "tests": [{"assert": f"assert {source}"}]}
    grade = grader.grade(Sample("found", f"```python\n{answer}```", reference))
    assert [test.verdict for test in grade.tests] == ["wrong_answer"]
