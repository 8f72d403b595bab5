"""Grades the cases of the attack suite, as a trainer would, and reports which ones hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from grader.core.grader import Grader
from grader.tools.attacks.cases import attack_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from grader.config.settings import GraderConfig
    from grader.tools.attacks.cases import AttackCase
    from grader.types import Grade

__all__ = ["CaseResult", "run_cases"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case, and what its grades fall short of."""

    case: AttackCase
    shortfall: str
    """One line for people; empty if the case holds."""

    @property
    def held(self) -> bool:
        """True if every grade is as it must be."""
        return not self.shortfall

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serializable data."""
        return {"kind": self.case.kind, "name": self.case.name, "held": self.held, "detail": self.shortfall}


def run_cases(
    load_config: Callable[[Mapping[str, str]], GraderConfig],
    *,
    selected: Iterable[AttackCase] | None = None,
    on_result: Callable[[CaseResult], None] | None = None,
) -> tuple[CaseResult, ...]:
    """Grade cases, each group with equal settings by one grader.

    Args:
        load_config: returns the configuration for settings that a case has of its own, as in the environment.
        selected: what to run; ``None``: all cases.
        on_result: called with each result as soon as it is there.

    Raises:
        sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
    """
    results = []
    cases = sorted(attack_cases() if selected is None else selected, key=_settings_key)
    for _, group in groupby(cases, key=_settings_key):
        same = list(group)
        for result in _run_group(same, load_config(_environment(same[0].settings))):
            results.append(result)
            if on_result is not None:
                on_result(result)
    return tuple(results)


def _run_group(cases: list[AttackCase], config: GraderConfig) -> Iterator[CaseResult]:
    alone = [case for case in cases if len(case.samples) == 1]
    with Grader(config) as grader:
        grades = grader.grade_batch([case.samples[0] for case in alone])
        for case, grade in zip(alone, grades, strict=True):
            yield _result(case, (grade,))
        for case in cases:
            if len(case.samples) > 1:  # one after the other: each must find the grader as the one before left it
                yield _result(case, tuple(grader.grade(sample) for sample in case.samples))


def _result(case: AttackCase, grades: tuple[Grade, ...]) -> CaseResult:
    return CaseResult(case, case.shortfall(grades))


def _settings_key(case: AttackCase) -> str:
    return json.dumps(dict(case.settings), sort_keys=True)


def _environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as they stand in the environment: ``reward.credit`` is ``GRADER_REWARD_CREDIT``."""
    return {f"GRADER_{key.replace('.', '_').upper()}": str(value) for key, value in settings.items()}
