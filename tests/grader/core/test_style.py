"""The style score."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyflakes import messages

from grader.core.scoring import DEFAULT_WEIGHTS, LINT_WEIGHTS, StyleWeights, style_score
from grader.errors import ConfigError
from sandbox.types import Finding, StyleFacts

PERFECT = StyleFacts(lines=10, changed_lines=0, similarity=1.0, findings=())
PYFLAKES_CLASSES = {
    name for name, kind in vars(messages).items() if isinstance(kind, type) and issubclass(kind, messages.Message)
}
KINDS = st.sampled_from(sorted(PYFLAKES_CLASSES | {"OfTheFuture"}))
FINDINGS = st.builds(Finding, KINDS, st.integers(1, 500), st.just("text"))
FACTS = st.builds(
    StyleFacts,
    lines=st.integers(0, 2000),
    changed_lines=st.integers(0, 2000),
    similarity=st.floats(0, 1),
    findings=st.lists(FINDINGS, max_size=100).map(tuple),
)
WEIGHTS = st.builds(StyleWeights, st.floats(0, 1), st.integers(1, 1000), st.floats(0, 10))


def found(*kinds: str, lines: int = 10) -> StyleFacts:
    return replace(PERFECT, lines=lines, findings=tuple(Finding(kind, 1, "") for kind in kinds))


@given(st.integers(0, 2000), WEIGHTS)
def test_perfect_style_scores_exactly_one(lines: int, weights: StyleWeights) -> None:
    assert style_score(replace(PERFECT, lines=lines), weights) == 1.0


def test_what_cannot_be_measured_scores_zero() -> None:
    assert style_score(None) == 0.0


@given(FACTS, WEIGHTS)
def test_the_score_is_always_a_finite_share(facts: StyleFacts, weights: StyleWeights) -> None:
    score = style_score(facts, weights)
    assert math.isfinite(score)
    assert 0.0 <= score <= 1.0
    assert style_score(facts, weights) == score


@pytest.mark.parametrize("similarity", [math.nan, math.inf, -math.inf, -3.0, 7.0])
def test_even_nonsense_facts_score_a_finite_share(similarity: float) -> None:
    assert 0.0 <= style_score(replace(PERFECT, similarity=similarity)) <= 1.0


@given(FACTS, FINDINGS, WEIGHTS)
def test_another_finding_never_raises_the_score(facts: StyleFacts, finding: Finding, weights: StyleWeights) -> None:
    worse = replace(facts, findings=(*facts.findings, finding))
    assert style_score(worse, weights) <= style_score(facts, weights)


@given(FACTS, st.floats(0, 1), WEIGHTS)
def test_a_closer_format_never_lowers_the_score(facts: StyleFacts, similarity: float, weights: StyleWeights) -> None:
    low, high = sorted([similarity, facts.similarity])
    worse, better = replace(facts, similarity=low), replace(facts, similarity=high)
    assert style_score(worse, weights) <= style_score(better, weights)


@given(FACTS, st.floats(0, 1))
def test_a_small_change_of_format_changes_the_score_little(facts: StyleFacts, similarity: float) -> None:
    step = abs(facts.similarity - similarity)
    other = replace(facts, similarity=similarity)
    assert abs(style_score(facts) - style_score(other)) <= step * DEFAULT_WEIGHTS.format_share + 1e-12


def test_grave_findings_cost_more_than_light_ones() -> None:
    by_gravity = ["UndefinedName", "AssertTuple", "RedefinedWhileUnused", "UnusedVariable", "UnusedImport"]
    scores = [style_score(found(kind)) for kind in by_gravity]
    assert scores == sorted(set(scores))
    assert scores[-1] < 1.0


def test_a_family_of_message_classes_shares_its_weight() -> None:
    assert style_score(found("PercentFormatMissingArgument")) == style_score(found("PercentFormatExpectedMapping"))
    assert style_score(found("PercentFormatMissingArgument")) == style_score(found("IfTuple"))


def test_an_unlisted_finding_costs_the_default() -> None:
    heavy = StyleWeights(unknown_weight=2.0)
    assert style_score(found("OfTheFuture"), heavy) < style_score(found("OfTheFuture")) < 1.0


def test_a_finding_weighs_less_in_a_long_program_and_the_same_in_any_short_one() -> None:
    assert style_score(found("UnusedImport", lines=200)) > style_score(found("UnusedImport", lines=20))
    assert style_score(found("UnusedImport", lines=20)) == style_score(found("UnusedImport", lines=3))


def test_twice_as_many_findings_in_twice_as_many_lines_score_the_same() -> None:
    twice = found("UnusedImport", "UnusedImport", lines=80)
    assert style_score(twice) == pytest.approx(style_score(found("UnusedImport", lines=40)))


def test_the_shares_of_format_and_lint_are_as_configured() -> None:
    facts = replace(found("UndefinedName"), similarity=0.25)
    assert style_score(facts, StyleWeights(format_share=1.0)) == 0.25
    assert style_score(facts, StyleWeights(format_share=0.0)) == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(
    "setting",
    [
        {"format_share": -0.1}, {"format_share": 1.1}, {"format_share": math.nan}, {"short_lines": 0},
        {"unknown_weight": -1.0}, {"unknown_weight": math.inf}, {"unknown_weight": math.nan},
    ],
)  # fmt: skip
def test_a_weight_out_of_range_is_refused_by_name(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=f"style.{next(iter(setting))} is "):
        StyleWeights(**setting)


def test_every_listed_weight_is_of_a_class_that_pyflakes_has() -> None:
    for name in LINT_WEIGHTS:
        assert any(kind == name or (name.endswith("*") and kind.startswith(name[:-1])) for kind in PYFLAKES_CLASSES), (
            name
        )


def test_listed_weights_are_in_range_and_say_why() -> None:
    for name, entry in LINT_WEIGHTS.items():
        assert 0 < entry.weight <= 1, name
        assert entry.reason, name


def test_the_documented_table_is_the_data() -> None:
    text = (Path(__file__).parents[3] / "docs" / "style.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+)` \| (\S+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(name, str(entry.weight), entry.reason) for name, entry in LINT_WEIGHTS.items()]
    assert f"| anything else | {DEFAULT_WEIGHTS.unknown_weight} |" in text
    assert f"more than {DEFAULT_WEIGHTS.short_lines} lines" in text
