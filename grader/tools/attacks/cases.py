"""Cases of the attack suite: samples with what they must get, from TOML files in ``cases/``, one for each kind.

A file has a ``description`` and a list of ``[[case]]`` tables:

- ``name``: what the answer does, in a few words.
- ``answer``: Python, which is graded as a fenced block; or ``answers``, a list, graded one after the other by the same
  grader; or ``completion`` / ``completions``, whole texts of a model.
- ``reference``: a reference in any format; ``prompt``: the task, if the reference needs one.
- ``expect``: a table, for all samples, or a list, one table for each. Keys: ``status`` (``scored``, which is the
  default, or ``unscored``), ``extraction_rule``, and for ``reward`` and each metric its exact value, or a bound that it
  must not reach: ``functional = 1.0``, ``functional_below = 1.0``.
- ``settings``: settings of the configuration, if the case needs others.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.types import Grade

__all__ = ["AttackCase", "attack_cases", "attack_kinds"]

_TOLERANCE = 1e-6
_BELOW = "_below"


@dataclass(frozen=True, slots=True)
class AttackCase:
    """One or several samples, graded in order by one grader, and what each must get."""

    kind: str
    name: str
    samples: tuple[Sample, ...]
    expectations: tuple[Mapping[str, Any], ...]
    """For each sample: the table ``expect``."""
    settings: Mapping[str, Any]

    def shortfall(self, grades: tuple[Grade, ...]) -> str:
        """Return one line about the first grade that is not as it must be; empty if all are."""
        pairs = zip(grades, self.expectations, strict=True)
        return next((text for grade, expected in pairs if (text := _shortfall(grade, expected))), "")


def attack_cases() -> tuple[AttackCase, ...]:
    """Return all cases, kind by kind."""
    return tuple(case for kind, document in _documents().items() for case in _cases(kind, document["case"]))


def attack_kinds() -> dict[str, str]:
    """Return the kinds of cases, each with one sentence that describes it."""
    return {kind: document["description"] for kind, document in _documents().items()}


def _documents() -> dict[str, dict[str, Any]]:
    folder = resources.files(__package__) / "cases"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8")) for file in files}


def _cases(kind: str, tables: list[dict[str, Any]]) -> Iterator[AttackCase]:
    for table in tables:
        completions = table.get("completions") or [
            *([table["completion"]] if "completion" in table else []),
            *(
                f"```python\n{answer.strip()}\n```"
                for answer in table.get("answers") or [table.get("answer")]
                if answer
            ),
        ]
        prompt = table.get("prompt", "")
        samples = tuple(
            Sample(f"{kind}/{table['name']}/{number}", completion, table["reference"], prompt=prompt)
            for number, completion in enumerate(completions)
        )
        expected = table["expect"]
        expectations = tuple(expected if isinstance(expected, list) else [expected] * len(samples))
        yield AttackCase(kind, table["name"], samples, expectations, table.get("settings", {}))


def _shortfall(grade: Grade, expected: Mapping[str, Any]) -> str:
    status = expected.get("status", GradeStatus.SCORED.value)
    if grade.status.value != status:
        return f"{grade.status.value}, not {status}: {grade.reason[:200]}"
    for key, value in expected.items():
        if key == "status":
            continue
        if key == "extraction_rule":
            if grade.extraction_rule != value:
                return f"extraction rule {grade.extraction_rule}, not {value}"
            continue
        name = key.removesuffix(_BELOW)
        got = grade.reward if name == "reward" else grade.metric(name)
        is_as_expected = got is not None and (got < value if name != key else abs(got - value) <= _TOLERANCE)
        if not is_as_expected:
            bound = "not below" if name != key else "not"
            return f"{name} {json.dumps(got)}, {bound} {value}: {grade.reason[:200]}"
    return ""
