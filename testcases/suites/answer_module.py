"""The module that test code imports the answer from."""

from __future__ import annotations

import ast
import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from testcases.objects import Global

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.answer import Answer

__all__ = ["AnswerModule", "imported_names", "installed"]

_HERE = "solution:"
"""The answer's module, in its own process."""


class AnswerModule(ModuleType):
    """Its attributes are those of the answer's module, and setting one sets it there.

    A star import takes only what test code uses and has from nowhere else: no answer puts its own ``abs`` or ``pytest``
    in the place of the test's.
    """

    def __init__(self, name: str, answer: Answer, wanted: frozenset[str]) -> None:
        super().__init__(name)
        vars(self)["__answer__"] = answer
        vars(self)["__wanted__"] = wanted

    def __getattr__(self, name: str) -> Any:
        answer: Answer = vars(self)["__answer__"]
        if name == "__all__":
            return answer.public_names(vars(self)["__wanted__"])
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return answer.name(name)

    def __setattr__(self, name: str, value: object) -> None:
        vars(self)["__answer__"].objects.ask("op", "setattr", [Global(_HERE), name, value])

    def __delattr__(self, name: str) -> None:
        vars(self)["__answer__"].objects.ask("op", "delattr", [Global(_HERE), name])

    def __dir__(self) -> list[str]:
        answer: Answer = vars(self)["__answer__"]
        return answer.public_names()


@contextmanager
def installed(modules: dict[str, ModuleType]) -> Iterator[None]:
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
    """Names that a test module takes from the answer's module of this name."""
    found: set[str] = set()
    aliases = {name}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == name:
            found |= {alias.name for alias in node.names if alias.name != "*"}
        elif isinstance(node, ast.Import):
            aliases |= {alias.asname for alias in node.names if alias.name == name and alias.asname}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            found.add(node.attr)
    return {one for one in found if not (one.startswith("__") and one.endswith("__"))}
