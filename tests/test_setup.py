"""Set-up resolves nothing: it installs what is locked, whatever has been released since and whichever pip does it."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ("runtime", "lambda", "build", "dev")
SCRIPTS = [
    path
    for place in ("Makefile", "Dockerfile", "deploy", ".ci", "benchmarks")
    for path in sorted((ROOT / place).rglob("*") if (ROOT / place).is_dir() else [ROOT / place])
    if path.is_file() and path.suffix not in {".pyc", ".txt", ".json", ".yaml", ".md"}
]


def lines_of(path: Path) -> list[str]:
    """Logical lines of a Makefile, a Dockerfile or a script, with the variables that stand for pip and its options."""
    text = re.sub(r"\\\n\s*", " ", path.read_text())
    variables = dict(re.findall(r"^(PIP|LOCKED|BIN)\s*:=\s*(.*)$", text, re.MULTILINE))
    for _ in variables:
        for name, value in variables.items():
            text = text.replace(f"$({name})", value)
    return text.splitlines()


def install_commands() -> list[tuple[str, list[str]]]:
    """Every command of the project that has pip install something, in words."""
    found = []
    for path in SCRIPTS:
        for line in lines_of(path):
            if line.startswith(("PIP ", "LOCKED ")):
                continue
            for command in re.split(r"&&|\|\|", line):
                match = re.search(r"pip\b[^a-z]+(?:.*[\s\"'])?install\b.*", command)
                if match and "apt-get" not in command:
                    found.append((path.relative_to(ROOT).as_posix(), re.findall(r"[\w./:=$(){}-]+", match[0])))
    return found


def test_every_command_that_installs_is_found() -> None:
    places = [place for place, _ in install_commands()]
    assert places.count("Makefile") == 4
    assert places.count("Dockerfile") == 4
    assert {"benchmarks/throughput/roster.py", "benchmarks/security/peers.py"} <= set(places)


@pytest.mark.parametrize(("place", "words"), install_commands())
def test_no_command_lets_pip_resolve_anything(place: str, words: list[str]) -> None:
    assert "--no-deps" in words, f"{place}: {' '.join(words)}"


@pytest.mark.parametrize(
    ("place", "words"), [one for one in install_commands() if one[0] in {"Makefile", "Dockerfile"}]
)
def test_what_comes_from_an_index_is_pinned_with_hashes(place: str, words: list[str]) -> None:
    locked = "--require-hashes" in words and "--requirement" in words
    own = words[-1] == "." and {"--no-index", "--no-build-isolation"} <= set(words)
    assert locked != own, f"{place}: {' '.join(words)}"


def pins_of(lock: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    return {canonicalize_name(name): rest for name, rest in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def missing_in(lock: str, python: str, machine: str) -> list[str]:
    """Requirements of pinned packages, as they are installed here, that the lock does not pin or pins otherwise."""
    pins = pins_of(lock)
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.1",
        "platform_machine": machine,
    }
    missing = []
    todo = [(name, "") for name in pins]
    seen = set(todo)
    while todo:
        name, extra = todo.pop()
        try:
            wanted = metadata.distribution(name).requires or []
        except metadata.PackageNotFoundError:  # pinned for another platform or Python
            continue
        for requirement in map(Requirement, wanted):
            if requirement.marker and not requirement.marker.evaluate({**environment, "extra": extra}):
                continue
            needed = canonicalize_name(requirement.name)
            if needed not in pins or not requirement.specifier.contains(pins[needed], prereleases=True):
                missing.append(f"{name} wants {requirement}")
            todo += [pair for one in requirement.extras if (pair := (needed, one)) not in seen]
            seen |= {(needed, one) for one in requirement.extras}
    return missing


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_whatever_its_packages_need_extras_included(lock: str, python: str, machine: str) -> None:
    assert missing_in(lock, python, machine) == []


def test_a_lock_that_lacks_what_an_extra_needs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = pins_of("dev")
    assert "coverage" in complete
    monkeypatch.setitem(globals(), "pins_of", lambda _: {k: v for k, v in complete.items() if k != "coverage"})
    assert any(line.startswith("pytest-cov wants coverage[toml]") for line in missing_in("dev", "3.11", "x86_64"))


def test_the_locks_agree() -> None:
    for lock in LOCKS:
        dev = pins_of("dev")
        assert {name: pin for name, pin in pins_of(lock).items() if dev.get(name, pin) != pin} == {}


def test_grading_needs_few_packages() -> None:
    assert len(pins_of("runtime")) + len(pins_of("build")) < 45
    assert pins_of("dev").keys() >= pins_of("runtime").keys() | pins_of("build").keys()


def make_wheel(folder: Path, name: str, version: str, *requires: str) -> Path:
    """A wheel that holds one module with its version."""
    info = f"{name}-{version}.dist-info"
    members = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(
            ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Provides-Extra: more"]
            + [f"Requires-Dist: {one}" for one in requires]
            + [""]
        ),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}"
        for path, text in members.items()
    ]
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**members, f"{info}/RECORD": "\n".join([*record, f"{info}/RECORD,,", ""])}.items():
            archive.writestr(path, text)
    return wheel


def pip_options() -> list[str]:
    """What the Makefile gives pip for a lock."""
    words = next(words for _, words in install_commands() if words[-1] == "requirements/dev.txt")
    return words[words.index("install") + 1 : words.index("--requirement")]


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="this environment has no pip")
def test_a_newer_release_in_the_index_changes_nothing(tmp_path: Path) -> None:
    """What broke the set-up once: a requirement with an extra, of a package that has been released again since."""
    wheels = [
        make_wheel(tmp_path, "plugin", "1.0", "measuring[more]>=1"),
        make_wheel(tmp_path, "measuring", "1.0"),
    ]
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "".join(
            f"{wheel.name.split('-')[0]}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
            for wheel in wheels
        )
    )
    make_wheel(tmp_path, "measuring", "2.0")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    environ["PIP_CONFIG_FILE"] = os.devnull
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", str(tmp_path)]
    target = tmp_path / "installed"
    installed = subprocess.run(
        [*command, *pip_options(), "--target", str(target), "--requirement", str(lock)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert installed.returncode == 0, installed.stderr
    assert (target / "measuring.py").read_text() == "version = '1.0'\n"
