"""Modules that the small zygote has loaded, and whether a source makes do with them.

A wrong guess costs no grade: an answer that needs another module is run again by the large zygote
(`sandbox.isolation.imports.LeavingFinder`).
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["SMALL_MODULES", "needs_few_modules"]

_NAMES: Final = """
    __future__ abc base64 bisect builtins collections collections.abc copy dataclasses datetime decimal enum
    fractions functools heapq io itertools json math numbers operator os os.path random re string struct sys time types
    typing warnings
"""
SMALL_MODULES: Final[tuple[str, ...]] = tuple(_NAMES.split())
"""Names of modules that answers to short problems import, and of those that are loaded there in any case."""
_ROOTS: Final = frozenset(name.partition(".")[0] for name in SMALL_MODULES)
_IMPORT: Final = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+?)[ \t]*(?:#|$))")
_FEATURES: Final = ("async", "modules", "exec", "eval", "compile", "encod", "decod")
"""Words of sources that may need modules without an import statement: coroutines, `sys.modules`, code in texts, and
encodings, each of which is a module."""


def needs_few_modules(text: str) -> bool:
    """Return whether a source seems to import no other modules than `SMALL_MODULES`."""
    if any(word in text for word in _FEATURES):
        return False
    return "import" not in text or all(_is_small(line) for line in text.splitlines() if "import" in line)


def _is_small(line: str) -> bool:
    match = _IMPORT.match(line)
    if match is None:
        return False
    names = [match[1]] if match[1] else [part.split()[0] for part in match[2].split(",") if part.strip()]
    return all(name.partition(".")[0] in _ROOTS for name in names)
