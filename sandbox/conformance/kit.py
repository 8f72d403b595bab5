"""The conformance kit: runs every bundled attack in a sandbox, as configured, and reports which ones were held off.

It needs nothing but the standard library, so the same check runs wherever answers will be: on a developer's machine, in
a container, inside a deployed function.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.conformance.attacks import Attack, attacks
from sandbox.conformance.canary import Canary
from sandbox.errors import ProcessLostError
from sandbox.isolation.privileges import uid_of
from sandbox.sandbox import Sandbox
from sandbox.scheduler.reaper import tagged_pids
from sandbox.types import AnalysisRequest, AnalysisStatus, ExecutionStatus, Job, Policy
from sandbox.wire.limits import Limits
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.sandbox import SandboxSettings
    from sandbox.types import Analysis, Execution, LayerReport, Tier

__all__ = ["AttackResult", "AttackStatus", "ConformanceReport", "HostCheck", "check_conformance"]

_RUNNER = "sandbox.conformance.spec:run_spec"
_PREPARER = "sandbox.processes.loading:prepare_nothing"
_LIMITS = Limits(cpu_s=0.5, total_cpu_s=1.0, wall_s=1.0, memory_mb=256, output_kb=1024, restarts=3)
_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - where attacks would leave files
_PREFIX = "conformance-"
"""First part of the names that attacks give to files and sockets."""
_SHARED_MEMORY = Path("/proc/sysvipc")
_SOCKETS = Path("/proc/net/unix")
_NO_DEADLINE_S = 1e9


class AttackStatus(StrEnum):
    """Result of one attack or control."""

    HELD = "held"
    """An attack did not pass, a control did."""
    BEATEN = "beaten"
    """An attack passed every case, or saw a secret."""
    REFUSED = "refused"
    """A control did not pass."""
    UNSCORED = "unscored"
    """There is no result: an answer made the sandbox itself fail."""
    NOT_RUN = "not_run"
    """The deadline came first."""


@dataclass(frozen=True, slots=True)
class AttackResult:
    """One attack, and its result."""

    attack: Attack
    status: AttackStatus
    detail: str = ""
    """One line for people: what the answer achieved."""


@dataclass(frozen=True, slots=True)
class HostCheck:
    """Check that the host is as it was before the attacks."""

    name: str
    held: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """Results of all attacks and checks."""

    tier: Tier
    layers: tuple[LayerReport, ...]
    results: tuple[AttackResult, ...]
    host: tuple[HostCheck, ...]
    duration_s: float

    @property
    def held(self) -> bool:
        """True if every attack and control was run and held, and the host is as it was."""
        return all(result.status is AttackStatus.HELD for result in self.results) and all(
            check.held for check in self.host
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serializable data."""
        counts: dict[str, dict[str, int]] = {}
        for result in self.results:
            family = counts.setdefault(result.attack.family, {})
            family[result.status.value] = family.get(result.status.value, 0) + 1
        return {
            "held": self.held,
            "tier": self.tier.value,
            "families": counts,
            "not_held": [
                {"family": one.attack.family, "name": one.attack.name, "status": one.status.value, "detail": one.detail}
                for one in self.results
                if one.status is not AttackStatus.HELD
            ],
            "host": [{"name": check.name, "held": check.held, "detail": check.detail} for check in self.host],
            "duration_s": round(self.duration_s, 3),
        }


def check_conformance(
    settings: SandboxSettings,
    *,
    selected: Sequence[Attack] | None = None,
    deadline_s: float | None = None,
    on_result: Callable[[AttackResult], None] | None = None,
) -> ConformanceReport:
    """Run attacks in a sandbox of their own, built like the one that is to be checked.

    Args:
        settings: configuration of that sandbox; only the runner and the preparer are replaced.
        selected: what to run; ``None``: every bundled attack and control.
        deadline_s: seconds from now after which no attack is begun; ``None``: no deadline.
        on_result: called with each result as soon as it is there.

    Raises:
        sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        sandbox.errors.ProcessLostError: the sandbox cannot start.
    """
    started = time.monotonic()
    descriptors_before = _descriptors()
    leftovers_before = _leftovers(settings.workers)
    sandbox = Sandbox(replace(settings, runner=_RUNNER, preparer=_PREPARER))
    # The canary comes first: what a zygote could inherit must be there before the zygote.
    with Canary() as canary:
        try:
            sandbox.start()
            tier, layers = sandbox.tier, sandbox.layers
            assert tier is not None
            kit = _Kit(sandbox, canary, started + (deadline_s or _NO_DEADLINE_S), on_result)
            results = kit.run(attacks() if selected is None else selected)
            tags = sandbox.tags
        finally:
            sandbox.close()
        harm = canary.harm()
    left = len(tagged_pids(tags))
    leftovers = sorted(_leftovers(settings.workers) - leftovers_before)
    still_open = _descriptors() - descriptors_before
    host = (
        HostCheck("no process is left", left == 0, f"{left} left" if left else ""),
        HostCheck("no file, socket or shared memory is left", not leftovers, ", ".join(leftovers)[:300]),
        HostCheck("no descriptor is left open", still_open <= 0, f"{still_open} more" if still_open > 0 else ""),
        HostCheck("other processes of this user are unharmed", not harm, harm),
    )
    return ConformanceReport(tier, layers, results, host, time.monotonic() - started)


class _Kit:
    """Runs attacks side by side in one sandbox."""

    def __init__(
        self, sandbox: Sandbox, canary: Canary, deadline: float, on_result: Callable[[AttackResult], None] | None
    ) -> None:
        self._sandbox = sandbox
        self._canary = canary
        self._deadline = deadline
        self._on_result = on_result

    def run(self, selected: Sequence[Attack]) -> tuple[AttackResult, ...]:
        return tuple(self._sandbox.run([self._run(attack) for attack in selected]))

    async def _run(self, attack: Attack) -> AttackResult:
        pending = self._sandbox.analyze(AnalysisRequest(attack.source, "add", Policy.OFF), deadline=self._deadline)
        analysis = await pending.analysis
        with contextlib.suppress(ProcessLostError):  # its style does not matter, only that measuring it does no harm
            await pending.style
        job = Job(attack.source, encode(None), _LIMITS)
        execution = await self._sandbox.execute(job, deadline=self._deadline)
        result = self._result(attack, analysis, execution)
        if self._on_result is not None:
            self._on_result(result)
        return result

    def _result(self, attack: Attack, analysis: Analysis, execution: Execution) -> AttackResult:
        # A sandbox that fails is never held: an attack that brings it down would otherwise count as held off.
        if execution.status is ExecutionStatus.DEADLINE or time.monotonic() >= self._deadline:
            return AttackResult(attack, AttackStatus.NOT_RUN, "the deadline came first")
        if execution.status is not ExecutionStatus.COMPLETED:
            return AttackResult(attack, AttackStatus.UNSCORED, execution.detail)
        if analysis.status is AnalysisStatus.INTERNAL:
            return AttackResult(attack, AttackStatus.UNSCORED, analysis.detail)
        cases, output = execution.report
        passed = sum(ok for ok, _, _ in cases)
        detail = f"{passed} of {len(cases)} cases; last {cases[-1][1]}"
        if self._canary.is_seen_in(json.dumps(cases) + output + execution.output):
            return AttackResult(attack, AttackStatus.BEATEN, "it saw a secret of the process that grades")
        if attack.must_pass:
            status = AttackStatus.HELD if passed == len(cases) else AttackStatus.REFUSED
        else:
            status = AttackStatus.BEATEN if passed == len(cases) else AttackStatus.HELD
        if status is AttackStatus.REFUSED:
            detail = f"{detail}: {cases[-1][2]}"[:300]
        return AttackResult(attack, status, detail)


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number matters


def _leftovers(workers: int) -> set[str]:
    """Return files, sockets and shared memory that an answer could have left."""
    # By owner where each zygote has a user of its own, and by name for attacks that run as our own user.
    uids = {uid_of(number) for number in range(workers + 1)} if os.geteuid() == 0 else set()
    found = set()
    for folder in _FOLDERS:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(_PREFIX) or _owner(entry) in uids:
                    found.add(entry.path)
    with contextlib.suppress(OSError):
        for kind in _SHARED_MEMORY.iterdir():
            found.update(f"{kind.name} {' '.join(line.split()[:2])}" for line in kind.read_text().splitlines()[1:])
    with contextlib.suppress(OSError):
        found.update(line.split()[-1] for line in _SOCKETS.read_text().splitlines() if _PREFIX in line)
    return found


def _owner(entry: os.DirEntry[str]) -> int | None:
    with contextlib.suppress(OSError):
        return entry.stat(follow_symlinks=False).st_uid
    return None
