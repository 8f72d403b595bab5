"""Suites of every form against which the fuzzer plays lying answers, with expected values that no liar can know."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.soak.liars import own_names

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMS", "references"]

_ASSERTIONS = """
f(3) == {n}
{n} == f(3)
not f(3) != {n}
abs(f(3) - {n}) < 1e-6
abs({n} - f(3)) < 1e-6
round(f(3) - {n}, 5) == 0
f(3) - {n} == 0
not f(3) - {n}
f(3) / {n} == 1
{n} - 1 < f(3) < {n} + 1
max(f(3), {n}) == {n} == min(f(3), {n})
f(3) in [{n}]
[f(3)] == [{n}]
{{'a': f(3)}} == {{'a': {n}}}
(f(3), 1) == ({n}, 1)
math.isclose(f(3), {n})
math.floor(f(3)) == math.floor({n})
float(f(3)) == {n}
abs(float(f(3)) - {n}) < 1e-6
divmod(f(3), 2) == divmod({n}, 2)
f(3) * 2 == 2 * {n}
sum([f(3), 1]) == {n} + 1
-f(3) == -{n}
abs(f(3)) == {n}
f(3) == pytest.approx({n})
[f(3)] == pytest.approx([{n}])
unittest.TestCase().assertAlmostEqual(f(3), {n}) is None
unittest.TestCase().assertEqual(f(3), {n}) is None
unittest.TestCase().assertIn('{t}', f(3)) is None
'{t}' in f(3)
f(3).startswith('{t}')
f(3).issuperset({{'{t}'}})
'{t}' in list(f(3))
str(f(3)) == '{t}'
f'{{f(3)}}' == '{t}'
repr(f(3)) == '{t}'
f(3) == '{t}'
f(3).lower() == '{t}'
f(3).count('{t}') == {i}
f(3).index('{t}') == {i}
len(f(3)) == {i}
list(f(3)) == [{n}]
tuple(f(3)) == ({n}, '{t}')
set(f(3)) == {{{n}}}
sorted(f(3)) == [{n}]
dict(f(3)) == {{'{t}': {n}}}
sum(f(3)) == {n}
f(3)[0] == {n}
f(3)['{t}'] == {n}
f(3)(1) == {n}
next(iter(f(3))) == {n}
next(f(3)) == {n}
copy.copy(f(3)) == {n}
copy.deepcopy(f(3)) == {n}
abs(copy.copy(f(3)) - {n}) < 1e-6
asyncio.run(f(3)) == {n}
Circle(2).area() == {n}
abs(Circle(2).area() - {n}) < 1e-6
abs({n} - Circle(2).area()) < 1e-6
round(Circle(2).area() - {n}, 4) == 0
not Circle(2).area() - {n}
'{t}' in Circle(2).names()
Circle(2).names().startswith('{t}')
Circle(2).names().issuperset({{'{t}'}})
Circle(2).name == '{t}'
Circle(2).scaled(3).area() == {n}
abs(Circle(2).scaled(3).area() - {n}) < 1e-6
Circle(2) == {n}
abs(Circle(2) - {n}) < 1e-6
abs({n} - Circle(2)) < 1e-6
round(Circle(2) - {n}, 3) == 0
not Circle(2) - {n}
len({{{n}}} - Circle(2)) == 0
len(Circle(2) - {{{n}}}) == {i}
abs(-(Circle(2) - {n})) < 1e-6
abs((Circle(2) - {n}).area()) < 1e-6
abs(-Circle(2) + {n}) < 1e-6
Circle(2) / {n} == 1
{n} - 1 < Circle(2) < {n} + 1
float(Circle(2)) == {n}
len(Circle(2)) == {i}
str(Circle(2)) == '{t}'
Circle(2)['{t}'] == {n}
Circle.unit().area() == {n}
abs(Circle.unit() - {n}) < 1e-6
abs(Circle.total - {n}) < 1e-6
make(2).area() == {n}
abs(make(2) - {n}) < 1e-6
make(2).value - {n} == 0
[x for x in make(2)] == [{n}]
total == {n}
abs(total - {n}) < 1e-6
math.isclose(Circle(2) - {n}, 0, abs_tol=1e-6)
""".strip().splitlines()
"""Conditions of which a lying answer cannot know whether they hold, or which are false. Each has values of its own."""
_BLOCKS = [
    "with f(3) as got:\n    assert got == {n}",
    "try:\n    got = f(3)\nexcept Exception:\n    got = None\nassert got == {n}",
    "try:\n    assert f(3) == {n}\nexcept ParseError:\n    pass",
    "with pytest.raises(ValueError, match='{t}'):\n    f(3)",
    "with pytest.raises(Exception) as caught:\n    f(3)\nassert str(caught.value) == '{t}'",
    "seen = []\nf(seen.append)\nassert seen == [{n}]",
    "class Square(Circle):\n    def side(self):\n        return self.area()\nassert abs(Square(2).side() - {n}) < 1e-6",
    "got = [f(3)]\ngot += [1]\nassert got == [{n}, 1]",
    "c = Circle(2)\nc -= {n}\nassert abs(c) < 1e-6",
]


class _Suite:
    """Maker of the tests of one suite, each with values of its own: a class may know what an earlier test has shown it.

    Args:
        seed: of all values.
        tests: number of tests.
        is_grouped: whether each test has a liar of its own.
    """

    def __init__(self, seed: int, tests: int, *, is_grouped: bool) -> None:
        self.chance = random.Random(seed)
        self.tests = tests
        self.is_grouped = is_grouped

    def statements(self, *, blocks_last: bool = False) -> list[str]:
        """Return sources of tests."""
        chance = self.chance
        every = [f"assert {line}" for line in _ASSERTIONS] + _BLOCKS
        sources = [*every] * (self.tests // len(every)) + chance.sample(every, self.tests % len(every))
        chance.shuffle(sources)
        if blocks_last:  # what else fails than an assertion ends a check
            sources.sort(key=_BLOCKS.__contains__)
        tests = [
            source.format(n=self.number(), t=f"quartz {chance.randrange(10**9)}", i=chance.randrange(1000, 10**6))
            for source in sources
        ]
        return [own_names(test, index) for index, test in enumerate(tests)] if self.is_grouped else tests

    def number(self) -> float:
        """Return a number that no liar can guess."""
        return round(self.chance.uniform(1e4, 1e6), 2)

    def numbers(self) -> list[float]:
        """Return a number for each test."""
        return [self.number() for _ in range(self.tests)]

    def check(self) -> dict[str, Any]:
        """Return a reference with a check function."""
        sources = self.statements(blocks_last=True)
        if self.is_grouped:
            # Half of them, because a class that is called by its own name is believed more.
            sources = [
                source.replace(f"f_{index}(3)", f"candidate({index})") if index % 2 else source
                for index, source in enumerate(sources)
            ]
        body = "".join(_indented(source.replace(" f(3)", " candidate(3)"), 4) for source in sources)
        return {"test": f"{_STANDARD}\ndef check(candidate):\n{body}", "entry_point": "f"}

    def suite(self) -> dict[str, Any]:
        """Return test functions of pytest."""
        tests = "".join(
            f"def test_{number}():\n{_indented(source, 4)}" for number, source in enumerate(self.statements())
        )
        return {"pytest": f"{_IMPORTS}from solution import *\n\n{tests}"}

    def fixtures(self) -> dict[str, Any]:
        """Return classes of pytest, whose fixtures ask the liars, and parametrized tests."""
        sources = self.statements()
        parts = [f"{_IMPORTS}from solution import *\n"]
        half = len(sources) // 2
        for number, source in enumerate(sources[:half]):
            head = "    @pytest.fixture\n    def got(self):\n        return {0}\n\n    def test(self, got):\n"
            asked = f"f_{number}(3)" if self.is_grouped else "f(3)"
            is_one_line = source.startswith("assert ") and asked in source
            head = head.format(asked) if is_one_line else "    def test(self):\n"
            body = _indented(source.replace(asked, "got") if is_one_line else source, 8)
            parts.append(f"class Test{number}:\n{head}{body}")
        rows = [(index, self.number()) for index in range(half, len(sources))]
        asked = "f(index)" if self.is_grouped else "f(3)"
        for place, condition in enumerate(_CONDITIONS):
            some = rows[place :: len(_CONDITIONS)]
            parts.append(
                f"@pytest.mark.parametrize(('index', 'n'), {some})\n"
                f"def test_{place}(index, n):\n    assert {condition.format(f=asked)}\n"
            )
        return {"pytest": "\n\n".join(parts)}

    def unittest(self) -> dict[str, Any]:
        """Return a class of unittest."""
        tests = "".join(
            f"    def test_{number}(self):\n{_indented(source, 8)}" for number, source in enumerate(self.statements())
        )
        head = f"{_IMPORTS}import solution\nfrom solution import *\n\nclass Tests(unittest.TestCase):\n"
        return {"pytest": head + tests}

    def calls(self) -> dict[str, Any]:
        """Return calls, whose expected values are plain data of every kind."""
        shapes = self.chance.choices(_SHAPES, k=self.tests)
        expected = [shape(number, int(number)) for shape, number in zip(shapes, self.numbers(), strict=True)]
        return {
            "entry_point": "f",
            "tests": [{"args": [index], "expected": value} for index, value in enumerate(expected)],
        }

    def programs(self) -> dict[str, Any]:
        """Return programs with input and output."""
        numbers = enumerate(self.numbers())
        return {"tests": [{"stdin": f"{index}\n", "stdout": f"{number}\n"} for index, number in numbers]}

    def checked(self) -> dict[str, Any]:
        """Return calls whose results a checker compares."""
        compare = {"checker": _CHECKER}
        rows = enumerate(self.numbers())
        return {
            "entry_point": "f",
            "tests": [{"args": [index], "expected": number, "compare": compare} for index, number in rows],
        }

    def oracle(self) -> dict[str, Any]:
        """Return calls whose results a reference solution knows."""
        return {
            "entry_point": "f",
            "oracle": f"def f(x):\n    return x * {self.number()} + {self.number()}\n",
            "tests": [{"args": [number]} for number in range(self.tests)],
        }

    def assertions(self) -> dict[str, Any]:
        """Return assertions."""
        return {"setup": _STANDARD, "tests": [{"assert": source} for source in self.statements()]}


def _indented(source: str, columns: int) -> str:
    return "".join(f"{' ' * columns}{line}\n" for line in source.split("\n"))


_STANDARD = "import asyncio, copy, math, unittest\n"
_IMPORTS = f"{_STANDARD}import pytest\n"
_CHECKER = "def checker(given, expected, got):\n    return abs(got - expected) < 1e-6 and not got != expected\n"
_CONDITIONS = (
    "{f} == n", "n == {f}", "abs({f} - n) < 1e-6", "{f} == pytest.approx(n)", "math.isclose({f}, n)", "n in [{f}]",
    "not {f} != n", "sum({f}) == n", "n - 1 < {f} < n + 1", "{f}[0] == n", "str(n) in {f}", "float({f}) == n",
)  # fmt: skip
_SHAPES: tuple[Callable[[float, int], Any], ...] = (
    lambda n, _: n,
    lambda n, _: -n,
    lambda _, i: i,
    lambda n, _: str(n),
    lambda n, _: [n],
    lambda _, i: [i, [i]],
    lambda n, i: {"quartz": n, "a": i},
    lambda n, i: {"quartz": [n, {"a": None}], str(i): True},
    lambda n, i: [["a", n], ["b", i], []],
    lambda n, _: [None, True, "", n],
)
"""Makers of expected values, from a number and an integer."""
FORMS: dict[str, Callable[[_Suite], dict[str, Any]]] = {
    "calls": _Suite.calls,
    "stdin": _Suite.programs,
    "assertions": _Suite.assertions,
    "check": _Suite.check,
    "suite": _Suite.suite,
    "fixtures": _Suite.fixtures,
    "unittest": _Suite.unittest,
    "checker": _Suite.checked,
    "oracle": _Suite.oracle,
}
"""Makers of references, by the form of their tests."""


def references(seed: int, tests: int, *, is_grouped: bool = False) -> dict[str, dict[str, Any]]:
    """Return a reference of each form; the same for the same arguments."""
    return {form: make(_Suite(seed, tests, is_grouped=is_grouped)) for form, make in FORMS.items()}
