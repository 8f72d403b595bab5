"""Rows for each trainer: references are where its adapter looks for them, and Parquet keeps them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli import main
from grader.errors import InputError
from grader.tools.datasets.convert import ConversionOptions, convert_rows
from grader.tools.datasets.output import open_output
from grader.tools.datasets.prompts import PromptTemplate
from grader.tools.datasets.shapes import TrainerFormat
from testcases.formats import read_reference
from tests.grader.tools.datasets.rows import HUMANEVAL, LIVECODEBENCH, MBPP, ROWS, row_of

if TYPE_CHECKING:
    from pathlib import Path

PLACES: dict[str, tuple[str, ...]] = {
    "trl": ("reference_answer",), "openrlhf": ("reference_answer",), "verifiers": ("reference_answer",),
    "prime-rl": ("reference_answer",), "nemo-gym": ("verifier_metadata", "unit_tests"), "nemo-rl": ("output",),
    "skyrl": ("reward_spec", "ground_truth"), "slime": ("label",), "miles": ("label",),
    "areal": ("reference_answer",), "ms-swift": ("reference_answer",), "easyr1": ("answer",),
    "rllm": ("ground_truth",), "open-instruct": ("ground_truth",), "tinker": ("reference_answer",),
    "openenv": ("reference_answer",), "inspect-ai": ("target",), "lm-eval": ("reference_answer",),
    "verl": ("reward_model", "ground_truth"),
}  # fmt: skip


def converted(target: str, *documents: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    options = ConversionOptions(PromptTemplate(), TrainerFormat(target), **settings)
    rows = [row_of(document, number) for number, document in enumerate(documents, 1)]
    report = convert_rows(rows, options, written.append, lambda row, text: None)
    assert (report.bad, report.payload.too_large) == (0, 0)
    return written


@pytest.mark.parametrize("target", PLACES)
def test_the_reference_is_text_where_the_trainer_s_adapter_looks(target: str) -> None:
    for row in converted(target, *ROWS.values()):
        value: Any = row
        for name in PLACES[target]:
            value = value[name]
        assert isinstance(value, str)
        assert read_reference(json.loads(value), prompt="").tests


def test_every_trainer_has_a_shape() -> None:
    assert {one.value for one in TrainerFormat} == PLACES.keys() | {"bedrock", "sagemaker"}


def test_rows_of_trainers_that_grade_by_themselves_may_be_of_any_size() -> None:
    large = {**MBPP, "test_list": [*MBPP["test_list"], f"assert len('{'x' * (7 << 20)}') == {7 << 20}"]}
    (row,) = converted("trl", large)
    assert len(row["reference_answer"]) > 7 << 20


def test_parquet_by_its_suffix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    source, out = tmp_path / "rows.jsonl", tmp_path / "rows.parquet"
    source.write_text("".join(json.dumps(row) + "\n" for row in (HUMANEVAL, MBPP, LIVECODEBENCH)))
    monkeypatch.setattr(sys, "argv", ["grader", "dataset", "convert", str(source), "--to", "verl", "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 0
    rows = parquet.read_table(out).to_pylist()
    assert len(rows) == 3
    assert all(json.loads(row["reward_model"]["ground_truth"]) for row in rows)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_values_of_other_types_are_an_error_and_leave_no_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with open_output(str(tmp_path / "empty.parquet"), source=str(tmp_path / "x")):
        pass
    (tmp_path / "empty.parquet").unlink()

    def write() -> None:
        with open_output(str(tmp_path / "rows.parquet"), source=str(tmp_path / "x")) as file:
            file.write({"a": 1})
            file.write({"a": [2]})

    with pytest.raises(InputError, match="Parquet has one type for each column"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with (
        pytest.raises(InputError, match=r"^\S*/x\.parquet: is Parquet, which needs pyarrow"),
        open_output(str(tmp_path / "x.parquet"), source="y"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
