"""The exam of the conformance kit: four additions. Holds the expected sums, in the examiner's process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.processes.harness.solution_client import SolutionClient

__all__ = ["CASES", "run_spec"]

CASES = ((1, 2), (-5, 5), (10**20, 1), (7, 8))
"""What is to be added. No constant is right for all."""
_NAME = "add"


def run_spec(spec: Any, client: SolutionClient) -> list[Any]:  # noqa: ARG001 - a conductor's signature
    """Put the candidate to each case.

    Returns:
        For each case: whether the sum came back, as an integer and nothing else; how the request ended; what came back.
        And after these, all that the candidate's processes have printed.
    """
    loaded = client.load(names=(_NAME,))
    written = [*client.written]
    outcomes: list[list[Any]] = []
    for left, right in CASES:
        if not client.alive:
            loaded = client.load(names=(_NAME,))
            written += client.written
        if loaded.status != "returned":
            outcomes.append([False, loaded.status.value, loaded.detail])
            continue
        reply = client.call(_NAME, (left, right), {})
        passed = reply.status == "returned" and type(reply.value) is int and reply.value == left + right
        seen = _text(reply.value) if reply.status == "returned" else reply.detail
        outcomes.append([passed, reply.status.value, seen])
    return [outcomes, b"".join(written).decode("latin-1")]


def _text(value: Any) -> str:
    """All of a value that a secret could be seen in."""
    try:
        return repr(value)[:1_000_000]
    except (ValueError, RecursionError):
        return f"a large {type(value).__name__}"
