"""Every answer of a collection of attacks and controls, where it lies beside the checkout; the tests in three forms."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample
from sandbox.types import Tier
from tests.end_to_end.conftest import grader_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.core.grader import Grader

ATTACKS = Path(__file__).parents[2].parent / "shared" / "attacks"
CASES = [((1, 2), 3), ((-5, 5), 0), ((10**20, 1), 10**20 + 1), ((7, 8), 15)]
_ASSERTS = [f"assert add(*{args}) == {expected}" for args, expected in CASES]
_CHECK = "def check(candidate):\n" + "".join(f"    {line.replace('add(', 'candidate(')}\n" for line in _ASSERTS)
TESTS: dict[str, list[dict[str, Any]]] = {
    "calls": [{"args": list(args), "expected": expected} for args, expected in CASES],
    "assertions": [{"assert": line} for line in _ASSERTS],
    "check function": [{"check": _CHECK}],
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ATTACKS.exists(), reason="the collection of attacks is not beside the checkout"),
]


@pytest.fixture(scope="module")
def attacked(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """A grader in a tier with a policy; ``off`` leaves it only its walls."""
    tier, policy = request.param
    with grader_in(tier, GRADER_POLICY=policy) as grader:
        yield grader


def _rounds() -> Iterator[Any]:
    """Every form of tests, tier and policy; calls in every tier with only its walls are enough for every day."""
    for form, tier, policy in product(TESTS, Tier, ("off", "standard")):
        daily = policy == "off" and (form == "calls" or tier is Tier.RLIMIT)
        yield pytest.param((tier, policy), form, marks=[] if daily else pytest.mark.long, id=f"{policy}-{tier}-{form}")


def _holds(expectation: str, functional: float) -> bool:
    if "functional=1" in expectation:
        return functional == 1.0
    if "functional=0" in expectation:
        return functional == 0.0
    return functional < 1.0


@pytest.mark.parametrize(("attacked", "form"), list(_rounds()), indirect=["attacked"])
def test_attacks_fail_and_controls_pass(attacked: Grader, form: str) -> None:
    answers = {path.name: path.read_text("utf-8", errors="surrogateescape") for path in sorted(ATTACKS.glob("*.py"))}
    assert len(answers) > 100
    reference = {"entry_point": "add", "tests": TESTS[form], "limits": {"cpu_s": 0.7, "memory_mb": 256}}
    grades = attacked.grade_batch(
        [Sample(name, f"```python\n{source}\n```", reference) for name, source in answers.items()]
    )
    broken = {}
    for grade in grades:
        expectation = answers[grade.sample_id].partition("\n")[0]
        held = _holds(expectation, grade.metric("functional"))
        if grade.status is not GradeStatus.SCORED or not held:
            broken[grade.sample_id] = (expectation, grade.metric("functional"), grade.reason)
    assert not broken


RAW = {
    "01_single_fence_ok": "=1", "03_two_fences_first_good": "=1", "05_only_in_reasoning": "=0",
    "07_fence_inside_string": "=1", "09_unclosed_fence": "=1", "11_no_fence_code": "=1", "13_fake_answer_tags": "<1",
    "17_million_fences": "=0", "19_crlf_and_bom": "=1", "21_surrogate_in_text": "any", "23_expected_echo": "<1",
}  # fmt: skip


@pytest.mark.parametrize("attacked", [(Tier.RLIMIT, "standard")], indirect=True, ids=["rlimit"])
@pytest.mark.parametrize("name", RAW)
def test_whole_completions_are_taken_apart_by_the_documented_rule(attacked: Grader, name: str) -> None:
    completion = (ATTACKS / "raw" / f"{name}.txt").read_bytes().decode("utf-8", errors="surrogateescape")
    reference = {"entry_point": "add", "tests": TESTS["calls"]}
    functional = attacked.grade(Sample(name, completion, reference)).metric("functional")
    assert {"=1": functional == 1.0, "=0": functional == 0.0, "<1": functional < 1.0, "any": True}[RAW[name]]
