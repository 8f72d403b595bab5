"""The header of contest sites: what stands above every answer there, whole programs included.

It is the one of LiveCodeBench's own grader (https://github.com/LiveCodeBench/LiveCodeBench,
``lcb_runner/evaluation/testing_util.py``), and those of APPS and similar sets are much the same: star imports, the
modules themselves, a recursion limit of 50,000, and integers of up to 50,000 digits.
"""

from __future__ import annotations

import builtins
import importlib
import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_DIGITS", "build_header", "header_names"]

MAX_DIGITS: Final = 50_000
"""Digits of the largest integers that are read and written as text."""
_LIMITS: Final = f"import sys\nsys.setrecursionlimit(50_000)\nsys.set_int_max_str_digits({MAX_DIGITS})\n"
_MODULES: Final = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json", "typing",
)  # fmt: skip
_WORD: Final = re.compile(r"\b[A-Za-z_]\w*")


@lru_cache(maxsize=1)
def header_names() -> Mapping[str, str]:
    """Return the names that the header binds, each with its module; with itself for a module."""
    found: dict[str, str] = {}
    for name in _MODULES:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", None) or [own for own in vars(module) if not own.startswith("_")]
        found.update(dict.fromkeys(public, name))
    # The header takes all names of `builtins` again after the star imports, and then the modules by name.
    for name in set(found).intersection(dir(builtins)):
        del found[name]
    return MappingProxyType(found | {name: name for name in _MODULES})


def build_header(source: str) -> str:
    """Return the part of the header that a source may need, by its words: each program of a test runs it anew."""
    names = header_names()
    imports = sorted({word for word in _WORD.findall(source) if word in names})
    lines = [f"import {name}\n" if names[name] == name else f"from {names[name]} import {name}\n" for name in imports]
    return "".join(lines) + _LIMITS
