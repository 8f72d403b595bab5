"""Batch size, memory, timeout, concurrency and price, from a profile and the documented limits."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.aws.lambda_function import PAYLOAD_BYTES, TIMEOUT_S
from grader.config.settings import LAMBDA_MB_PER_CPU, lambda_workers
from grader.errors import InputError
from sandbox.sandbox import SPARES_PER_EXECUTOR

if TYPE_CHECKING:
    from grader.tools.sizing.prices import Prices
    from grader.tools.sizing.profile import Profile

__all__ = ["CALLERS", "MEMORIES_MB", "Caller", "CallerEstimate", "MemoryOption", "Sizing", "Workload", "size_function"]

MEMORIES_MB: Final = (1769, 3538, 5307, 7076, 8845, 10240)
"""What is weighed up: by whole CPUs, to the most that Lambda has. With less than one, an answer would meet the limits
of its time on the clock before those of its CPU time."""
_MAX_MEMORY_MB: Final = 10240
_HEADROOM: Final = 1.25
"""Memory that is bought for each MB that was measured."""
_PAYLOAD_SHARE: Final = 0.95
"""Of a request or response that is planned with; the rest is for what wraps the samples."""
_PRICE_TOLERANCE: Final = 1.05
_MIN_TIMEOUT_S: Final = 60
_TIMEOUT_FACTOR: Final = 2.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends batches, and within which bounds."""

    name: str
    batch_size: int
    """The most samples it puts into one invocation."""
    concurrency: int
    """Invocations it makes at a time."""
    source: str


CALLERS: Final = (
    Caller("SageMaker training job", 128, 12, "Nova RFT recipe: lambda_batch_size, lambda_concurrency_limit"),
    Caller("SageMaker HyperPod", 1, 64, "Nova RFT: 64 requests at a time for each rollout worker replica"),
    Caller("grader grade --on", 16, 8, "its own defaults"),
)
"""Those whose bounds are documented ("Implementing reward functions" and recipes of Amazon SageMaker AI). Amazon
Bedrock documents none; whoever it is, Lambda's own limits hold."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What the user wants."""

    step_samples: int = 1024
    """Samples of one training step: prompts times answers for each."""
    step_s: float = 60.0
    """Seconds in which they are to be graded."""
    batch_s: float = 10.0
    """Seconds that a batch may take."""
    batch_size: int | None = None
    """As the trainer has it; ``None`` asks for one."""
    most: int = 128
    """The largest batch that is asked for, when it is."""
    memory_mb: int | None = None
    """As the function has it; ``None`` asks for one."""
    speed: float = 1.0
    """How fast one of Lambda's CPUs is beside one of the host where it was measured."""


@dataclass(frozen=True, slots=True)
class MemoryOption:
    """A function of one memory size, and what it comes to."""

    memory_mb: int
    cpus: float
    workers: int
    needed_mb: float
    """What the grader holds with all lanes and their spare ones at work, as measured, and a quarter more."""
    fits: bool
    """Whether the memory holds that."""
    batch_size: int
    batch_s: float
    """Seconds of a batch, as samples come."""
    worst_batch_s: float
    """Seconds of a batch that ends with the slowest sample there was."""
    dollars: float
    """For a thousand samples."""


@dataclass(frozen=True, slots=True)
class CallerEstimate:
    """How long one caller needs for a training step."""

    caller: Caller
    batch_size: int
    """Its own, or as many as fit."""
    seconds: float
    dollars: float
    """For a thousand samples."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """What to set, and why."""

    chosen: MemoryOption
    options: tuple[MemoryOption, ...]
    timeout_s: int
    concurrency: int
    """Invocations at a time for a step in its time."""
    payload_batch: int
    """The largest batch of copies of the largest row that Lambda takes."""
    steps: tuple[CallerEstimate, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return {
            "memory_mb": self.chosen.memory_mb,
            "timeout_s": self.timeout_s,
            "batch_size": self.chosen.batch_size,
            "concurrency": self.concurrency,
            "dollars_per_thousand": self.chosen.dollars,
            "payload_batch": self.payload_batch,
            "options": [asdict(option) for option in self.options],
            "steps": [asdict(step) for step in self.steps],
            "warnings": list(self.warnings),
        }


def size_function(profile: Profile, prices: Prices, demand: Workload) -> Sizing:
    """The smallest function that grades the largest batch in time, of those that cost about as little as any.

    CPU time costs the same whatever the memory, so that more memory mostly buys speed; it costs where samples wait
    rather than reckon, and where CPUs outnumber what lanes can use. Where no function is in time, it is the fastest.

    Raises:
        InputError: nothing that Lambda has will do: a sample is larger than a request, or needs more memory.
    """
    payload_batch = _payload_batch(profile)
    if payload_batch < 1:
        raise InputError(
            f"the largest sample is {profile.largest_bytes / 1e6:.1f} MB as it is sent, and a request to Lambda holds "
            f"{PAYLOAD_BYTES / 1e6:.1f} MB; keep its tests elsewhere (docs/store.md)"
        )
    memories = MEMORIES_MB if demand.memory_mb is None else (demand.memory_mb,)
    options = tuple(_option(memory, profile, prices, demand, payload_batch) for memory in memories)
    fitting = [option for option in options if option.fits]
    if not fitting:
        raise InputError(
            f"the grader needs {options[-1].needed_mb:.0f} MB with {options[-1].workers} lanes, and the function has "
            f"{options[-1].memory_mb}; {_memory_advice(demand)}"
        )
    cheapest = min(option.dollars for option in fitting)
    cheap = [option for option in fitting if option.dollars <= cheapest * _PRICE_TOLERANCE]
    in_time = [option for option in cheap if option.batch_s <= demand.batch_s]
    if in_time:
        chosen = min(in_time, key=lambda option: (-option.batch_size, option.memory_mb))
    else:
        chosen = min(fitting, key=lambda option: option.batch_s)
    steps = tuple(_caller_estimate(caller, chosen, profile, prices, demand, payload_batch) for caller in CALLERS)
    return Sizing(
        chosen=chosen,
        options=options,
        timeout_s=_timeout_s(chosen, profile, demand),
        concurrency=_concurrency(chosen, demand),
        payload_batch=payload_batch,
        steps=steps,
        warnings=tuple(_warnings(chosen, profile, demand, payload_batch)),
    )


def _payload_batch(profile: Profile) -> int:
    room = PAYLOAD_BYTES * _PAYLOAD_SHARE
    return int(min(room // profile.largest_bytes, room // profile.result_bytes))


def _option(memory_mb: int, profile: Profile, prices: Prices, demand: Workload, payload_batch: int) -> MemoryOption:
    sample_s = _sample_s(memory_mb, profile, demand)
    size = demand.batch_size or max(1, min(demand.most, payload_batch, int(demand.batch_s / sample_s)))
    processes = lambda_workers(memory_mb) * (1 + SPARES_PER_EXECUTOR)
    needed = profile.base_mb + (processes - 1) * profile.started_mb + processes * profile.lane_mb
    needed *= _HEADROOM
    return MemoryOption(
        memory_mb=memory_mb,
        cpus=_cpus(memory_mb),
        workers=lambda_workers(memory_mb),
        needed_mb=needed,
        fits=needed <= memory_mb,
        batch_size=size,
        batch_s=_batch_s(size, memory_mb, profile, demand),
        worst_batch_s=_batch_s(size, memory_mb, profile, demand)
        + profile.slowest_s / _executor_speed(memory_mb, demand),
        dollars=_dollars(size, memory_mb, profile, prices, demand),
    )


def _cpus(memory_mb: int) -> float:
    return memory_mb / LAMBDA_MB_PER_CPU


def _executor_speed(memory_mb: int, demand: Workload) -> float:
    """How fast one lane is, beside one of the measurement."""
    return demand.speed * min(1.0, _cpus(memory_mb))


def _sample_s(memory_mb: int, profile: Profile, demand: Workload) -> float:
    """Seconds for each sample of a batch: what the CPUs allow, or what the lanes allow."""
    by_cpus = profile.cpu_s / (_cpus(memory_mb) * demand.speed)
    by_lanes = profile.wall_s / (lambda_workers(memory_mb) * _executor_speed(memory_mb, demand))
    return max(by_cpus, by_lanes)


def _batch_s(size: int, memory_mb: int, profile: Profile, demand: Workload) -> float:
    """Never less than one average sample on one lane takes."""
    alone = profile.wall_s / _executor_speed(memory_mb, demand)
    return max(size * _sample_s(memory_mb, profile, demand), alone)


def _dollars(size: int, memory_mb: int, profile: Profile, prices: Prices, demand: Workload) -> float:
    return 1000 / size * prices.of_invocation(_batch_s(size, memory_mb, profile, demand), memory_mb)


def _timeout_s(option: MemoryOption, profile: Profile, demand: Workload) -> int:
    """Twice the worst batch and a start; the grader keeps the deadline whatever comes."""
    start = profile.start_s / _executor_speed(option.memory_mb, demand)
    return min(TIMEOUT_S, max(_MIN_TIMEOUT_S, math.ceil(_TIMEOUT_FACTOR * (start + option.worst_batch_s))))


def _concurrency(option: MemoryOption, demand: Workload) -> int:
    batches = math.ceil(demand.step_samples / option.batch_size)
    in_turn = max(1, int(demand.step_s / option.batch_s))
    return math.ceil(batches / in_turn)


def _caller_estimate(
    caller: Caller, option: MemoryOption, profile: Profile, prices: Prices, demand: Workload, payload_batch: int
) -> CallerEstimate:
    size = min(caller.batch_size, payload_batch)
    turns = math.ceil(math.ceil(demand.step_samples / size) / caller.concurrency)
    return CallerEstimate(
        caller=caller,
        batch_size=size,
        seconds=turns * _batch_s(size, option.memory_mb, profile, demand),
        dollars=_dollars(size, option.memory_mb, profile, prices, demand),
    )


def _memory_advice(demand: Workload) -> str:
    if demand.memory_mb is None:
        return "lower what an answer may have: memory_mb in [limits]"
    return f"give it more, up to {_MAX_MEMORY_MB}"


def _warnings(option: MemoryOption, profile: Profile, demand: Workload, payload_batch: int) -> list[str]:
    found = []
    if profile.unscored:
        found.append(f"{profile.unscored} samples have no score and were not measured; see `grader grade`")
    if option.batch_size > payload_batch:
        found.append(
            f"batches of {option.batch_size} may be larger than a request or a response; at most {payload_batch} "
            "always fit"
        )
    worst = _TIMEOUT_FACTOR * option.worst_batch_s
    if worst > TIMEOUT_S:
        found.append(
            f"a bad batch of {option.batch_size} may need {worst:.0f} s, and an invocation ends after {TIMEOUT_S}; "
            "make batches smaller"
        )
    if option.batch_s > demand.step_s:
        found.append(
            f"one batch takes {option.batch_s:.0f} s, longer than the {demand.step_s:.0f} s for a step; make batches "
            "smaller"
        )
    if option.memory_mb > _MAX_MEMORY_MB:
        found.append(f"a function has at most {_MAX_MEMORY_MB} MB")
    concurrency = _concurrency(option, demand)
    if concurrency > _ACCOUNT_CONCURRENCY:
        found.append(
            f"{concurrency} invocations at a time are more than an account has by default ({_ACCOUNT_CONCURRENCY}); "
            "ask for a higher quota"
        )
    return found


_ACCOUNT_CONCURRENCY: Final = 1000
"""Of all functions of an account in a region (Lambda quotas)."""
