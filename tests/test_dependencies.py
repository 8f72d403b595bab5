"""Every dependency has a reason, written down."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DOCUMENT = (ROOT / "docs/dependencies.md").read_text()


def name_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def sections() -> dict[str, set[str]]:
    """Names in the first column of the tables, by the heading above."""
    found: dict[str, set[str]] = {}
    heading = ""
    for line in DOCUMENT.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            found[heading] = set()
        elif row := re.match(r"\| `([^`]+)` \| (\S.*) \|$", line):
            assert row[1] == name_of(row[1]), f"{row[1]} is not how an index writes the name"
            found[heading].add(row[1])
    return found


@pytest.mark.parametrize(
    ("heading", "requirements"),
    [
        ("Runtime", PROJECT["project"]["dependencies"]),
        *[(f"Extra `{name}`", extra) for name, extra in PROJECT["project"]["optional-dependencies"].items()],
        ("Development", PROJECT["dependency-groups"]["dev"]),
        ("Build", PROJECT["build-system"]["requires"]),
    ],
)
def test_the_document_lists_exactly_what_the_project_wants(heading: str, requirements: list[str]) -> None:
    assert sections()[heading] == {name_of(requirement) for requirement in requirements}


@pytest.mark.parametrize("lock", ["runtime", "lambda", "dev"])
def test_locks_hold_every_runtime_dependency_with_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==(?:[^\n]*\\\n)(    --hash=sha256:)", text, flags=re.MULTILINE)
    assert {name_of(requirement) for requirement in PROJECT["project"]["dependencies"]} <= {
        name_of(name) for name, _ in pinned
    }
    assert len(pinned) == len(re.findall(r"^[A-Za-z0-9]", text, flags=re.MULTILINE))
    assert "://" not in text


def test_the_development_lock_holds_every_development_dependency() -> None:
    text = (ROOT / "requirements/dev.txt").read_text()
    pinned = {name_of(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, flags=re.MULTILINE)}
    assert {name_of(requirement) for requirement in PROJECT["dependency-groups"]["dev"]} <= pinned


def test_the_image_s_locks_hold_what_the_image_installs_and_pin_what_the_others_pin() -> None:
    pins = {
        lock: dict(
            re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / f"requirements/{lock}.txt").read_text(), re.MULTILINE)
        )
        for lock in ("runtime", "lambda", "build")
    }
    assert {name_of(one) for one in PROJECT["project"]["optional-dependencies"]["lambda"]} <= pins["lambda"].keys()
    assert pins["runtime"].items() <= pins["lambda"].items()
    assert set(PROJECT["dependency-groups"]["build"]) - set(PROJECT["build-system"]["requires"]) == {"editables>=0.5"}
    assert {name_of(one) for one in PROJECT["build-system"]["requires"]} <= pins["build"].keys()
