"""Rulings on executions: whether what failed counts against the answer (`testcases.blame`)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sandbox.types import ExecutionStatus
from testcases.blame import Blame, Fault, Involvement, StubOutcome, blame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.types import Execution

__all__ = ["WHOLE_RUN_FAULTS", "Ruling", "Suspicion", "rule", "stub_is_done", "stub_outcome", "suspicions_of"]

WHOLE_RUN_FAULTS: Final[Mapping[ExecutionStatus, Fault]] = MappingProxyType(
    {
        ExecutionStatus.BROKEN: Fault.ESCAPED,
        ExecutionStatus.EXHAUSTED: Fault.SPENT,
        ExecutionStatus.LOST: Fault.LOST,
    }
)
"""Faults of executions that have no results. An execution that did not take place has no fault."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A fault that may be the tests'."""

    fault: Fault
    involvement: Involvement
    detail: str
    """One line for people."""
    position: int | None = None
    """Index among the results; ``None`` if the fault ended the whole run."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, with its reason."""

    blame: Blame
    reason: str = ""
    """One line for people; empty where the answer is to blame, whose results say it."""


def suspicions_of(execution: Execution) -> tuple[Suspicion, ...]:
    """Return what may be the tests' fault in an execution; empty if it shows nothing but the answer."""
    fault = WHOLE_RUN_FAULTS.get(execution.status)
    if fault is not None:
        involvement = Involvement.POSSIBLE if execution.answer_started else Involvement.NONE
        return (Suspicion(fault, involvement, execution.detail),)
    return tuple(
        Suspicion(Fault(fault), Involvement.POSSIBLE, f"{name}: {detail}", position)
        for position, (_, name, detail, _, fault) in enumerate(execution.report)
        if fault
    )


def stub_is_done(stub: Execution) -> bool:
    """Return whether a run with the stub came to an end that depends on the tests alone."""
    return stub.status in {ExecutionStatus.COMPLETED, ExecutionStatus.BROKEN, ExecutionStatus.EXHAUSTED}


def stub_outcome(suspicion: Suspicion, stub: Execution) -> StubOutcome:
    """Return what the run with the stub shows about a suspicion."""
    if not stub_is_done(stub):
        return StubOutcome.NOT_DONE
    if stub.status is not ExecutionStatus.COMPLETED:
        return StubOutcome.FAILS
    faults = [fault for *_, fault in stub.report]
    if suspicion.position is not None:
        faults = faults[suspicion.position : suspicion.position + 1]
    # A test that skips itself has not failed, and one that fails has not skipped itself.
    is_skip = suspicion.fault is Fault.SKIPPED
    found = [fault for fault in faults if fault and (fault == Fault.SKIPPED) is is_skip]
    return StubOutcome.FAILS if found else StubOutcome.HOLDS


def rule(suspicion: Suspicion, stub: StubOutcome) -> Ruling:
    """Decide on one suspicion."""
    decision = blame(suspicion.fault, suspicion.involvement, stub)
    match decision:
        case Blame.ANSWER:
            return Ruling(decision)
        case Blame.NOBODY:
            return Ruling(decision, f"the test skips itself: {suspicion.detail}")
        case Blame.TESTS:
            return Ruling(decision, f"the tests are broken: {suspicion.detail}")
        case Blame.GRADER:
            return Ruling(decision, suspicion.detail)
