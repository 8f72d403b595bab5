"""Play random lying answers against suites of every form; none may pass, be unscored, or break anything.

``python -m tests.soak.fuzz --plays 100000``; see also ``make fuzz``.

A *play* is one liar (a set of lying classes, functions, values and messages, made from a seed of its own) that meets
one test of one form, with expected values of its own. Most answers hold a group of liars, as many as the suite has
tests, and each test asks its own; others hold one liar for the whole suite, which is one play. A test that did not run
is no play. Of the tests of one sample that timed out, one counts, because the limit for all may have ended the others;
of a sample whose tests all ended in the same words, one counts, because the answer may not have loaded.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from tests.soak.liars import answer, grouped_answer, grouped_program, own_names
from tests.soak.show import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.types import TestResult

__all__ = ["FORMS", "Fuzz", "references", "run"]

_SETTINGS = {
    "GRADER_POLICY": "off",
    "GRADER_REWARD_STYLE": "0",  # formatting the answer took nine tenths of the time, and no lie is about it
    "GRADER_MAX_SOURCE_KB": "1024",
    "GRADER_MAX_COMPLETION_CHARS": "1000000",
    "GRADER_LIMITS_CPU_S": "0.5",
    "GRADER_LIMITS_TOTAL_CPU_S": "3",
    "GRADER_LIMITS_WALL_S": "10",
    "GRADER_LIMITS_OUTPUT_KB": "64",
    "GRADER_LIMITS_TIMEOUTS": "6",
    "GRADER_LIMITS_RESTARTS": "24",
}
_TESTS = 24
"""Number of tests of a suite, and of liars of a group."""
_GROUPS = 3
"""Groups that meet one suite of each form; one more answer there is a liar alone."""
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


def _statements(chance: random.Random, *, is_grouped: bool) -> list[str]:
    """Return the tests, each with values of its own: a class may know what an earlier test has shown to it."""
    sources = chance.sample([f"assert {line}" for line in _ASSERTIONS] + _BLOCKS, _TESTS)
    tests = [
        source.format(
            n=round(chance.uniform(1e4, 1e6), 2), t=f"quartz {chance.randrange(10**9)}", i=chance.randrange(1000, 10**6)
        )
        for source in sources
    ]
    return [own_names(test, index) for index, test in enumerate(tests)] if is_grouped else tests


def _indented(source: str, columns: int) -> str:
    return "".join(f"{' ' * columns}{line}\n" for line in source.split("\n"))


def _check(sources: list[str], *, is_grouped: bool) -> dict[str, Any]:
    if is_grouped:
        # Half of them, because a class that is called by its own name is believed more.
        sources = [
            source.replace(f"f_{index}(3)", f"candidate({index})") if index % 2 else source
            for index, source in enumerate(sources)
        ]
    body = "".join(_indented(source.replace(" f(3)", " candidate(3)"), 4) for source in sources)
    return {"test": f"{_STANDARD}\ndef check(candidate):\n{body}", "entry_point": "f"}


def _suite(sources: list[str]) -> dict[str, Any]:
    tests = "".join(f"def test_{number}():\n{_indented(source, 4)}" for number, source in enumerate(sources))
    return {"pytest": f"{_IMPORTS}from solution import *\n\n{tests}"}


def _unittest(sources: list[str]) -> dict[str, Any]:
    tests = "".join(f"    def test_{number}(self):\n{_indented(source, 8)}" for number, source in enumerate(sources))
    return {"pytest": f"{_IMPORTS}import solution\nfrom solution import *\n\nclass Tests(unittest.TestCase):\n{tests}"}


def _numbers(chance: random.Random) -> list[float]:
    return [round(chance.uniform(1e4, 1e6), 2) for _ in range(_TESTS)]


def _calls(chance: random.Random) -> list[dict[str, Any]]:
    right = [*_numbers(chance)[3:], "quartz", ["quartz", 7.25], {"quartz": 1}]
    return [{"args": [number], "expected": value} for number, value in enumerate(right)]


def _programs(chance: random.Random) -> list[dict[str, Any]]:
    return [{"stdin": f"{index}\n", "stdout": f"{number}\n"} for index, number in enumerate(_numbers(chance))]


def _checked(chance: random.Random) -> list[dict[str, Any]]:
    compare = {"checker": _CHECKER}
    return [{"args": [index], "expected": number, "compare": compare} for index, number in enumerate(_numbers(chance))]


_STANDARD = "import asyncio, copy, math, unittest\n"
_IMPORTS = f"{_STANDARD}import pytest\n"
_CHECKER = "def checker(given, expected, got):\n    return abs(got - expected) < 1e-6 and not got != expected\n"
FORMS: dict[str, Callable[[random.Random, bool], dict[str, Any]]] = {
    "calls": lambda chance, _: {"entry_point": "f", "tests": _calls(chance)},
    "stdin": lambda chance, _: {"tests": _programs(chance)},
    "assertions": lambda chance, is_grouped: {
        "setup": _STANDARD,
        "tests": [{"assert": source} for source in _statements(chance, is_grouped=is_grouped)],
    },
    "check": lambda chance, is_grouped: _check(_statements(chance, is_grouped=is_grouped), is_grouped=is_grouped),
    "suite": lambda chance, is_grouped: _suite(_statements(chance, is_grouped=is_grouped)),
    "unittest": lambda chance, is_grouped: _unittest(_statements(chance, is_grouped=is_grouped)),
    "checker": lambda chance, _: {"entry_point": "f", "tests": _checked(chance)},
    "oracle": lambda chance, _: {
        "entry_point": "f",
        "oracle": f"def f(x):\n    return x * {_numbers(chance)[0]} + {_numbers(chance)[1]}\n",
        "tests": [{"args": [number]} for number in range(_TESTS)],
    },
}
"""Makers of references, by the form of their tests; the second argument tells whether each test has its own liar."""


@dataclass(slots=True)
class Fuzz:
    """Result of a run."""

    plays: int = 0
    complaints: list[str] = field(default_factory=list)
    """Plays that ended otherwise than they must, each with what it takes to repeat it."""
    verdicts: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    elapsed_s: float = 0.0


def references(seed: int, *, is_grouped: bool = False) -> dict[str, dict[str, Any]]:
    """Return a reference of each form; the same for the same arguments."""
    return {form: make(random.Random(seed), is_grouped) for form, make in FORMS.items()}


def batch_of(seed: int) -> Iterator[tuple[Sample, int]]:
    """Yield the samples of one batch, each with the number of its liars."""
    grouped, alone = references(seed, is_grouped=True), references(seed)
    for position, form in enumerate(grouped):
        for group in range(_GROUPS):
            first = ((seed * len(grouped) + position) * _GROUPS + group) * _TESTS
            liars = range(first, first + _TESTS)
            source = grouped_program(liars) if form == "stdin" else grouped_answer(liars)
            yield Sample(f"{form} {seed}.{group}", f"```python\n{source}```", grouped[form]), _TESTS
        source = answer(seed * len(grouped) + position)
        yield Sample(f"{form} {seed}.alone", f"```python\n{source}```", alone[form]), 1


def plays_of(results: Sequence[TestResult], liars: int) -> int:
    """Return how many plays the tests of one sample were (see the module's docstring)."""
    ran = [test for test in results if test.verdict != "not_run"]
    if len({(test.verdict, test.detail) for test in ran}) == 1:
        return 1
    timeouts = sum(test.verdict == "timeout" for test in ran)
    return min(liars, len(ran) - max(0, timeouts - 1))


def run(
    plays: int,
    *,
    seed: int = 0,
    workers: int = 0,
    progress: Callable[[int], None] = lambda _: None,
    complain: Callable[[str], None] = lambda _: None,
) -> Fuzz:
    """Play batches until there were enough plays.

    Args:
        plays: number of plays.
        seed: of the first batch; the next ones follow.
        workers: answers that are graded at the same time; 0: as many as there are CPUs.
        progress: called after each batch with the number of plays.
        complain: called at once with each play that ended otherwise than it must, since a run may be cut short.
    """
    fuzz = Fuzz()
    started = time.monotonic()
    with Grader(GraderConfig.load(None, {**_SETTINGS, "GRADER_WORKERS": str(workers)})) as grader:
        for number in count(seed):
            plays_before = fuzz.plays
            samples = list(batch_of(number))
            grades = grader.grade_batch([sample for sample, _ in samples])
            for (sample, liars), grade in zip(samples, grades, strict=True):
                passed = [test.name for test in grade.tests if test.verdict == "passed"]
                if grade.status is not GradeStatus.SCORED:
                    fuzz.complaints.append(f"{sample.id}: {grade.status}: {grade.reason}")
                    complain(fuzz.complaints[-1])
                elif passed:
                    fuzz.complaints.append(f"{sample.id}: passed {passed[:3]}")
                    complain(fuzz.complaints[-1])
                fuzz.verdicts.update(test.verdict.value for test in grade.tests)
                fuzz.samples += 1
                fuzz.plays += plays_of(grade.tests, liars)
            progress(min(fuzz.plays, plays))
            if fuzz.plays >= plays or fuzz.plays == plays_before:
                break
    fuzz.elapsed_s = time.monotonic() - started
    return fuzz


def _print_error(complaint: str) -> None:
    print(f"ERROR: {complaint}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--plays", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=0, help="answers graded at the same time; 0: one for each CPU")
    parser.add_argument(
        "--seed", type=int, default=None, help="number of the first batch; by default another each time"
    )
    parser.add_argument("--show", metavar="SAMPLE", help="print the sample of that name, 'suite 7.1', and play nothing")
    options = parser.parse_args(arguments)
    if options.show is not None:
        batch = int(options.show.split()[1].partition(".")[0])
        for sample, _ in batch_of(batch):
            if sample.id == options.show:
                print(sample.completion, sample.reference, sep="\n")
        return 0
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}")
    with Progress(options.plays, "plays") as progress:
        fuzz = run(options.plays, seed=seed, workers=options.workers, progress=progress.reach, complain=_print_error)
    rate = fuzz.plays / fuzz.elapsed_s
    print(f"{fuzz.plays} plays in {fuzz.samples} samples, {fuzz.elapsed_s:.0f} s, {rate:.0f} per second")
    print(", ".join(f"{number} {verdict}" for verdict, number in fuzz.verdicts.most_common()))
    print(f"FAILED: {len(fuzz.complaints)} samples" if fuzz.complaints else "no forged pass, none unscored, no crash")
    return 1 if fuzz.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
