"""The harness's side of tests that run in the solution's own process.

A pass here is weaker evidence than elsewhere: the process reports it, and the answer is in that process. A report
counts only with a token that the process was given before the answer was loaded, with as many results as the spec has,
and from a process that is alive to send it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import STEP
from sandbox.wire.replies import SolutionStatus
from testcases.blame import Fault
from testcases.describe import MAX_TEXT_CHARS
from testcases.in_process.steps import CODE_KINDS, build_steps
from testcases.signals import STATUS_VERDICTS
from testcases.verdict import CaseResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.wire.replies import Reply
    from testcases.in_process.steps import InProcessStep
    from testcases.solution_client import SolutionClient

__all__ = ["run_in_process"]

_TOKEN_BYTES = 16
# An answer that could report a fault of the grader would choose to be unscored.
_VERDICTS = frozenset(Verdict) - {Verdict.INTERNAL}
_FAILURES = frozenset({Verdict.WRONG_ANSWER, Verdict.EXCEPTION})


def run_in_process(spec: dict[str, Any], client: SolutionClient, names: Iterable[str]) -> dict[int, list[CaseResult]]:
    """Put a solution to every test that is code.

    Args:
        spec: the test spec (`testcases.spec.build_spec`).
        client: the solution, in its process.
        names: names of the solution that test code uses.

    Returns:
        Results by the index of the test in the spec.
    """
    run = _InProcessRun(spec, client, sorted(names))
    steps = build_steps(spec["tests"])
    results: dict[int, list[CaseResult]] = {step.index: [] for step in steps}
    for number, step in enumerate(steps):
        results[step.index] += run.run_step(number, step)
    client.close()  # calls and programs that follow get a process without test code
    return results


class _InProcessRun:
    """One solution and its tests in one process, which is replaced when the solution loses it."""

    def __init__(self, spec: dict[str, Any], client: SolutionClient, names: list[str]) -> None:
        self._spec = spec
        self._client = client
        self._names = names
        self._token = ""
        self._failure: tuple[Verdict, str] | None = None
        self._running = False

    def run_step(self, number: int, step: InProcessStep) -> list[CaseResult]:
        """Have one step run in the process, and return its results."""
        # A process that replaces a lost one goes on with this step: the one that lost it has failed.
        if self._failure is None and not (self._running and self._client.alive):
            self._load(number)
        if self._failure is not None:
            return [CaseResult(self._failure[0], step.label, self._failure[1])] * step.count
        reply = self._client.ask(STEP)
        return self._parse_report(reply, step.count) or [self._failed(reply, step.label)] * step.count

    def _load(self, first: int) -> None:
        # Each process has a token of its own, so an answer has one guess: a wrong one fails the step.
        self._token = secrets.token_hex(_TOKEN_BYTES)
        entry_point: str | None = self._spec["entry_point"]
        own = (entry_point.partition(".")[0],) if entry_point else ()
        in_process_spec = {
            **{field: self._spec[field] for field in ("prompt_code", "setup", "entry_point")},
            # Expected values of calls stay out of the process; they are compared here.
            "tests": [test if test[0] in CODE_KINDS else test[:1] for test in self._spec["tests"]],
            "names": self._names, "first": first, "token": self._token,
        }  # fmt: skip
        reply = self._client.load(
            preamble=self._spec["prompt_code"], own_names=own, names=own, in_process_spec=in_process_spec
        )
        self._running = reply.status is SolutionStatus.RETURNED
        if not self._running:
            self._failure = STATUS_VERDICTS[reply.status], reply.detail
        elif own and (type(reply.value) is not dict or own[0] not in reply.value):
            self._failure = Verdict.EXCEPTION, f"{entry_point} is not defined"
            self._client.load_failure = self._failure[1]

    def _parse_report(self, reply: Reply, count: int) -> list[CaseResult] | None:
        """Return the results that the process reports; ``None`` where the report does not count."""
        match reply.value if reply.status is SolutionStatus.RETURNED else None:
            case [str(token), list(entries)] if token == self._token:
                results = [result for entry in entries if (result := _parse_result(entry)) is not None]
                # As many results for every answer: with fewer, an answer could leave out the tests it fails.
                return results if len(results) == len(entries) == count else None
        return None

    @staticmethod
    def _failed(reply: Reply, label: str) -> CaseResult:
        verdict = STATUS_VERDICTS.get(reply.status, Verdict.EXCEPTION)
        fault = Fault.TEST_CODE if reply.status is SolutionStatus.RAISED else None
        return CaseResult(verdict, label, reply.detail or "its process reports nothing that counts", fault)


def _parse_result(entry: Any) -> CaseResult | None:
    match entry:
        case [str(verdict), str(name), str(detail)] if verdict in _VERDICTS:
            # The process does not show whether the failure is the answer's or the test's own.
            fault = Fault.TEST_CODE if verdict in _FAILURES else None
            return CaseResult(Verdict(verdict), name[:MAX_TEXT_CHARS], detail[:MAX_TEXT_CHARS], fault)
    return None
