"""Names by which test code means a module that it does not import.

Some data sets assert with ``math.isclose`` and rely on the answer to import `math`. If such a name came from the
answer, that could decide its tests: ``class math: isclose = lambda *a: True``.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from testcases.source.parsing import free_names, try_parse
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from types import ModuleType

__all__ = ["find_modules"]

_ALIASES: Final = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas", "dt": "datetime"}
"""Conventional names of modules, beside those of the standard library, which have their own."""
_WITH_EFFECTS: Final = frozenset({"antigravity", "idlelib", "this", "turtle", "turtledemo", "tkinter"})


def find_modules(
    sources: Iterable[str], entry_point: str | None, known: Mapping[str, Callable[[], ModuleType]]
) -> dict[str, ModuleType]:
    """Return the modules that test code means by names that it does not bind.

    A name means a module if a module has it, and if test code uses it only for attributes that the module has. So
    ``queue.put(1)`` may mean an object of the answer, and ``calendar(2024)`` its function.

    Args:
        sources: test code; what is not Python counts as empty.
        entry_point: what is tested, which is the answer's even if a module has its name.
        known: makers of the modules that the host provides, by name.
    """
    attributes: dict[str, set[str]] = defaultdict(set)
    others: set[str] = set() if entry_point is None else {entry_point.partition(".")[0]}
    for source in sources:
        # Most tests use no such name, and a walk through the tree takes longer than the look at cached names.
        free = {name for name in free_names(source) if _may_be_module(name, known)}
        tree = try_parse(source) if free else None
        if tree is None:
            continue
        owners: set[int] = set()
        for node in walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in free:
                attributes[node.value.id].add(node.attr)
                owners.add(id(node.value))
        others |= free & {node.id for node in walk(tree) if isinstance(node, ast.Name) and id(node) not in owners}
    wanted = [name for name in sorted(attributes) if name not in others and _may_be_module(name, known)]
    found = {name: known[name]() if name in known else _import(_ALIASES.get(name, name)) for name in wanted}
    return {
        name: module
        for name, module in found.items()
        if module is not None and all(hasattr(module, attribute) for attribute in attributes[name])
    }


def _may_be_module(name: str, known: Collection[str]) -> bool:
    return (name in sys.stdlib_module_names or name in _ALIASES or name in known) and name not in _WITH_EFFECTS


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception:  # noqa: BLE001 - a module of another platform, or one that is not installed
        return None
