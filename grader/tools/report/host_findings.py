"""What the isolation layers of a host mean: what a missing layer allows, and how to get it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.isolation.tiers import KERNEL_LAYERS

if TYPE_CHECKING:
    from grader.types import HostReport
    from sandbox.types import LayerReport

__all__ = ["ADVICE", "TIER_MEANINGS", "Advice", "HostFindings", "MissingLayer"]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the absence of a layer means."""

    allows: str
    """What it allows an answer; or that it makes no difference."""
    remedy: str
    """How to get the layer."""


_CANNOT_START: Final = "Nothing: without this layer the grader refuses to start."
_ANY_HOST: Final = "Every Linux host has it; if it is refused, the container forbids the system calls that set limits."
_PRCTL: Final = "Allow prctl(2) in the seccomp profile of the container. AWS Lambda refuses it."

ADVICE: Final = {
    "rlimits": Advice(_CANNOT_START, _ANY_HOST),
    "functions": Advice(_CANNOT_START, "It is plain Python; use an interpreter of CPython 3.11 to 3.14."),
    "imports": Advice(_CANNOT_START, "It is plain Python; use an interpreter of CPython 3.11 to 3.14."),
    "audit": Advice(_CANNOT_START, "It is plain Python; use an interpreter of CPython 3.11 to 3.14."),
    "privileges": Advice(
        "Answers run as root, whom the kernel exempts from the limit on processes.",
        "Let the container keep the capabilities SETUID and SETGID, or start the grader as an unprivileged user.",
    ),
    "unreadable": Advice(
        "An answer that exploits a flaw of the interpreter may read the grader's memory and environment. "
        "Plain Python code cannot, because it opens no file.",
        "Start the grader as root (answers then run as another user), set the sysctl kernel.yama.ptrace_scope to 1, "
        "or use the image, whose interpreter cannot be read (docs/image.md). Keep credentials out of its environment.",
    ),
    "no_new_privs": Advice("Nothing by itself, as answers start no program; but seccomp and Landlock need it.", _PRCTL),
    "seccomp": Advice(
        "An answer that exploits a flaw of the interpreter can make system calls that need no descriptor: signals to "
        "processes of its user, and reading their memory. Plain Python code cannot.",
        "Allow prctl(2) and seccomp(2) in the profile of the container; the default profiles of Docker and Kubernetes "
        "do. AWS Lambda refuses both.",
    ),
    "namespaces": Advice(
        "Answers share processes and network with the host. The other layers keep them from both, native code "
        "included where seccomp is active; one layer less stands behind these.",
        "As a user: sysctl user.max_user_namespaces above 0, and kernel.apparmor_restrict_unprivileged_userns=0 or "
        "kernel.unprivileged_userns_clone=1 where the system has them. In a container: a seccomp and an AppArmor "
        "profile that allow unshare(2) and mount(2), and for root the capability SYS_ADMIN. AWS Lambda refuses it.",
    ),
    "orphans": Advice(
        "Nothing, as answers start no process. One that was started all the same is searched for by its tag, "
        "which takes longer.",
        _PRCTL,
    ),
    "landlock": Advice(
        "Nothing, as answers open no file. One layer less stands behind that.",
        "Linux 5.13 or newer with landlock in the kernel's list lsm=, and a container whose seccomp profile allows "
        "landlock_create_ruleset(2).",
    ),
}
"""Advice for each isolation layer, by name."""

_LOWERED: Final = "They may work here: the setting isolation asks for a lower tier; leave it at auto."

_PLAIN_CODE: Final = "Python code of answers can open no file or socket, start no process, and learn no expected value."

TIER_MEANINGS: Final = {
    "rlimit": f"{_PLAIN_CODE} Native code that an answer got to run by a flaw of the interpreter would be held by "
    "resource limits alone.",
    "seccomp": f"{_PLAIN_CODE} Native code is limited to about 130 system calls.",
    "namespaces": f"{_PLAIN_CODE} Native code is limited to about 130 system calls, and sees neither network nor "
    "processes of the host.",
}
"""What holds in each tier, from the weakest up."""

_SYNTAX: Final = (
    ((3, 12), "type parameters (def f[T](x)) and quotes inside of f-strings (3.12)"),
    ((3, 14), "template strings and except without parentheses (3.14)"),
)
"""Syntax by the version of Python that brought it."""


@dataclass(frozen=True, slots=True)
class MissingLayer:
    """A layer that is not active, and what follows."""

    layer: LayerReport
    advice: Advice

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON data."""
        return {
            "name": self.layer.name,
            "reason": self.layer.reason,
            "allows": self.advice.allows,
            "remedy": self.advice.remedy,
        }


@dataclass(frozen=True, slots=True)
class HostFindings:
    """What a host's report means."""

    host: HostReport

    @property
    def missing(self) -> tuple[MissingLayer, ...]:
        """Layers that are not active."""
        return tuple(MissingLayer(layer, _advice(layer)) for layer in self.host.layers if not layer.active)

    @property
    def meaning(self) -> str:
        """What holds on the host."""
        return TIER_MEANINGS[self.host.tier]

    @property
    def python(self) -> str:
        """What the version of Python means for answers; empty where nothing is missing."""
        parts = self.host.python.split(".")
        version = tuple(int(part) for part in parts[:2]) if all(part.isdigit() for part in parts[:2]) else (0, 0)
        newer = [text for since, text in _SYNTAX if version < since]
        return f"Syntax errors here, in answers and tests: {'; '.join(newer)}." if newer else ""

    def as_dict(self) -> dict[str, Any]:
        """Return the host's report with what it means as JSON data."""
        return self.host.as_dict() | {
            "meaning": self.meaning,
            "missing": [missing.as_dict() for missing in self.missing],
        }


def _advice(layer: LayerReport) -> Advice:
    advice = ADVICE.get(layer.name, Advice("not known", "not known"))
    # the host was not asked, so nothing is known of what it refuses
    is_lowered = layer.reason.startswith("not applied") and layer.name in KERNEL_LAYERS
    return replace(advice, remedy=_LOWERED) if is_lowered else advice
