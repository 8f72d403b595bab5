"""The attack suite: every case of every kind, in every tier of this host."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.tools.attacks.cases import attack_cases, attack_kinds
from grader.tools.attacks.run import run_cases
from sandbox.types import Tier
from tests.end_to_end.conftest import grader_in

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


COSTLY = {"harness_costs", "standard_values"}
"""Kinds that take half a minute and more in each tier; what they attack is the same in all."""


def _runs() -> Iterator[Any]:
    for tier, kind in product(Tier, attack_kinds()):
        is_daily = tier is Tier.RLIMIT or kind not in COSTLY
        yield pytest.param(tier, kind, marks=[] if is_daily else pytest.mark.long, id=f"{tier}-{kind}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("tier", "kind"), list(_runs()))
def test_every_case_gets_what_it_must(tier: Tier, kind: str) -> None:
    grader_in(tier).close()  # skips where the host lacks the tier
    cases = [case for case in attack_cases() if case.kind == kind]

    # Answers of this kind use up what they may, whatever that is.
    limits = {"GRADER_LIMITS_TOTAL_CPU_S": "8"} if kind == "harness_costs" else {}

    def load(settings: object) -> GraderConfig:
        return GraderConfig.load(None, {"GRADER_ISOLATION": tier.value, **limits, **dict(settings)})  # type: ignore[call-overload]  # a mapping, as cases hold

    assert [result.as_dict() for result in run_cases(load, selected=cases) if not result.held] == []


def test_names_are_unique() -> None:
    names = [(case.kind, case.name) for case in attack_cases()]
    assert len(set(names)) == len(names)


def test_a_case_that_falls_short_says_by_what() -> None:
    case = attack_cases()[0]
    wrong = type(case)(case.kind, case.name, case.samples, ({"functional": 0.5},), {})
    (result,) = run_cases(lambda settings: GraderConfig.load(None, {**os.environ, **settings}), selected=[wrong])
    assert not result.held
    assert result.shortfall.startswith("functional")
