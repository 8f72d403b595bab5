"""The outcome of a sample in one word, for charts and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.tools.files.stored_results import StoredResult

__all__ = ["OUTCOMES", "is_attack", "outcome_of"]

OUTCOMES: Final = {
    "passed": "passed every test",
    "wrong_answer": "wrong answer",
    "exception": "exception",
    "timeout": "timeout",
    "memory": "memory limit",
    "output_limit": "output limit",
    "crashed": "crashed",
    "not_run": "no test ran",
    "not_loaded": "does not compile, or lacks the entry point",
    "stub": "stub: does nothing",
    "no_code": "no code found",
    "policy": "hacking attempt",
    "unscored": "unscored",
}
"""Outcomes in the order in which they are shown, with their names for people."""

_FAILURES: Final = frozenset(
    verdict.value for verdict in Verdict if verdict not in {Verdict.PASSED, Verdict.NOT_RUN, Verdict.INTERNAL}
)


def outcome_of(result: StoredResult) -> str:
    """Return the outcome of a sample, a key of `OUTCOMES`: the first cause that explains its grade."""
    if result.reward is None:
        return "unscored"
    verdicts = result.verdicts
    if verdicts and all(verdict == Verdict.PASSED for verdict in verdicts):
        return "passed"
    if is_attack(result):
        return "policy"
    metrics = result.metrics
    if not metrics.get("code_found", 1.0):
        return "no_code"
    if metrics.get("stub"):
        return "stub"
    if not metrics.get("syntax", 1.0):
        return "not_loaded"
    return next((verdict for verdict in verdicts if verdict in _FAILURES), "not_run")


def is_attack(result: StoredResult) -> bool:
    """Return True if the answer violated the policy, or an isolation layer ended it."""
    return bool(result.metrics.get("policy_violation")) or Verdict.POLICY in result.verdicts
