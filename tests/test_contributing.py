"""CONTRIBUTING.md names every room of the tree, and no other; the README stays readable in a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
PACKAGES = ("grader", "sandbox", "testcases")


def table_under(heading: str) -> list[list[str]]:
    """Return the rows of the table in a section, without its head."""
    section = re.split(rf"^#+ {heading}$", TEXT, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, flags=re.MULTILINE)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def rooms_in_the_table() -> list[str]:
    return [room for row in table_under("Rooms") for room in re.findall(r"`([^`]+)`", row[0])]


def rooms_in_the_tree() -> set[str]:
    modules = {path for package in PACKAGES for path in (ROOT / package).glob("*.py") if path.name != "__init__.py"}
    folders = {path.parent for top in (*PACKAGES, "benchmarks") for path in (ROOT / top).rglob("__init__.py")}
    folders -= {ROOT / package for package in PACKAGES}
    folders |= {path for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    folders |= {ROOT / "deploy", ROOT / "docs"}
    return {str(path.relative_to(ROOT)) for path in modules} | {f"{path.relative_to(ROOT)}/" for path in folders}


def test_every_room_is_in_the_table() -> None:
    assert rooms_in_the_tree() - set(rooms_in_the_table()) == set()


def test_every_row_is_a_room_of_the_tree() -> None:
    assert set(rooms_in_the_table()) - rooms_in_the_tree() == set()


def test_no_room_is_in_the_table_twice() -> None:
    rooms = rooms_in_the_table()
    assert len(rooms) == len(set(rooms))


def test_rows_name_modules_that_exist() -> None:
    for row in table_under("Rooms"):
        (first, *others) = [ROOT / room for room in re.findall(r"`([^`]+)`", row[0])]
        for name in re.findall(r"`([\w/]+\.(?:py|txt|toml))`", " ".join(row[1:])):
            assert others or any((folder / name).exists() for folder in (first, first.parent, ROOT)), (row[0], name)


def test_rows_are_complete() -> None:
    for heading, width in (("Rooms", 3), ("Glossary", 2)):
        for row in table_under(heading):
            assert len(row) == width, row
            assert all(row), row


@pytest.mark.parametrize("text", [TEXT, README], ids=["contributing", "readme"])
def test_links_lead_to_files(text: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_lines_of_the_readme_fit_into_a_terminal() -> None:
    assert [line for line in README.splitlines() if len(line) > 100] == []
