"""Test this grader with the answers, in one isolation tier after the other."""

from __future__ import annotations

import ctypes
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.security.answers import FORMS
from benchmarks.security.findings import TierFindings
from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from sandbox.errors import IsolationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.security.answers import Answer
    from sandbox.types import Tier

__all__ = ["adopt_orphans", "read_doctor", "run_tier"]

_LIMITS = {"cpu_s": 0.7, "memory_mb": 256}
_PR_SET_CHILD_SUBREAPER = 36
_SETTLING_S = 0.5


def adopt_orphans() -> None:
    """Make this process the subreaper of its descendants, so that orphaned ones are counted (prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def run_tier(answers: Sequence[Answer], tier: Tier, on_grade: Callable[[], None]) -> TierFindings:
    """Grade every answer with the tests in every form; the static policy is off, because isolation is to be tested."""
    # Earlier graders of this process may have left processes; only new ones count for this tier.
    others = _descendants()
    held: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    not_held = []
    with Grader(GraderConfig.load(None, {"GRADER_ISOLATION": tier.value, "GRADER_POLICY": "off"})) as grader:
        try:
            grader.host()
        except IsolationError as error:
            return TierFindings(tier.value, {}, missing=str(error))
        for form, tests in FORMS.items():
            reference = {"entry_point": "add", "tests": tests, "limits": _LIMITS}
            samples = [Sample(one.name, f"```python\n{one.source}\n```", reference) for one in answers]
            grades = {}
            for index, grade in grader.grade_iter(samples):
                grades[index] = grade
                on_grade()
            for index, answer in enumerate(answers):
                grade = grades[index]
                share = grade.metric("functional")
                tried[answer.family] += 1
                if grade.status is GradeStatus.SCORED and answer.holds(share):
                    held[answer.family] += 1
                else:
                    not_held.append(f"{answer.family}, {answer.name}, {form}: {share:.2f} {grade.reason}"[:300])
    families = {family: (held[family], tried[family]) for family in tried}
    return TierFindings(tier.value, families, tuple(not_held), left=_left(others))


def read_doctor(file: Path) -> TierFindings:
    """Read the output of ``grader doctor --attack --json`` from another host.

    Raises:
        ValueError: the file is not such output.
    """
    try:
        report = json.loads(file.read_text("utf-8"))
        conformance = report["conformance"]
        families = {
            family: (counts.get("held", 0), sum(counts.values())) for family, counts in conformance["families"].items()
        }
        not_held = tuple(f"{one['family']}, {one['name']}: {one['status']}" for one in conformance["not_held"])
        not_held += tuple(f"{one['name']}: {one['detail']}" for one in conformance["host"] if not one["held"])
        left = sum(not one["held"] for one in conformance["host"] if "process" in one["name"])
        return TierFindings(report["tier"], families, not_held, left)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{file}: not the output of `grader doctor --attack --json` ({error!r})") from None


def _left(others: set[int]) -> int:
    """Count new processes, after a pause for those that are about to exit."""
    time.sleep(_SETTLING_S)
    return len(_descendants() - others)


def _descendants() -> set[int]:
    """Return the running descendants of this process."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if state not in "ZX":
                parents[int(entry.name)] = int(parent)
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent == os.getpid() or parent in found} - found:
        found |= more
    return found
