"""Suites with files, mocks and patches: for each an honest answer, and for some a wrong one."""

from __future__ import annotations

import tomllib
from pathlib import Path

__all__ = ["HONEST", "WRONG"]

_CASES = tomllib.loads((Path(__file__).parent / "files_suites.toml").read_text())
HONEST = {name: (case["answer"], case["suite"]) for name, case in _CASES.items()}
"""Answer and suite by name; plain pytest passes all of them."""
WRONG = {name: (case["wrong"], case["suite"]) for name, case in _CASES.items() if "wrong" in case}
"""Answers that fail every test of a suite under plain pytest, or most of them."""
