"""What answers earn where that follows from the source of the tests, so that they need not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.tools.datasets.probes import ProbeKind, is_class
from testcases.compare.credit import compared_literals
from testcases.source.traceless import is_traceless
from testcases.spec import leaves_no_trace

if TYPE_CHECKING:
    from grader.tools.datasets.findings import ProbeResult
    from grader.tools.datasets.tasks import Task

__all__ = ["is_determined", "known_shares"]

_EMPTY: tuple[Any, ...] = (None, [], (), {}, set(), "", b"")


def known_shares(task: Task) -> dict[ProbeKind, float]:
    """Return the share of the tests that trivial answers pass, by their kind; nothing of those that must be run.

    Only where each test compares one call of the answer with a literal: what raises passes none of those, and what
    returns a constant passes those with an equal literal. What empties its arguments returns either what an echo
    returns, or something empty; it is known to pass no more than an echo if no literal is empty, and is given as 0.
    """
    name = task.problem.entry_point
    literals = compared_literals(task.problem)
    if name is None or task.problem.answer == "literal" or not literals or is_class(task, name):
        return {}
    count = len(literals)
    shares = {
        ProbeKind.RAISING: 0.0,
        ProbeKind.STUB: sum(literal is None for literal in literals) / count,
        ProbeKind.CONSTANT: max(sum(_are_equal(one, other) for other in literals) for one in literals) / count,
    }
    if not any(_are_equal(literal, empty) for literal in literals for empty in _EMPTY):
        shares[ProbeKind.EMPTYING] = 0.0
    return shares


def _are_equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def is_determined(task: Task, result: ProbeResult) -> bool:
    """Return whether a solution has the same result each time: all code is of a grammar that knows no chance.

    Neither the solution nor the tests can reach a clock, random numbers, files or state that outlives them.
    """
    if task.problem.answer == "literal":
        return True
    code = result.probe.code
    return bool(code) and leaves_no_trace(task.problem) and is_traceless([code, *map(_source_of, task.problem.tests)])


def _source_of(test: Any) -> str:
    source = getattr(test, "source", "")
    return source if isinstance(source, str) else ""
