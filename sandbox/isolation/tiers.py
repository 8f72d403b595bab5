"""Isolation tiers: the layers of each, which of the kernel's this host supports, and which to apply.

In plain words and numbers, and with next to no imports: the launcher pays for them at every start.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "KERNEL_LAYERS",
    "LAYERS_BY_TIER",
    "ORPHANS",
    "TIERS",
    "ForkedProbe",
    "failure_reason",
    "highest_tier",
    "limit_to",
    "not_probed",
    "probe_kernel_layers",
    "start_probes",
]


class ForkedProbe:
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


def start_probes(probes: Mapping[str, Callable[[], str | None]]) -> dict[str, ForkedProbe]:
    """Begin to ask each wall why it cannot stand, all at once; `failure_reason` reads what comes of it.

    Args:
        probes: what says why a wall cannot stand, or ``None``, by the wall's name.
    """
    return {name: ForkedProbe(lambda probe=probe: probe() or "=") for name, probe in probes.items()}  # type: ignore[misc]  # mypy infers no lambda with a default


def failure_reason(asked: ForkedProbe) -> str:
    """Why the wall cannot stand; empty when it can."""
    answer = asked.answer()
    return "" if answer == "=" else answer or "the probe was killed"


LAYERS_BY_TIER: dict[str, tuple[str, ...]] = {
    "rlimit": ("rlimits", "functions", "imports", "audit"),
    "seccomp": ("no_new_privs", "seccomp"),
    "namespaces": ("namespaces",),
}
"""The walls that make a tier, besides those of the tiers below it; tiers from the weakest up."""
TIERS = tuple(LAYERS_BY_TIER)

ORPHANS = "orphans"
"""The wall that brings what has lost its parent to the zygote."""
KERNEL_LAYERS = {
    "namespaces": "namespaces",
    "no_new_privs": "seccomp",
    ORPHANS: "seccomp",
    "landlock": "seccomp",
    "seccomp": "seccomp",
}
"""Walls that are put up before the zygote starts, and the lowest tier each of them belongs to."""


def highest_tier(standing: Iterable[str]) -> str | None:
    """The highest tier whose walls all stand, and those of every tier below; ``None`` when not even the lowest does."""
    layers, best = set(standing), None
    for tier in TIERS:
        if not layers.issuperset(LAYERS_BY_TIER[tier]):
            break
        best = tier
    return best


def limit_to(isolation: str | None, layers: Mapping[str, str]) -> dict[str, str]:
    """Which kernel walls to put up, of those that can stand.

    Args:
        isolation: the tier to stay within; ``None``: as many walls as can stand.
        layers: of each of `KERNEL_LAYERS` why it cannot stand; empty when it can.

    Returns:
        The same; those of a tier above the one in use say why they are left down.
    """
    best = highest_tier({*LAYERS_BY_TIER["rlimit"], *(name for name, why in layers.items() if not why)}) or "rlimit"
    used = best if isolation is None or TIERS.index(isolation) > TIERS.index(best) else isolation
    return {
        name: why if why or TIERS.index(KERNEL_LAYERS[name]) <= TIERS.index(used) else _not_applied(used)
        for name, why in layers.items()
    }


def not_probed() -> dict[str, str]:
    """The kernel walls of a host that is not asked, because the tier in use has none of them."""
    return dict.fromkeys(KERNEL_LAYERS, _not_applied("rlimit"))


def _not_applied(used: str) -> str:
    return f"left down: the tier in use is {used}"


def probe_kernel_layers() -> dict[str, str]:
    """Why each of `KERNEL_LAYERS` cannot stand; empty when it can. `ctypes` is loaded in a child only."""
    answer = ForkedProbe(_all_kernel_layers).answer()
    lines = answer.split("\n")
    if len(lines) != len(KERNEL_LAYERS):
        return dict.fromkeys(KERNEL_LAYERS, answer or "the probe was killed")
    return dict(zip(KERNEL_LAYERS, lines, strict=True))


def _all_kernel_layers() -> str:
    """A line for each: why it cannot stand."""
    from sandbox.isolation import landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - loads ctypes

    layers = (namespaces, no_new_privs, orphans, landlock, seccomp)
    asked = start_probes({layer.NAME: layer.probe for layer in layers})
    return "\n".join(" ".join(failure_reason(asked[name]).split()) for name in KERNEL_LAYERS)
