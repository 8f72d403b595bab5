"""The harness's side of tests that run in the solution's own process.

A pass here is weaker evidence than elsewhere: the process reports it, and the answer is in that process. A report
counts only with a token that the process was given before the answer was loaded, in the number that the spec has, and
from a process that is alive to send it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from testcases.describe import MAX_TEXT_CHARS
from testcases.in_process.steps import CODE_KINDS, build_steps
from testcases.signals import STATUS_VERDICTS
from testcases.verdict import CaseResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from testcases.in_process.steps import InProcessStep
    from testcases.signals import Reply, SolutionClient

__all__ = ["run_in_process"]

_TOKEN_BYTES = 16
_VERDICTS = frozenset(Verdict) - {Verdict.INTERNAL}


def run_in_process(
    spec: dict[str, Any], candidate: SolutionClient, names: Iterable[str]
) -> dict[int, list[CaseResult]]:
    """Put an answer to every test that is code.

    Args:
        spec: what `testcases.spec.build_spec` made.
        candidate: the answer.
        names: those of the answer that test code uses.

    Returns:
        By the place of the test in the exam, what became of it.
    """
    sharing = _InProcessRun(spec, candidate, sorted(names))
    steps = build_steps(spec["tests"])
    became: dict[int, list[CaseResult]] = {step.place: [] for step in steps}
    for number, step in enumerate(steps):
        became[step.place] += sharing.hold(number, step)
    candidate.close()
    return became


class _InProcessRun:
    """One answer and its tests in one process, replaced when the answer loses it."""

    def __init__(self, spec: dict[str, Any], candidate: SolutionClient, names: list[str]) -> None:
        self._exam = spec
        self._candidate = candidate
        self._names = names
        self._token = ""
        self._failure: tuple[Verdict, str] | None = None
        self._running = False

    def hold(self, number: int, step: InProcessStep) -> list[CaseResult]:
        """Have one step held; its outcomes."""
        if self._failure is None and not (self._running and self._candidate.alive):
            self._load(number)
        if self._failure is not None:
            return [CaseResult(self._failure[0], step.label, self._failure[1])] * step.count
        reply = self._candidate.ask("step")
        return self._understood(reply, step.count) or [self._failed(reply, step.label)] * step.count

    def _load(self, first: int) -> None:
        self._token = secrets.token_hex(_TOKEN_BYTES)
        entry_point: str | None = self._exam["entry_point"]
        own = (entry_point.partition(".")[0],) if entry_point else ()
        in_process_spec = {
            **{field: self._exam[field] for field in ("prompt", "setup", "entry_point")},
            "tests": [test if test[0] in CODE_KINDS else test[:1] for test in self._exam["tests"]],
            "names": self._names, "first": first, "token": self._token,
        }  # fmt: skip
        reply = self._candidate.load(
            preamble=self._exam["prompt"], own_names=own, names=own, in_process_spec=in_process_spec
        )
        self._running = reply.status == "returned"
        if not self._running:
            self._failure = STATUS_VERDICTS[reply.status], reply.detail
        elif own and (type(reply.value) is not dict or own[0] not in reply.value):
            self._failure = Verdict.EXCEPTION, f"{entry_point} is not defined"

    def _understood(self, reply: Reply, count: int) -> list[CaseResult] | None:
        """What the process says of a test, if it may say so."""
        match reply.value if reply.status == "returned" else None:
            case [str(token), list(outcomes)] if token == self._token:  # one guess: the next process has another
                found = [_parse_result(outcome) for outcome in outcomes]
                if len(found) == count and None not in found:
                    return [outcome for outcome in found if outcome is not None]
        return None

    @staticmethod
    def _failed(reply: Reply, label: str) -> CaseResult:
        verdict = STATUS_VERDICTS.get(reply.status, Verdict.EXCEPTION)
        detail = reply.detail or "its process says nothing that counts"
        return CaseResult(verdict, label, detail)


def _parse_result(told: Any) -> CaseResult | None:
    match told:
        case [str(verdict), str(name), str(detail)] if verdict in _VERDICTS:
            return CaseResult(Verdict(verdict), name[:MAX_TEXT_CHARS], detail[:MAX_TEXT_CHARS])
    return None
