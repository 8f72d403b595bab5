"""The image's entry point under Lambda's own runtime interface emulator: every shape of events, and a hostile batch."""

from __future__ import annotations

import json
import resource
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.emulator import MISSING, Emulator, emulator, find_emulator
from tests.end_to_end.serving import RIGHT, descendants, sample
from tests.end_to_end.shapes import SHAPES, rewards_in
from tests.grader.lambda_api.aws_rules import check_results

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(find_emulator() is None, reason=MISSING)
LOOP = "```python\ndef add(a, b):\n    while True:\n        a = {number}\n```"


@pytest.fixture(scope="module")
def function() -> Iterator[Emulator]:
    """A function with the default settings."""
    with emulator({"AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}) as started:
        yield started


@pytest.mark.parametrize("shape", SHAPES)
def test_an_event_of_every_shape_gets_its_rewards(function: Emulator, shape: str) -> None:
    rewards = rewards_in(function.invoke(SHAPES[shape]))
    assert rewards
    assert all(reward > 0.9 for reward in rewards), rewards


def test_the_other_kinds_of_events_are_answered(function: Emulator) -> None:
    assert function.invoke({"grader": "doctor"})["tier"] in {"rlimit", "seccomp", "namespaces"}
    assert function.invoke({"httpMethod": "OPTIONS"})["statusCode"] == 200
    data = {"system": "s", "prompt": "p", "gold": "g"}
    assert function.invoke({"process_type": "preprocess", "data": data})["body"] == data


def test_an_unknown_event_is_an_error_of_the_function_and_the_next_one_is_answered(function: Emulator) -> None:
    error = function.invoke({"surprise": 1})
    assert error["errorType"] == "EventError"
    assert "surprise" in error["errorMessage"]
    assert rewards_in(function.invoke([sample("1", RIGHT)]))[0] > 0.9


@pytest.mark.slow
def test_64_endless_answers_are_answered_before_the_timeout() -> None:
    event = [sample("right", RIGHT), *(sample(f"loop {n}", LOOP.format(number=n)) for n in range(64))]
    with emulator({"AWS_LAMBDA_FUNCTION_TIMEOUT": "20"}) as function:
        function.invoke([sample("1", RIGHT)])
        started = time.monotonic()
        results: Any = function.invoke(event)
        took_s = time.monotonic() - started
    check_results(results, [one["id"] for one in event])
    assert took_s < 20
    assert results[0]["aggregate_reward_score"] > 0.9
    assert all(result["aggregate_reward_score"] < 0.6 for result in results[1:])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_memory_stays_flat_over_200_invocations() -> None:
    with emulator({"GRADER_WORKERS": "2"}) as function:
        event = [sample(f"{n}", RIGHT.replace("a + b", f"a + b + {n} - {n}")) for n in range(4)]
        sizes = []
        for _ in range(220):
            assert min(rewards_in(function.invoke(event))) > 0.9
            sizes.append(sum(map(_private_kb, descendants(function.process.pid))))
    assert max(sizes) > 0
    assert max(sizes[-20:]) < 1.05 * max(sizes[15:35]), json.dumps(sizes)


def _private_kb(pid: int) -> int:
    """Memory that is no file's; the map of a process that may not be read would be hidden (proc(5), ``statm``)."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            _, resident, shared, *_ = map(int, file.read().split())
    except OSError:  # it has ended
        return 0
    return (resident - shared) * resource.getpagesize() // 1024
