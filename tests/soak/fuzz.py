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
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from tests.soak.fuzz_forms import references
from tests.soak.liars import answer, grouped_answer, grouped_program
from tests.soak.show import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.types import TestResult

__all__ = ["Fuzz", "batch_of", "plays_of", "run"]

_SETTINGS = {
    "GRADER_POLICY": "off",
    "GRADER_REWARD_STYLE": "0",  # formatting the answer took nine tenths of the time, and no lie is about it
    "GRADER_MAX_SOURCE_KB": "1024",
    "GRADER_MAX_COMPLETION_CHARS": "1000000",
    "GRADER_LIMITS_CPU_S": "0.5",
    "GRADER_LIMITS_TOTAL_CPU_S": "20",
    "GRADER_LIMITS_WALL_S": "10",
    "GRADER_LIMITS_OUTPUT_KB": "1024",
    "GRADER_LIMITS_TIMEOUTS": "20",
    "GRADER_LIMITS_RESTARTS": "200",
}
_LIARS = 240
"""Number of liars of a group, and of tests of its suite."""
_ALONE = 24
"""Number of tests that a liar alone meets."""
_GROUPS = 4
"""Groups that meet one suite of each form; one more answer there is a liar alone."""


_MISSING = re.compile(r"NameError: name '\w+' is not defined")
"""Matches what a test says that did not meet its liar."""


@dataclass(slots=True)
class Fuzz:
    """Result of a run."""

    plays: int = 0
    complaints: list[str] = field(default_factory=list)
    """Plays that ended otherwise than they must, each with what it takes to repeat it."""
    verdicts: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    elapsed_s: float = 0.0


def batch_of(seed: int, *, size: int = _LIARS, groups: int = _GROUPS) -> Iterator[tuple[Sample, int]]:
    """Yield the samples of one batch, each with the number of its liars.

    Args:
        seed: of all that is in them.
        size: number of liars of a group.
        groups: number of groups for each form.
    """
    grouped, alone = references(seed, size, is_grouped=True), references(seed, _ALONE)
    for position, form in enumerate(grouped):
        for group in range(groups):
            first = ((seed * len(grouped) + position) * groups + group) * size
            liars = range(first, first + size)
            source = grouped_program(liars) if form == "stdin" else grouped_answer(liars)
            yield Sample(f"{form} {seed}.{group}", f"```python\n{source}```", grouped[form]), size
        source = answer(seed * len(grouped) + position)
        yield Sample(f"{form} {seed}.alone", f"```python\n{source}```", alone[form]), 1


def plays_of(results: Sequence[TestResult], liars: int) -> int:
    """Return how many plays the tests of one sample were (see the module's docstring)."""
    ran = [test for test in results if test.verdict != "not_run" and not _MISSING.search(test.detail)]
    if len({(test.verdict, test.detail) for test in ran}) == 1:
        return 1
    timeouts = sum(test.verdict == "timeout" for test in ran)
    return min(liars, len(ran) - max(0, timeouts - 1))


def run(
    plays: int,
    *,
    seed: int = 0,
    workers: int = 0,
    size: int = _LIARS,
    groups: int = _GROUPS,
    progress: Callable[[int], None] = lambda _: None,
    complain: Callable[[str], None] = lambda _: None,
) -> Fuzz:
    """Play batches until there were enough plays.

    Args:
        plays: number of plays.
        seed: of the first batch; the next ones follow.
        workers: answers that are graded at the same time; 0: as many as there are CPUs.
        size: number of liars of a group.
        groups: number of groups for each form in a batch.
        progress: called after each batch with the number of plays.
        complain: called at once with each play that ended otherwise than it must, since a run may be cut short.
    """
    fuzz = Fuzz()
    started = time.monotonic()
    with Grader(GraderConfig.load(None, {**_SETTINGS, "GRADER_WORKERS": str(workers)})) as grader:
        for number in count(seed):
            plays_before = fuzz.plays
            samples = list(batch_of(number, size=size, groups=groups))
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
