"""The report on a host: its isolation layers, what they mean, and the glossary that explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.text import one_line
from grader.tools.report.host_findings import HostFindings
from grader.tools.report.tables import new_table, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from grader.tools.report.host_findings import MissingLayer
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
    """Make the report on a host: its tier and what that means, what is missing, and all layers."""
    findings = HostFindings(host)
    missing = findings.missing
    active = len(host.layers) - len(missing)
    tiers = list(TIERS)
    head = Text.assemble(
        (f"Isolation: tier {host.tier}", "bold"),
        f" ({tiers.index(host.tier) + 1} of {len(tiers)}), {active} of {len(host.layers)} layers active\n",
        findings.meaning,
    )
    parts: list[RenderableType] = [head, Text()]
    if missing:
        parts += [_missing_table(missing), Text()]
    return Group(*parts, _facts(findings), Text(), _layers_table(host))


def _missing_table(missing: Sequence[MissingLayer]) -> Table:
    table = new_table("What is missing", "layer", "why, what that allows, and how to get it")
    by_cause: dict[tuple[str, str], list[MissingLayer]] = {}
    for one in missing:
        by_cause.setdefault((one.layer.reason, one.advice.remedy), []).append(one)
    for (reason, remedy), layers in by_cause.items():
        text = Text.assemble(("Why: ", "bold"), one_line(reason or "not known"))
        for one in layers:
            name = f" ({one.layer.name})" if len(layers) > 1 else ""
            text.append(f"\nAllows{name}: ", "bold").append(one.advice.allows)
        text.append("\nTo get it: " if len(layers) == 1 else "\nTo get them: ", "bold").append(remedy)
        table.add_row(Text("\n".join(one.layer.name for one in layers), style="red"), text)
    return table


def _facts(findings: HostFindings) -> Table:
    host = findings.host
    facts = Table.grid(padding=(0, 2))
    answers = "1 answer runs at a time" if host.workers == 1 else f"{host.workers} answers run at a time"
    workers = f"{host.workers}: {answers}, one for each CPU of this process unless the setting says otherwise"
    python = f"{host.python}: runs the answers. {findings.python}".rstrip()
    for name, value in (("workers", workers), ("python", python), ("kernel", host.kernel)):
        facts.add_row(Text(name, style="bold"), plain(value))
    return facts


def _layers_table(host: HostReport) -> Table:
    layers = new_table("Active isolation layers", "layer", "what it is, and what it stops")
    for layer in host.layers:
        if layer.active:
            layers.add_row(plain(layer.name, "green"), plain(LAYERS.get(layer.name, "")))
    return layers
