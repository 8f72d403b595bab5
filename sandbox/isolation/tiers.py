"""Isolation tiers: the layers of each, which of the kernel's this host supports, and which to apply.

The launcher pays for this module at every start: it uses plain strings and dicts, and next to no imports.
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
    """A probe that runs in a child of its own.

    Some hosts kill a process for asking: that costs the child only. A layer that was applied to try it out also ends
    with the child.
    """

    def __init__(self, probe: Callable[[], str]) -> None:
        self._reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                result = probe()
            except BaseException as error:  # noqa: BLE001 - a probe that fails is a reason, too
                result = f"{type(error).__name__}: {error}"
            # The length is below PIPE_BUF (pipe(7)), so the write neither blocks nor is split before anyone reads.
            os.write(writer, result.encode(errors="replace")[:4000])
            os._exit(0)
        os.close(writer)

    def result(self) -> str:
        """Wait for the child and return what the probe returned; empty if it was killed. To be called once."""
        with open(self._reader, "rb") as reader:
            result = reader.read()
        os.waitpid(self._pid, 0)
        return result.decode(errors="replace")


def start_probes(probes: Mapping[str, Callable[[], str | None]]) -> dict[str, ForkedProbe]:
    """Start the probes of several layers, all at once; `failure_reason` reads their results.

    Args:
        probes: by the layer's name, a function that returns why the layer does not work, or ``None``.
    """
    # A killed probe writes nothing, so success must be something: "=".
    return {name: ForkedProbe(lambda probe=probe: probe() or "=") for name, probe in probes.items()}  # type: ignore[misc]  # mypy infers no lambda with a default


def failure_reason(probe: ForkedProbe) -> str:
    """Wait for a probe, and return why its layer does not work here; empty if it does."""
    result = probe.result()
    return "" if result == "=" else result or "the probe was killed"


LAYERS_BY_TIER: dict[str, tuple[str, ...]] = {
    "rlimit": ("rlimits", "functions", "imports", "audit"),
    "seccomp": ("no_new_privs", "seccomp"),
    "namespaces": ("namespaces",),
}
"""Layers that make a tier, besides those of the tiers below it; tiers from the weakest up."""
TIERS = tuple(LAYERS_BY_TIER)

ORPHANS = "orphans"
"""Name of the layer that makes orphaned processes children of the zygote."""
KERNEL_LAYERS = {
    "namespaces": "namespaces",
    "no_new_privs": "seccomp",
    ORPHANS: "seccomp",
    "landlock": "seccomp",
    "seccomp": "seccomp",
}
"""Layers that are applied before the zygote starts, with the lowest tier that each belongs to."""


def highest_tier(active: Iterable[str]) -> str | None:
    """Return the highest tier of which all layers are active, and of every tier below; ``None`` if there is none."""
    layers, best = set(active), None
    for tier in TIERS:
        if not layers.issuperset(LAYERS_BY_TIER[tier]):
            break
        best = tier
    return best


def limit_to(isolation: str | None, layers: Mapping[str, str]) -> dict[str, str]:
    """Choose the kernel layers to apply, among those that work here.

    Args:
        isolation: the tier to stay within; ``None`` applies as many layers as work.
        layers: for each of `KERNEL_LAYERS`, why it does not work; empty if it does.

    Returns:
        The same, with a reason also for layers that are not applied because they belong to a tier above the one in use.
    """
    best = highest_tier({*LAYERS_BY_TIER["rlimit"], *(name for name, why in layers.items() if not why)}) or "rlimit"
    used = best if isolation is None or TIERS.index(isolation) > TIERS.index(best) else isolation
    return {
        name: why if why or TIERS.index(KERNEL_LAYERS[name]) <= TIERS.index(used) else _not_applied(used)
        for name, why in layers.items()
    }


def not_probed() -> dict[str, str]:
    """Return the reasons on a host that is not probed, because the tier in use has no kernel layers."""
    return dict.fromkeys(KERNEL_LAYERS, _not_applied("rlimit"))


def _not_applied(used: str) -> str:
    return f"not applied: the tier in use is {used}"


def probe_kernel_layers() -> dict[str, str]:
    """Return for each of `KERNEL_LAYERS` why it does not work here; empty if it does."""
    # In a child, because the probes load ctypes: a launcher that has no layer to apply becomes the zygote as it is, and
    # answers would find ctypes in its memory.
    result = ForkedProbe(_probe_all).result()
    lines = result.split("\n")
    if len(lines) != len(KERNEL_LAYERS):
        return dict.fromkeys(KERNEL_LAYERS, result or "the probe was killed")
    return dict(zip(KERNEL_LAYERS, lines, strict=True))


def _probe_all() -> str:
    """Return one line for each layer: why it does not work, or nothing."""
    from sandbox.isolation import landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - loads ctypes

    layers = (namespaces, no_new_privs, orphans, landlock, seccomp)
    probes = start_probes({layer.NAME: layer.probe for layer in layers})
    return "\n".join(" ".join(failure_reason(probes[name]).split()) for name in KERNEL_LAYERS)
