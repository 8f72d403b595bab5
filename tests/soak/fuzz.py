"""Play random lying answers against suites of every form, and check that none passes, is unscored, or breaks anything.

``python -m tests.soak.fuzz --plays 100000``; see also ``make fuzz``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from tests.soak.liars import answer
from tests.soak.show import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FORMS", "Fuzz", "references", "run"]

_SETTINGS = {
    "GRADER_POLICY": "off",
    "GRADER_LIMITS_CPU_S": "0.3",
    "GRADER_LIMITS_TOTAL_CPU_S": "0.6",
    "GRADER_LIMITS_WALL_S": "1",
    "GRADER_LIMITS_OUTPUT_KB": "64",
}
_BATCH = 100
_SAMPLED = 25
"""Number of tests of a suite."""
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
len(Circle(2) - {{{n}}}) == 0
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


def _statements(chance: random.Random) -> list[str]:
    """Return the tests, each with values of its own: a class may know what an earlier test has shown to it."""
    sources = chance.sample([f"assert {line}" for line in _ASSERTIONS] + _BLOCKS, _SAMPLED)
    return [
        source.format(
            n=round(chance.uniform(1e4, 1e6), 2), t=f"quartz {chance.randrange(10**9)}", i=chance.randrange(1000, 10**6)
        )
        for source in sources
    ]


def _indented(source: str, columns: int) -> str:
    return "".join(f"{' ' * columns}{line}\n" for line in source.split("\n"))


def _check(sources: list[str]) -> dict[str, Any]:
    body = "".join(_indented(source.replace("f(3)", "candidate(3)"), 4) for source in sources)
    return {"test": f"{_STANDARD}\ndef check(candidate):\n{body}", "entry_point": "f"}


def _suite(sources: list[str]) -> dict[str, Any]:
    tests = "".join(f"def test_{number}():\n{_indented(source, 4)}" for number, source in enumerate(sources))
    return {"pytest": f"{_IMPORTS}from solution import *\n\n{tests}"}


def _unittest(sources: list[str]) -> dict[str, Any]:
    tests = "".join(f"    def test_{number}(self):\n{_indented(source, 8)}" for number, source in enumerate(sources))
    return {"pytest": f"{_IMPORTS}import solution\nfrom solution import *\n\nclass Tests(unittest.TestCase):\n{tests}"}


def _numbers(chance: random.Random) -> list[float]:
    return [round(chance.uniform(1e4, 1e6), 2) for _ in range(8)]


def _calls(chance: random.Random) -> list[dict[str, Any]]:
    right = [*_numbers(chance), "quartz", ["quartz", 7.25], {"quartz": 1}]
    return [{"args": [number], "expected": value} for number, value in enumerate(right)]


_STANDARD = "import asyncio, copy, math, unittest\n"
_IMPORTS = f"{_STANDARD}import pytest\n"
_CHECKER = "def checker(given, expected, got):\n    return abs(got - expected) < 1e-6 and not got != expected\n"
FORMS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "calls": lambda chance: {"entry_point": "f", "tests": _calls(chance)},
    "stdin": lambda chance: {"tests": [{"stdin": "3\n", "stdout": f"{number}\n"} for number in _numbers(chance)]},
    "assertions": lambda chance: {
        "setup": _STANDARD,
        "tests": [{"assert": source} for source in _statements(chance)],
    },
    "check": lambda chance: _check(_statements(chance)),
    "suite": lambda chance: _suite(_statements(chance)),
    "unittest": lambda chance: _unittest(_statements(chance)),
    "checker": lambda chance: {
        "entry_point": "f",
        "tests": [{"args": [3], "expected": number, "compare": {"checker": _CHECKER}} for number in _numbers(chance)],
    },
    "oracle": lambda chance: {
        "entry_point": "f",
        "oracle": f"def f(x):\n    return x * {_numbers(chance)[0]} + 0.25\n",
        "tests": [{"args": [number]} for number in range(1, 9)],
    },
}
"""Makers of references, by the form of their tests."""


@dataclass(slots=True)
class Fuzz:
    """Result of a run."""

    plays: int
    complaints: list[str] = field(default_factory=list)
    """Plays that ended otherwise than they must, each with what it takes to repeat it."""
    elapsed_s: float = 0.0


def references(seed: int) -> dict[str, dict[str, Any]]:
    """Return a reference of each form; the same for the same seed."""
    return {form: make(random.Random(seed)) for form, make in FORMS.items()}


def run(plays: int, *, seed: int = 0, batch: int = _BATCH, progress: Callable[[int], None] = lambda _: None) -> Fuzz:
    """Play answers, each against one suite.

    Args:
        plays: number of answers.
        seed: of the first answer; the next ones follow.
        batch: answers that meet the same values in their tests.
        progress: called after each batch with the number of plays.
    """
    fuzz = Fuzz(plays)
    started = time.monotonic()
    with Grader(GraderConfig.load(None, _SETTINGS)) as grader:
        for first in range(seed, seed + plays, batch):
            suites = list(references(first).items())
            numbers = range(first, min(first + batch, seed + plays))
            samples = [
                Sample(f"{form} {number}", f"```python\n{answer(number)}```", reference)
                for number in numbers
                for form, reference in [suites[number % len(suites)]]
            ]
            for sample, grade in zip(samples, grader.grade_batch(samples), strict=True):
                passed = [test.name for test in grade.tests if test.verdict == "passed"]
                if grade.status is not GradeStatus.SCORED:
                    fuzz.complaints.append(f"play {sample.id} of {first}: {grade.status}: {grade.reason}")
                elif passed:
                    fuzz.complaints.append(f"play {sample.id} of {first}: passed {passed[:3]}")
            progress(numbers.stop - seed)
    fuzz.elapsed_s = time.monotonic() - started
    return fuzz


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--plays", type=int, default=100_000)
    parser.add_argument(
        "--seed", type=int, default=None, help="number of the first answer; by default another each time"
    )
    parser.add_argument(
        "--show", type=int, metavar="NUMBER", help="print the answer with this number, and play nothing"
    )
    options = parser.parse_args(arguments)
    if options.show is not None:
        print(answer(options.show))
        return 0
    seed = random.SystemRandom().randrange(10**9) // _BATCH * _BATCH if options.seed is None else options.seed
    print(f"seed {seed}")
    with Progress(options.plays, "plays") as progress:
        fuzz = run(options.plays, seed=seed, progress=progress.reach)
    print(f"{fuzz.plays} plays in {fuzz.elapsed_s:.0f} s, {fuzz.plays / fuzz.elapsed_s:.0f} per second")
    for complaint in fuzz.complaints[:40]:
        print(f"ERROR: {complaint}")
    print(f"FAILED: {len(fuzz.complaints)} plays" if fuzz.complaints else "no forged pass, none unscored, no crash")
    return 1 if fuzz.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
