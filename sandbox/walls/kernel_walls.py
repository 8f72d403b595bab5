"""The walls that the kernel puts up: which there are, which can stand here, and which of them to put up.

In plain words and numbers, and with next to no imports: `sandbox.processes.launcher` pays for them at every start.
"""

from __future__ import annotations

from sandbox.walls.asking import Asked, ask_all, reason

MYPY = False
if MYPY:
    from collections.abc import Iterable, Mapping

__all__ = ["KERNEL_WALLS", "NEEDED", "ORPHANS", "TIERS", "highest", "limit_to", "probe_kernel_walls", "unasked"]

NEEDED: dict[str, tuple[str, ...]] = {
    "rlimit": ("rlimits", "functions", "imports", "audit"),
    "seccomp": ("no_new_privs", "seccomp"),
    "namespaces": ("namespaces",),
}
"""The walls that make a tier, besides those of the tiers below it; tiers from the weakest up."""
TIERS = tuple(NEEDED)

ORPHANS = "orphans"
"""The wall that brings what has lost its parent to the zygote."""
KERNEL_WALLS = {
    "namespaces": "namespaces",
    "no_new_privs": "seccomp",
    ORPHANS: "seccomp",
    "landlock": "seccomp",
    "seccomp": "seccomp",
}
"""Walls that are put up before the zygote starts, and the lowest tier each of them belongs to."""


def highest(standing: Iterable[str]) -> str | None:
    """The highest tier whose walls all stand, and those of every tier below; ``None`` when not even the lowest does."""
    walls, best = set(standing), None
    for tier in TIERS:
        if not walls.issuperset(NEEDED[tier]):
            break
        best = tier
    return best


def limit_to(isolation: str | None, walls: Mapping[str, str]) -> dict[str, str]:
    """Which kernel walls to put up, of those that can stand.

    Args:
        isolation: the tier to stay within; ``None``: as many walls as can stand.
        walls: of each of `KERNEL_WALLS` why it cannot stand; empty when it can.

    Returns:
        The same; those of a tier above the one in use say why they are left down.
    """
    best = highest({*NEEDED["rlimit"], *(name for name, why in walls.items() if not why)}) or "rlimit"
    used = best if isolation is None or TIERS.index(isolation) > TIERS.index(best) else isolation
    return {
        name: why if why or TIERS.index(KERNEL_WALLS[name]) <= TIERS.index(used) else _left_down(used)
        for name, why in walls.items()
    }


def unasked() -> dict[str, str]:
    """The kernel walls of a host that is not asked, because the tier in use has none of them."""
    return dict.fromkeys(KERNEL_WALLS, _left_down("rlimit"))


def _left_down(used: str) -> str:
    return f"left down: the tier in use is {used}"


def probe_kernel_walls() -> dict[str, str]:
    """Why each of `KERNEL_WALLS` cannot stand; empty when it can. `ctypes` is loaded in a child only."""
    answer = Asked(_all_kernel_walls).answer()
    lines = answer.split("\n")
    if len(lines) != len(KERNEL_WALLS):
        return dict.fromkeys(KERNEL_WALLS, answer or "the probe was killed")
    return dict(zip(KERNEL_WALLS, lines, strict=True))


def _all_kernel_walls() -> str:
    """A line for each: why it cannot stand."""
    from sandbox.walls import landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - loads ctypes

    walls = (namespaces, no_new_privs, orphans, landlock, seccomp)
    asked = ask_all({wall.NAME: wall.probe for wall in walls})
    return "\n".join(" ".join(reason(asked[name]).split()) for name in KERNEL_WALLS)
