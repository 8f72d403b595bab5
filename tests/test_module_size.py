"""No module is too long to read at a sitting, and every package says what it is for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_LINES = 400
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("grader", "sandbox", "testcases", "benchmarks")
    for path in (ROOT / package).rglob("*.py")
)


def test_modules_are_found() -> None:
    assert len(MODULES) > 100


def test_no_module_is_too_long() -> None:
    lines = {str(path): len((ROOT / path).read_text("utf-8").splitlines()) for path in MODULES}
    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=str)
def test_every_package_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8")))
