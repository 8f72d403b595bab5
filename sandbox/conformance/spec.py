"""The test spec of the conformance kit: four additions. It has the expected sums, in the harness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.processes.harness.solution_client import SolutionClient

__all__ = ["CASES", "run_spec"]

CASES = ((1, 2), (-5, 5), (10**20, 1), (7, 8))
"""Pairs of integers to add. No constant is right for all."""
_NAME = "add"


def run_spec(spec: Any, client: SolutionClient) -> list[Any]:  # noqa: ARG001 - a runner's signature
    """Run each case against the answer.

    Returns:
        For each case: True if the sum came back, exactly as an integer; the status of the request; the value. And
        after these, all that the answer's processes have printed.
    """
    loaded = client.load(names=(_NAME,))
    written = [*client.written]
    results: list[list[Any]] = []
    for left, right in CASES:
        if not client.alive:
            loaded = client.load(names=(_NAME,))
            written += client.written
        if loaded.status != "returned":
            results.append([False, loaded.status.value, loaded.detail])
            continue
        reply = client.call(_NAME, (left, right), {})
        # type() first: an answer's object is never compared, because its __eq__ could return anything.
        passed = reply.status == "returned" and type(reply.value) is int and reply.value == left + right
        text = _text(reply.value) if reply.status == "returned" else reply.detail
        results.append([passed, reply.status.value, text])
    return [results, b"".join(written).decode("latin-1")]


def _text(value: Any) -> str:
    """Return a value as text, long enough to show a secret anywhere in it."""
    try:
        return repr(value)[:1_000_000]
    except (ValueError, RecursionError):
        return f"a large {type(value).__name__}"
