"""Calculate batch size, memory, timeout, concurrency and price from a profile and the documented limits."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.aws.lambda_function import PAYLOAD_BYTES, TIMEOUT_S
from grader.config.memory import executors_in, run_memory_mb
from grader.config.settings import LAMBDA_MB_PER_CPU, lambda_workers
from grader.errors import InputError
from sandbox.wire.limits import Limits

if TYPE_CHECKING:
    from grader.tools.sizing.prices import Prices
    from grader.tools.sizing.profile import Profile

__all__ = ["CALLERS", "MEMORIES_MB", "Caller", "CallerEstimate", "MemoryOption", "Sizing", "Workload", "size_function"]

MEMORIES_MB: Final = (1769, 3538, 5307, 7076, 8845, 10240)
"""Memory sizes to compare, in MB: whole CPUs, up to Lambda's maximum. With less than one CPU, answers would run into
the wall-clock limit before the CPU time limit."""
_MAX_MEMORY_MB: Final = 10240
_HEADROOM: Final = 1.25
"""Factor on the measured memory."""
_LIMITS: Final = Limits()
_PAYLOAD_SHARE: Final = 0.95
"""Share of the payload limit to plan with; the rest is for the envelope around the samples."""
_PRICE_TOLERANCE: Final = 1.05
_MIN_TIMEOUT_S: Final = 60
_TIMEOUT_FACTOR: Final = 2.0


@dataclass(frozen=True, slots=True)
class Caller:
    """A trainer that sends batches, and its documented limits."""

    name: str
    batch_size: int
    """Maximum number of samples in one invocation."""
    concurrency: int
    """Maximum number of concurrent invocations."""
    source: str


CALLERS: Final = (
    Caller("SageMaker training job", 128, 12, "Nova RFT recipe: lambda_batch_size, lambda_concurrency_limit"),
    Caller("SageMaker HyperPod", 1, 64, "Nova RFT: 64 requests at a time for each rollout worker replica"),
    Caller("grader grade --on", 16, 8, "its own defaults"),
)
"""Callers with documented limits ("Implementing reward functions" and recipes of Amazon SageMaker AI). Amazon Bedrock
documents none; Lambda's own limits apply to all."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Targets of the user."""

    step_samples: int = 1024
    """Samples of one training step: prompts times completions for each."""
    step_s: float = 60.0
    """Target seconds for grading a step."""
    batch_s: float = 10.0
    """Target seconds for a batch."""
    batch_size: int | None = None
    """Batch size of the trainer; ``None`` to have one calculated."""
    max_batch_size: int = 128
    """Upper bound of a calculated batch size."""
    memory_mb: int | None = None
    """Memory of the function; ``None`` to have one calculated."""
    speed: float = 1.0
    """Speed of a Lambda CPU relative to one of the host of the measurement."""
    limits: Limits = _LIMITS
    """Limits of one sample."""


@dataclass(frozen=True, slots=True)
class MemoryOption:
    """Estimates for a function of one memory size. The names of the fields are keys of the JSON output."""

    memory_mb: int
    cpus: float
    workers: int
    needed_mb: float
    """Memory of the grader with all executors and their spares at work: as measured, plus a quarter, but at least what
    answers can make them take."""
    fits: bool
    """True if `needed_mb` is at most `memory_mb`."""
    batch_size: int
    batch_s: float
    """Seconds of a batch of average samples."""
    worst_batch_s: float
    """Seconds of a batch that ends with the slowest measured sample."""
    dollars: float
    """For a thousand samples."""


@dataclass(frozen=True, slots=True)
class CallerEstimate:
    """Estimates of a training step for one caller."""

    caller: Caller
    batch_size: int
    """Batch size of the caller, or the largest that fits into a payload."""
    seconds: float
    dollars: float
    """For a thousand samples."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """Recommended settings, and the options that were compared."""

    chosen: MemoryOption
    options: tuple[MemoryOption, ...]
    timeout_s: int
    concurrency: int
    """Concurrent invocations that a step needs to meet its target time."""
    payload_batch: int
    """Largest batch that always fits into a payload, even if every sample is as large as the largest."""
    steps: tuple[CallerEstimate, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the sizing as JSON data."""
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
    """Choose the memory of a function, and calculate the other settings.

    Of the options within 5 % of the lowest price it takes those that grade a batch in the target time, of these the
    ones with the largest batch, and of these the smallest function. If none meets the target, it takes the fastest.
    A CPU second costs the same at every memory size, so more memory mostly buys speed. It costs more where samples
    wait instead of computing, and where there are more CPUs than executors can use.

    Raises:
        InputError: a sample is larger than a request, or the grader needs more memory than the function can have.
    """
    payload_batch = _payload_batch(profile)
    if payload_batch < 1:
        raise InputError(
            f"the largest sample is {profile.largest_bytes / 1e6:.1f} MB, but a request to Lambda can be at most "
            f"{PAYLOAD_BYTES / 1e6:.1f} MB; store its tests outside of the request (docs/store.md)"
        )
    memories = MEMORIES_MB if demand.memory_mb is None else (demand.memory_mb,)
    options = tuple(_option(memory, profile, prices, demand, payload_batch) for memory in memories)
    fitting = [option for option in options if option.fits]
    if not fitting:
        raise InputError(
            f"the grader needs {options[-1].needed_mb:.0f} MB with {options[-1].workers} workers, but the function has "
            f"{options[-1].memory_mb} MB; {_memory_advice(demand)}"
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
    # Lambda limits the payload of the response as well as that of the request.
    room = PAYLOAD_BYTES * _PAYLOAD_SHARE
    return int(min(room // profile.largest_bytes, room // profile.result_bytes))


def _option(memory_mb: int, profile: Profile, prices: Prices, demand: Workload, payload_batch: int) -> MemoryOption:
    sample_s = _sample_s(memory_mb, profile, demand)
    size = demand.batch_size or max(1, min(demand.max_batch_size, payload_batch, int(demand.batch_s / sample_s)))
    # Spare executors start when others are slow, so a batch of slow answers runs all of them at once.
    processes = executors_in(memory_mb, lambda_workers(memory_mb), demand.limits)
    idle = profile.base_mb + (processes - 1) * profile.started_mb
    measured = _HEADROOM * (idle + processes * profile.lane_mb)
    needed = max(measured, idle + processes * run_memory_mb(demand.limits))
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
    """Return the speed of one executor, relative to the measurement."""
    return demand.speed * min(1.0, _cpus(memory_mb))


def _sample_s(memory_mb: int, profile: Profile, demand: Workload) -> float:
    """Return the seconds per sample of a batch; the CPUs or the executors are the bottleneck."""
    by_cpus = profile.cpu_s / (_cpus(memory_mb) * demand.speed)
    by_executors = profile.wall_s / (lambda_workers(memory_mb) * _executor_speed(memory_mb, demand))
    return max(by_cpus, by_executors)


def _batch_s(size: int, memory_mb: int, profile: Profile, demand: Workload) -> float:
    """Return the seconds of a batch; at least those of one average sample on one executor."""
    alone = profile.wall_s / _executor_speed(memory_mb, demand)
    return max(size * _sample_s(memory_mb, profile, demand), alone)


def _dollars(size: int, memory_mb: int, profile: Profile, prices: Prices, demand: Workload) -> float:
    return 1000 / size * prices.of_invocation(_batch_s(size, memory_mb, profile, demand), memory_mb)


def _timeout_s(option: MemoryOption, profile: Profile, demand: Workload) -> int:
    """Return the timeout in seconds: twice the worst batch and a cold start, within Lambda's limits."""
    # A batch that times out is billed and has no results, so a slow sample and a cold start have to fit in.
    start = profile.start_s / _executor_speed(option.memory_mb, demand)
    return min(TIMEOUT_S, max(_MIN_TIMEOUT_S, math.ceil(_TIMEOUT_FACTOR * (start + option.worst_batch_s))))


def _concurrency(option: MemoryOption, demand: Workload) -> int:
    batches = math.ceil(demand.step_samples / option.batch_size)
    in_sequence = max(1, int(demand.step_s / option.batch_s))
    return math.ceil(batches / in_sequence)


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
        return "lower the memory limit of answers: memory_mb in [limits]"
    return f"give it more, up to {_MAX_MEMORY_MB} MB"


def _warnings(option: MemoryOption, profile: Profile, demand: Workload, payload_batch: int) -> list[str]:
    warnings = []
    if profile.unscored:
        warnings.append(f"{profile.unscored} samples are unscored and were not measured; see `grader grade`")
    if option.batch_size > payload_batch:
        warnings.append(
            f"a batch of {option.batch_size} may exceed the size limit of a request or response; at most "
            f"{payload_batch} samples always fit"
        )
    worst = _TIMEOUT_FACTOR * option.worst_batch_s
    if worst > TIMEOUT_S:
        warnings.append(
            f"a slow batch of {option.batch_size} may need {worst:.0f} s, but an invocation ends after {TIMEOUT_S} s; "
            "use smaller batches"
        )
    if option.batch_s > demand.step_s:
        warnings.append(
            f"one batch takes {option.batch_s:.0f} s, longer than the {demand.step_s:.0f} s for a step; use smaller "
            "batches"
        )
    if option.memory_mb > _MAX_MEMORY_MB:
        warnings.append(f"a function can have at most {_MAX_MEMORY_MB} MB")
    warnings += _quota_warnings(option, demand)
    return warnings


def _quota_warnings(option: MemoryOption, demand: Workload) -> list[str]:
    warnings = []
    concurrency = _concurrency(option, demand)
    if option.memory_mb > _NEW_ACCOUNT_MB:
        warnings.append(
            f"new accounts may have at most {_NEW_ACCOUNT_MB} MB for a function until AWS raises the quota; then use "
            "`--memory` with less, or ask AWS support"
        )
    if _NEW_ACCOUNT_CONCURRENCY < concurrency <= _ACCOUNT_CONCURRENCY:
        warnings.append(
            f"new accounts may have only {_NEW_ACCOUNT_CONCURRENCY} concurrent invocations of all functions together; "
            "look at the quota before the job (`aws lambda get-account-settings`)"
        )
    if concurrency > _ACCOUNT_CONCURRENCY:
        warnings.append(
            f"{concurrency} concurrent invocations exceed an account's default quota ({_ACCOUNT_CONCURRENCY}); "
            "request a higher quota"
        )
    return warnings


_NEW_ACCOUNT_MB: Final = 3008
"""Memory that users meet as the limit of new accounts, as in awslabs/landing-zone-accelerator-on-aws#1139 (2026-06).
"New AWS accounts have reduced concurrency and memory quotas" (Lambda quotas, 2026-11), but the page has no figures."""
_NEW_ACCOUNT_CONCURRENCY: Final = 10
"""Likewise, concurrent invocations."""
_ACCOUNT_CONCURRENCY: Final = 1000
"""Default quota of concurrent executions of all functions of an account in a region (Lambda quotas)."""
