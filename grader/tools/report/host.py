"""Table of a host's isolation layers, with the glossary that explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.text import one_line
from grader.tools.report.tables import new_table, plain

if TYPE_CHECKING:
    from grader.types import HostReport

__all__ = ["LAYERS", "TIERS", "host_table"]

# The one place that explains the layers in a sentence: `grader doctor` prints it, and documents quote it. It is kept
# here and not beside each layer, because the processes of the sandbox should load no text that they do not need.
LAYERS: Final = {
    "rlimits": "Kernel limits on CPU time, memory, files and processes. "
    "Stops starting processes, opening files, and exhausting the host.",
    "functions": "Functions that reach other processes or the file system are removed from the interpreter. "
    "Stops system calls that raise no audit event.",
    "imports": "Only modules loaded before the answer can be imported. "
    "Stops loading a fresh copy of a module with the removed functions.",
    "audit": "A Python audit hook (PEP 578) that ends the process. "
    "Stops running programs, native code, tracing, and searching the interpreter's objects.",
    "privileges": "A sandbox started by root changes to an unprivileged user. "
    "Stops everything that the kernel reserves for root.",
    "unreadable": "The kernel refuses access to the grader's memory and environment. "
    "Stops reading credentials, tests and other samples through /proc.",
    "no_new_privs": "A process flag that keeps programs from gaining privileges. "
    "Stops setuid programs; the kernel requires it for seccomp and Landlock.",
    "seccomp": "A kernel filter of system calls. "
    "Stops sockets, signals, tracing, running programs and shared memory, for native code too.",
    "namespaces": "Separate processes, network, shared memory and read-only mounts. "
    "Stops network access, and seeing or signalling other processes.",
    "orphans": "Processes that lose their parent are adopted by the zygote, which ends with its starter. "
    "Stops processes from outliving a run.",
    "landlock": "A kernel filter of file access. "
    "Stops reading files other than the interpreter's, and every change to the file system.",
}
"""Explanation of each isolation layer by name: what it is, and what it stops."""

TIERS: Final = {
    "rlimit": "resource limits and layers inside of the interpreter; available on every host",
    "seccomp": "the layers of rlimit, and a filter of system calls",
    "namespaces": "the layers of seccomp, and namespaces",
}
"""Explanation of each isolation tier by name, from the weakest to the strongest."""


def host_table(host: HostReport) -> Group:
    """Make a table of the isolation layers of a host, and a list of its other properties."""
    layers = new_table("Isolation layers", "layer", "active", "description")
    for layer in host.layers:
        active = Text("yes", style="green") if layer.active else Text("no", style="red")
        description = plain(LAYERS.get(layer.name, ""))
        if layer.reason:
            description.append(f"\nNot active: {one_line(layer.reason)}", style="dim")
        layers.add_row(plain(layer.name), active, description)
    facts = Table.grid(padding=(0, 2))
    tier = f"{host.tier} ({TIERS[host.tier]})"
    for name, value in (("tier", tier), ("workers", host.workers), ("python", host.python), ("kernel", host.kernel)):
        facts.add_row(Text(name, style="bold"), plain(value))
    return Group(layers, Text(), facts)
