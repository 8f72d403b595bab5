"""Rewards from stored parts are those that grading itself gives, and what they teach is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli.reweigh import reweigh
from grader.config.settings import GraderConfig, RewardConfig, RewardPreset, StyleGate
from grader.core.grader import Grader
from grader.errors import InputError
from grader.tools.files.results import ResultFile
from grader.tools.files.stored_results import StoredResult, StoredResultFile
from grader.tools.reweigh.reweigh import Reweighing, reweighed
from grader.types import Sample
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = {
    "entry_point": "add",
    "tests": [{"args": [1, 2], "expected": 3}, {"args": [0, 0], "expected": 0}, {"args": [5, 0], "expected": 5}],
}
ANSWERS = {
    "right": "def add(a, b):\n    return a + b\n",
    "ugly": "def add(a,b):\n  x=1\n  return a+b\n",
    "half": "def add(a, b):\n    return a - b\n",
    "wrong": "def add(a, b):\n    return a * b + 7\n",
    "stub": "def add(a, b):\n    pass\n",
    "broken": "def add(a, b:\n",
    "attack": "import os\n\n\ndef add(a, b):\n    os.fork()\n",
    "none": "No idea.",
}
PRESETS = [RewardConfig(preset=preset) for preset in RewardPreset]
CONFIGS = [*PRESETS, RewardConfig(style_gate=StyleGate.FUNCTIONAL), RewardConfig(syntax=0.0, functional=0.8, style=0.2)]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[RewardConfig, str]:
    """Files of the same answers, graded with each of the configurations."""
    files = {}
    samples = [Sample(name, answer, REFERENCE) for name, answer in ANSWERS.items()]
    for number, config in enumerate(CONFIGS):
        path = str(tmp_path_factory.mktemp("graded") / f"{number}.jsonl")
        with (
            Grader(GraderConfig(reward=config)) as grader,
            ResultFile(path, source="-", unscored_reward=0.0) as results,
        ):
            for line, grade in enumerate(grader.grade_batch(samples), 1):
                results.write(grade, line)
        files[config] = path
    return files


def results_of(path: str) -> list[StoredResult]:
    with StoredResultFile(path) as file:
        return list(file.results())


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_rewards_are_those_of_grading_with_the_same_settings(
    graded: dict[RewardConfig, str], config: RewardConfig
) -> None:
    expected = {result.name: result.reward for result in results_of(graded[config])}
    assert len(set(expected.values())) > 1
    for path in graded.values():
        assert {result.name: reweighed(result, config) for result in results_of(path)} == pytest.approx(expected)


def result(problem: str, reward: float | None, functional: float, style: float, syntax: float = 1.0) -> StoredResult:
    metrics = {"syntax": syntax, "functional": functional, "style": style}
    verdicts = (Verdict.PASSED if functional == 1.0 else Verdict.WRONG_ANSWER,)
    return StoredResult({}, f"{problem}-{style}", 1, reward, metrics, problem, verdicts=verdicts)


def reweighing(config: RewardConfig) -> Reweighing:
    made = Reweighing(config)
    for one in (
        result("style", 0.3, 0.0, 0.1), result("style", 0.4, 0.0, 0.6),
        result("both", 0.3, 0.0, 0.1), result("both", 0.9, 1.0, 0.6),
        result("even", 0.5, 0.0, 1.0), result("even", 0.5, 0.0, 1.0),
        result("syntax", 0.3, 0.0, 0.5), result("syntax", 0.1, 0.0, 0.5, syntax=0.0),
        result("alone", 0.3, 0.0, 0.1), result("style", None, 0.0, 0.0),
    ):  # fmt: skip
        made.add(one)
    return made


def test_groups_that_differ_in_style_alone_are_named() -> None:
    made = reweighing(RewardConfig())
    assert made.style_alone == ["style-0.1"]
    assert (made.groups, made.without_spread) == (4, (1, 1))
    assert (made.samples, made.unscored) == (10, 1)


@pytest.mark.parametrize("preset", ["binary", "dense", "gated"])
def test_presets_that_pay_for_right_answers_have_no_such_group(preset: str) -> None:
    made = reweighing(RewardConfig(preset=RewardPreset(preset)))
    assert made.style_alone == []
    assert made.without_spread == (1, 3)


def test_under_gated_right_answers_may_differ_in_style_alone() -> None:
    made = Reweighing(RewardConfig(preset=RewardPreset.GATED))
    for style in (0.2, 0.9):
        made.add(result("solved", 1.0, 1.0, style))
    assert made.style_alone == ["solved-0.2"]


def test_a_result_without_a_part_is_named() -> None:
    with pytest.raises(InputError, match="sample x: has no metric functional"):
        reweighed(StoredResult({}, "x", 1, 0.5, {"syntax": 1.0}), RewardConfig())


class TestCommand:
    def write(self, path: Path) -> str:
        rows = [
            {"id": name, "aggregate_reward_score": reward, "problem": "p", "status": "scored", "extra": "kept",
             "metrics": {"syntax": 1.0, "functional": 0.0, "style": style}}
            for name, reward, style in (("a", 0.5, 1.0), ("b", 0.3, 0.0))
        ]  # fmt: skip
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return str(path)

    def test_prints_before_and_after_and_warns(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "out.jsonl"
        reweigh(self.write(tmp_path / "in.jsonl"), syntax=0.5, style=0.1, out=str(out))
        printed = capsys.readouterr()
        assert "mean reward" in printed.out
        assert "0.400" in printed.out
        assert "0.550" in printed.out
        assert printed.err.startswith("warning: in 1 of 1 groups the rewards differ in style alone")
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [row["aggregate_reward_score"] for row in rows] == [0.6, 0.5]
        assert all(row["extra"] == "kept" for row in rows)

    def test_prints_json_without_a_warning_where_there_is_none(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reweigh(self.write(tmp_path / "in.jsonl"), preset=RewardPreset.DENSE, as_json=True)
        printed = capsys.readouterr()
        document = json.loads(printed.out)
        assert (document["preset"], document["changed"], document["after"]["reward"]["max"]) == ("dense", 2, 0.0)
        assert "warning" not in printed.err

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            ({}, "give --preset"),
            ({"preset": RewardPreset.BINARY, "style": 0.5}, "binary has no weights"),
            ({"preset": RewardPreset.DENSE, "style_gate": StyleGate.NONE}, "dense has no weights and no gate"),
            ({"functional": 0.8, "style": 0.8}, "add up to 1.6"),
            ({"style": 0.0}, "add up to 0"),
        ],
    )
    def test_options_that_contradict_each_other_are_refused(
        self, tmp_path: Path, options: dict[str, Any], complaint: str
    ) -> None:
        with pytest.raises(InputError, match=complaint):
            reweigh(self.write(tmp_path / "in.jsonl"), **options)

    def test_the_results_are_not_overwritten(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "in.jsonl")
        with pytest.raises(InputError, match="must be another"):
            reweigh(path, preset=RewardPreset.DENSE, out=path)
