"""A real grader for each tier this host offers, shared by the tests of one worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from sandbox.errors import IsolationError
from sandbox.types import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator


def grader_in(tier: Tier, **settings: str) -> Grader:
    """A grader in one tier, with settings as in the environment; skips where the host lacks the tier."""
    grader = Grader(GraderConfig.load(None, {"GRADER_ISOLATION": tier.value, **settings}))
    try:
        grader.host()
    except IsolationError as error:
        pytest.skip(str(error))
    return grader


@pytest.fixture(scope="session", params=list(Tier))
def tiered_grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """A grader in each tier this host has."""
    with grader_in(request.param) as grader:
        yield grader


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """A grader with the default configuration."""
    with Grader() as grader:
        yield grader
