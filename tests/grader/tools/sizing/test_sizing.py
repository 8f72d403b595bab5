"""The calculations, compared with figures worked out by hand."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from grader.aws.lambda_function import PAYLOAD_BYTES
from grader.config.memory import executors_in, host_memory_mb
from grader.errors import InputError
from grader.tools.sizing.other_costs import other_costs
from grader.tools.sizing.prices import Prices, prices_for
from grader.tools.sizing.profile import Profile, read_profile
from grader.tools.sizing.sizing import Sizing, Workload, size_function
from grader.tools.sizing.tables import sizing_tables
from sandbox.wire.limits import Limits

PRICES = Prices(gb_second=0.00002, million_requests=0.2, source="a test", date="", region="r", architecture="x86_64")
BUSY = Profile(
    rows=1000,
    samples=100,
    unscored=0,
    cpu_s=0.1,
    wall_s=0.1,
    p95_wall_s=0.2,
    slowest_s=2.0,
    start_s=1.0,
    base_mb=100.0,
    started_mb=40.0,
    lane_mb=50.0,
    request_bytes=10_000.0,
    largest_bytes=20_000,
    result_bytes=1_000.0,
)


def planned(profile: Profile = BUSY, **demand: Any) -> Sizing:
    return size_function(profile, PRICES, Workload(**demand))


def test_a_function_of_one_cpu_takes_the_cpu_time_of_its_batch() -> None:
    (option,) = planned(memory_mb=1769, batch_size=50).options
    assert (option.cpus, option.workers) == (1.0, 1)
    assert option.batch_s == pytest.approx(5.0)
    assert option.worst_batch_s == pytest.approx(7.0)
    # there is memory for one spare executor, and for what the answers of both can make them take
    assert option.needed_mb == pytest.approx(100 + 40 + 2 * (512 + 256))
    # 20 invocations of 5 s with 1769/1024 GB, and 20 requests
    assert option.dollars == pytest.approx(20 * (5 * 1769 / 1024 * 0.00002 + 0.2e-6))


def test_executors_share_a_batch_and_cpu_time_costs_the_same() -> None:
    one, four = (planned(memory_mb=memory, batch_size=100).chosen for memory in (1769, 7076))
    assert one.batch_s == pytest.approx(4 * four.batch_s)
    assert one.dollars == pytest.approx(four.dollars, rel=0.001)
    assert four.needed_mb == pytest.approx(100 + 7 * 40 + 8 * (512 + 256))


def test_samples_that_were_measured_to_take_more_need_more() -> None:
    option = planned(replace(BUSY, lane_mb=300.0), memory_mb=3538, limits=Limits(memory_mb=1, value_mb=1)).chosen
    assert option.needed_mb == pytest.approx(1.25 * (100 + 5 * 40 + 6 * 300))


def test_the_number_of_executors_goes_by_memory() -> None:
    assert [executors_in(memory, 2, Limits()) for memory in (500, 3538, 24_000)] == [2, 4, 6]
    assert executors_in(3538, 2, Limits(memory_mb=2048)) == 2
    assert host_memory_mb({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}) == 1769
    assert host_memory_mb({}) > 100


def test_less_than_one_cpu_is_slower_and_not_cheaper() -> None:
    option = planned(memory_mb=885, batch_size=10).chosen
    assert option.batch_s == pytest.approx(10 * 0.1 * 1769 / 885)
    assert option.worst_batch_s == pytest.approx(option.batch_s + 2.0 * 1769 / 885)


def test_samples_that_wait_are_limited_by_the_number_of_executors() -> None:
    waiting = replace(BUSY, cpu_s=0.01, wall_s=1.0)
    option = planned(waiting, memory_mb=3538, batch_size=10).chosen
    assert option.batch_s == pytest.approx(5.0)
    assert option.dollars == pytest.approx(100 * (5 * 3538 / 1024 * 0.00002 + 0.2e-6))


def test_a_single_sample_uses_one_executor_whatever_the_memory() -> None:
    assert planned(memory_mb=10240, batch_size=1).chosen.batch_s == pytest.approx(0.1)


def test_faster_cpus_take_less_time() -> None:
    slow, fast = (planned(memory_mb=1769, batch_size=50, speed=speed).chosen for speed in (1.0, 2.0))
    assert slow.batch_s == pytest.approx(2 * fast.batch_s)


def test_a_duration_is_billed_in_whole_milliseconds() -> None:
    assert PRICES.of_invocation(0.0101, 1024) == pytest.approx(0.011 * 0.00002 + 0.2e-6)
    assert PRICES.of_invocation(0.0, 1024) == pytest.approx(0.2e-6)


def test_the_smallest_function_that_is_in_time_is_chosen_for_the_largest_batch() -> None:
    plan = planned(batch_s=10.0)
    # 128 samples of 0.1 s: 12.8 s on one CPU, 6.4 s on two
    assert (plan.chosen.memory_mb, plan.chosen.batch_size) == (3538, 128)
    assert (plan.options[0].memory_mb, plan.options[0].batch_size) == (1769, 100)


def test_the_fastest_function_is_chosen_if_none_is_in_time() -> None:
    assert planned(batch_size=4096, batch_s=1.0).chosen.memory_mb == 10240


def test_the_timeout_is_twice_the_worst_batch_and_a_start() -> None:
    assert planned(memory_mb=1769, batch_size=500).timeout_s == 2 * (1 + 50 + 2)
    assert planned(memory_mb=1769, batch_size=1).timeout_s == 60
    assert planned(replace(BUSY, slowest_s=1000.0), memory_mb=1769, batch_size=1).timeout_s == 900


@pytest.mark.parametrize(
    ("samples", "seconds", "concurrency"),
    [
        (1000, 50.0, 2),  # 20 batches of 5 s, ten after the other
        (1000, 5.0, 20),
        (1000, 1.0, 20),  # no more than there are batches
        (10, 60.0, 1),
    ],
)
def test_concurrency_is_calculated_from_the_time_for_a_step(samples: int, seconds: float, concurrency: int) -> None:
    plan = planned(memory_mb=1769, batch_size=50, step_samples=samples, step_s=seconds)
    assert plan.concurrency == concurrency


@pytest.mark.parametrize(
    ("largest", "result", "fitting"),
    [(20_000, 1_000.0, 298), (1_000_000, 1_000.0, 5), (1_000, 60_000.0, 99), (5_900_000, 1_000.0, 1)],
)
def test_batches_fit_into_requests_and_responses(largest: int, result: float, fitting: int) -> None:
    plan = planned(replace(BUSY, largest_bytes=largest, result_bytes=result), batch_s=60.0)
    assert plan.payload_batch == fitting
    assert plan.chosen.batch_size == min(128, fitting)
    assert plan.chosen.batch_size * max(largest, result) < PAYLOAD_BYTES


def test_a_step_takes_several_rounds_of_a_callers_concurrent_invocations() -> None:
    plan = planned(memory_mb=1769, batch_size=50, step_samples=3072)
    waits = {step.caller.name: (step.batch_size, step.seconds) for step in plan.steps}
    # 24 batches of 128, twelve at a time; 3072 single samples, 64 at a time; 192 batches of 16, eight at a time
    assert waits["SageMaker training job"] == (128, pytest.approx(2 * 12.8))
    assert waits["SageMaker HyperPod"] == (1, pytest.approx(48 * 0.1))
    assert waits["grader grade --on"] == (16, pytest.approx(24 * 1.6))


@pytest.mark.parametrize(
    ("profile", "demand", "message"),
    [
        (replace(BUSY, unscored=3), {}, "3 samples are unscored"),
        (BUSY, {"batch_size": 400}, "at most 298 samples always fit"),
        (replace(BUSY, slowest_s=500.0), {}, "an invocation ends after 900"),
        (BUSY, {"memory_mb": 1769, "batch_size": 200, "step_s": 5.0}, "longer than the 5 s for a step"),
        (BUSY, {"batch_size": 1, "step_samples": 10_000, "step_s": 0.5}, "exceed an account's default quota"),
        (BUSY, {"memory_mb": 3538}, "new accounts may have at most 3008 MB"),
        (BUSY, {"memory_mb": 1769, "batch_size": 50, "step_s": 10.0}, "new accounts may have only 10 concurrent"),
    ],
)
def test_problems_are_warned_of(profile: Profile, demand: dict[str, Any], message: str) -> None:
    assert any(message in text for text in planned(profile, **demand).warnings)


def test_there_are_no_warnings_without_problems() -> None:
    assert planned(memory_mb=1769, step_s=120.0).warnings == ()


@pytest.mark.parametrize(
    ("profile", "demand", "message"),
    [
        (replace(BUSY, largest_bytes=PAYLOAD_BYTES), {}, "the largest sample is 6.3 MB"),
        (BUSY, {"memory_mb": 128}, "needs 868 MB with 1 workers, but the function has 128 MB; give it more"),
        (replace(BUSY, lane_mb=9000.0), {}, "lower the memory limit of answers"),
    ],
)
def test_requirements_that_no_function_can_meet_are_an_error(
    profile: Profile, demand: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        planned(profile, **demand)


def test_prices_are_those_of_region_and_architecture() -> None:
    most, arm, dear = (
        prices_for("us-east-1", "x86_64"),
        prices_for("us-east-1", "arm64"),
        prices_for("ap-east-1", "x86_64"),
    )
    assert arm.gb_second < most.gb_second < dear.gb_second
    assert most.source
    assert most.date
    assert not most.assumed
    assert prices_for("xx-new-1", "x86_64").assumed
    own = prices_for("xx-new-1", "arm64", gb_second=0.5)
    assert (own.gb_second, own.million_requests, own.date, own.assumed) == (0.5, most.million_requests, "", False)


def test_tables_show_the_recommended_settings() -> None:
    demand = Workload()
    plan = size_function(replace(BUSY, unscored=2), PRICES, demand)
    out = io.StringIO()
    Console(file=out, width=140).print(
        sizing_tables(plan, BUSY, PRICES, demand, other_costs(plan.chosen.memory_mb, "x86_64"))
    )
    assert "one provisioned environment" in out.getvalue()
    assert "3538 MB" in out.getvalue()
    assert "note: 2 samples are unscored" in out.getvalue()
    assert "a test" in out.getvalue()


def test_a_profile_comes_back_as_it_was_written() -> None:
    assert Profile.of(BUSY.as_dict(), "it") == BUSY
    assert Profile.of({"profile": BUSY.as_dict(), "plan": {}}, "it") == BUSY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cpu_s": None}, "cpu_s: expected a number"),
        ({"wall_s": -1}, "wall_s: expected a number"),
        ({"rows": 1.5}, "rows: expected a number"),
        ({"base_mb": float("nan")}, "base_mb: expected a number"),
        ({"start_s": True}, "start_s: expected a number"),
        ({"lane_mb": 10**400}, "lane_mb: expected a number"),
        ({"cpu_s": 0.0}, "nothing was measured"),
    ],
)
def test_an_invalid_profile_is_rejected_with_the_name_of_the_figure(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Profile.of(BUSY.as_dict() | change, "it")


def test_a_file_that_is_not_a_profile_is_named(tmp_path: Any) -> None:
    path = tmp_path / "p.json"
    for text in ("[]", "nonsense", "[" * 100_000):
        path.write_text(text)
        with pytest.raises(InputError, match=r"p\.json: not "):
            read_profile(str(path))
    with pytest.raises(InputError, match="No such file"):
        read_profile(str(tmp_path / "none.json"))
