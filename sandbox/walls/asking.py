"""Questions that a forked child answers, because some hosts kill the process that asks.

It imports next to nothing: `sandbox.processes.launcher` pays for it at every start.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Asked", "ask_all", "reason"]


class Asked:
    """A question that a child of its own is at work on."""

    def __init__(self, question: Callable[[], str]) -> None:
        self._reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                answer = question()
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
                answer = f"{type(error).__name__}: {error}"
            os.write(writer, answer.encode(errors="replace")[:4000])
            os._exit(0)
        os.close(writer)

    def answer(self) -> str:
        """What it said, once it is done; the empty string when it died of it. To be called once."""
        with open(self._reader, "rb") as answers:
            said = answers.read()
        os.waitpid(self._pid, 0)
        return said.decode(errors="replace")


def ask_all(probes: Mapping[str, Callable[[], str | None]]) -> dict[str, Asked]:
    """Begin to ask each wall why it cannot stand, all at once; `reason` reads what comes of it.

    Args:
        probes: what says why a wall cannot stand, or ``None``, by the wall's name.
    """
    return {name: Asked(lambda probe=probe: probe() or "=") for name, probe in probes.items()}  # type: ignore[misc]  # mypy infers no lambda with a default


def reason(asked: Asked) -> str:
    """Why the wall cannot stand; empty when it can."""
    answer = asked.answer()
    return "" if answer == "=" else answer or "the probe was killed"
