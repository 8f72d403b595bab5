"""Settings that all tests of adapters share."""

from __future__ import annotations

from typing import Any

import pytest

from grader.trainers import process_grader


@pytest.fixture(scope="module")
def functional_rewards() -> Any:
    """Reward only tests, so that values are exact."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_REWARD_PRESET", "binary")
        process_grader._close()
        yield
        process_grader._close()
