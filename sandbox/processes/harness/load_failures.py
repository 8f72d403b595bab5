"""Tell an answer that fails when it is loaded by its own doing from one that lacks something in the sandbox."""

from __future__ import annotations

import builtins

from sandbox.wire.replies import Reply, SolutionStatus

__all__ = ["is_own_failure"]


def is_own_failure(reply: Reply, *, alone: bool, shared: bool) -> bool:
    """Return whether an answer that was not loaded has failed by its own doing, before it had the time to do anything.

    What the sandbox refuses to load or open is none of its doing, and an answer that takes too long or too much has
    been tried.

    Args:
        reply: reply to the request to load it.
        alone: whether no other code ran before the answer.
        shared: whether test code runs in its process, after it.
    """
    if reply.status is SolutionStatus.RAISED and reply.raised is not None:
        kind = getattr(builtins, reply.raised.base, None)
        is_refused = isinstance(kind, type) and issubclass(kind, ImportError | OSError)
        return not is_refused and (reply.raised.line > 0 or (alone and not shared))
    return not shared and reply.status in {SolutionStatus.EXITED, SolutionStatus.CRASHED, SolutionStatus.POLICY}
