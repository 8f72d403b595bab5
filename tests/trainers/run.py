"""Run the tests with real trainers, each in an environment of its own: ``python -m tests.trainers.run [NAME...]``.

See also ``make test-trainers``. The environments are in ``.trainers/`` and stay. Versions are those that the adapters
were written for.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ENVIRONMENTS", "Environment"]

ROOT = Path(__file__).parents[2]
_TOOLS = ("pytest", "pytest-randomly", "pytest-timeout", "pytest-xdist")


@dataclass(frozen=True)
class Environment:
    """Packages, and the tests that need them."""

    packages: tuple[str, ...]
    tests: tuple[str, ...]
    alone: tuple[str, ...] = ()
    """Packages that are installed without what they need themselves."""


_SERVICE = ("httpx2", "requests", "starlette", "uvicorn", "prometheus-client")
ENVIRONMENTS = {
    "skyrl-gym": Environment(("skyrl-gym==0.4.0",), ("tests/trainers/test_environments.py",)),
    "openenv": Environment(("openenv==0.10.0",), ("tests/trainers/test_environments.py",)),
    "inspect-ai": Environment(("inspect_ai==0.3.285",), ("tests/trainers/test_environments.py",)),
    "trl": Environment(("trl==1.16.0",), ("tests/trainers/test_trl.py",)),
    "verl": Environment(_SERVICE, ("tests/grader/service/test_run_code.py::TestVerl",), alone=("verl==0.9.1",)),
    "kubernetes": Environment(("kubernetes-validate", "pyyaml"), ("tests/deploy/test_kubernetes.py",)),
}


def main() -> None:
    """Run the tests of the named environments, or of all; exit with 1 if any has failed."""
    if unknown := sorted({*sys.argv[1:]} - ENVIRONMENTS.keys()):
        sys.exit(f"not known: {', '.join(unknown)}; there are {', '.join(ENVIRONMENTS)}")
    failed = [name for name in sys.argv[1:] or ENVIRONMENTS if not _run(name, ENVIRONMENTS[name])]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    raise SystemExit(1 if failed else 0)


def _run(name: str, environment: Environment) -> bool:
    folder = ROOT / ".trainers" / name
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    print(f"{name}: installing", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    commands = [[*install, *_TOOLS, *environment.packages, "--editable", str(ROOT)]]
    if environment.alone:
        commands.append([*install, "--no-deps", *environment.alone])
    # Warnings of other projects are not ours to mend.
    commands.append([str(python), "-m", "pytest", "-q", "-W", "default", "--timeout", "600", *environment.tests])
    return all(subprocess.run(command, cwd=ROOT, check=False).returncode == 0 for command in commands)


if __name__ == "__main__":
    main()
