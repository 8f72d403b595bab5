"""The module that test code imports the solution from."""

from __future__ import annotations

import ast
import importlib
import sys
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import OP
from testcases.proxies.annotations import SOLUTION_MODULE
from testcases.proxies.exportable import GlobalRef
from testcases.source.parsing import try_parse
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.solution import Solution

__all__ = [
    "SolutionModule",
    "imported_names",
    "installed_modules",
    "is_special",
    "star_imported_elsewhere",
    "starred_modules",
]

_FACTS = frozenset({
    "__version__", "__author__", "__email__", "__license__", "__copyright__", "__credits__", "__status__", "__title__",
    "__maintainer__", "__date__",
})  # fmt: skip
"""Special names by which modules give facts about themselves, and that mean nothing to the interpreter."""


class SolutionModule(ModuleType):
    """A module with the attributes of the solution's module; setting one sets it there.

    A star import takes only what test code uses and has from nowhere else: otherwise an answer could put its own
    ``abs`` or ``pytest`` in the place of the test's.
    """

    def __init__(self, name: str, solution: Solution, used_names: frozenset[str]) -> None:
        super().__init__(name)
        # By vars(): __setattr__ of this class sets attributes in the solution's process.
        vars(self)["__solution__"] = solution
        vars(self)["__used_names__"] = used_names

    @property
    def __doc__(self) -> Any:  # type: ignore[override]  # the answer's, and not that of this class
        return vars(self)["__solution__"].name("__doc__")

    @property
    def __annotations__(self) -> Any:  # type: ignore[override]  # as above
        return vars(self)["__solution__"].name("__annotations__")

    def __getattr__(self, name: str) -> Any:
        solution: Solution = vars(self)["__solution__"]
        if name == "__all__":
            return solution.public_names(vars(self)["__used_names__"])
        # The import system reads names such as __path__ and __spec__; the answer must not supply them.
        if is_special(name):
            raise AttributeError(name)
        return solution.name(name)

    def __setattr__(self, name: str, value: object) -> None:
        vars(self)["__solution__"].proxies.ask(OP, "setattr", [GlobalRef(SOLUTION_MODULE), name, value])

    def __delattr__(self, name: str) -> None:
        vars(self)["__solution__"].proxies.ask(OP, "delattr", [GlobalRef(SOLUTION_MODULE), name])

    def __dir__(self) -> list[str]:
        solution: Solution = vars(self)["__solution__"]
        return solution.public_names()


@contextmanager
def installed_modules(modules: dict[str, ModuleType]) -> Iterator[None]:
    """Have imports find these modules."""
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def imported_names(module: ast.Module, name: str) -> set[str]:
    """Return the names that a test module takes from the solution's module of this name."""
    found: set[str] = set()
    # Two passes: a function may use an alias above the line that imports it.
    aliases = {name}
    nodes = list(walk(module))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == name:
            found |= {alias.name for alias in node.names if alias.name != "*"}
        elif isinstance(node, ast.Import):
            aliases |= {alias.asname for alias in node.names if alias.name == name and alias.asname}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            found.add(node.attr)
    return {one for one in found if not is_special(one)}


def is_special(name: str) -> bool:
    """Return whether a name of a module is one that the interpreter gives a meaning, and not the answer."""
    return name.startswith("__") and name.endswith("__") and name not in _FACTS


@lru_cache(maxsize=256)
def starred_modules(source: str) -> frozenset[str]:
    """Return the names of the modules of which a test module imports all names."""
    tree = try_parse(source)
    nodes = [] if tree is None else [node for node in walk(tree) if isinstance(node, ast.ImportFrom)]
    return frozenset(
        node.module
        for node in nodes
        if node.module and node.level == 0 and any(alias.name == "*" for alias in node.names)
    )


def star_imported_elsewhere(source: str, name: str, wanted: frozenset[str], entry_point: str | None) -> frozenset[str]:
    """Return the names that a test module takes by star imports of other modules than the solution's.

    Args:
        source: source of the test module, which parses.
        name: name of the solution's module.
        wanted: names that the module uses and does not bind.
        entry_point: the function that is tested, which is the solution's even if others have it. Where it is not known,
            and others have all the names, any of them may be the solution's.
    """
    found: set[str] = set()
    for module in sorted(starred_modules(source) - {name}):
        try:
            members = vars(importlib.import_module(module))
        except Exception:  # noqa: BLE001, S112 - which the module finds out for itself
            continue
        found |= set(members.get("__all__", [one for one in members if not one.startswith("_")]))
    if entry_point is not None:
        return frozenset(found - {entry_point.partition(".")[0]})
    return frozenset(found) if wanted - found else frozenset()
