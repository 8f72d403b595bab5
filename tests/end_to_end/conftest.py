"""A real grader for each tier this host offers, shared by the tests of one worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.config import GraderConfig
from grader.grader import Grader

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", params=["auto", "rlimit"])
def tiered_grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """A grader with every wall of the host, and one with those of the lowest tier only."""
    with Grader(GraderConfig.load(None, {"GRADER_ISOLATION": request.param})) as grader:
        yield grader


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """A grader with the default configuration."""
    with Grader() as grader:
        yield grader
