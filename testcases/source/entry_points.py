"""Find the function that a reference is about, where the reference does not name it."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from testcases.errors import InvalidFieldError
from testcases.source.parsing import bound_names, parse
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Signature", "find_called_name", "find_defined_function", "find_imported_name", "imports_module"]

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_BUILTINS = frozenset(dir(builtins))
_STAR_IMPORTED_MODULES: frozenset[str | None] = frozenset(
    {"bisect", "cmath", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "itertools",
     "math", "operator", "random", "re", "statistics", "string", "time", "typing"}
)  # fmt: skip
"""Modules of the standard library that tests import with a star; only these are imported to read their names."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters of a function."""

    name: str
    parameters: tuple[str, ...]
    """Names of the parameters that can be passed by position, without ``self``."""
    required: int
    """Number of these without a default."""
    keyword_only: tuple[str, ...] = ()
    variadic: bool = False
    """True if it takes any number of further positional arguments."""


def find_called_name(
    tests: Sequence[ast.Module],
    setup: ast.Module,
    preferred: frozenset[str] = frozenset(),
    *,
    builtins: bool = True,
) -> str | None:
    """Return the name of the function that tests call; ``None`` if there is none.

    It is the name that most tests call (or else use), and of several the first. A name that the tests or the setup
    bind does not count. Names of builtins, and of modules that are imported with a star, count only if there is no
    other: an answer may be asked to define its own ``sum``. With `builtins` false they never count. Names in
    `preferred`, such as those that the prompt asks for, come before all others.
    """
    common = _BUILTINS | _star_imported_names([setup, *tests])
    bound = bound_names(setup).union(*map(bound_names, tests))
    called = [[name for name in _called_names(test) if name not in bound] for test in tests]
    used = [[name for name in _used_names(test) if name not in bound] for test in tests]
    asked = [[name for name in names if name in preferred] for names in called]
    return (
        _most_common(asked)
        or _most_common(called, but=common)
        or _most_common(used, but=common)
        or (_most_common(called) if builtins else None)
    )


def _star_imported_names(modules: Sequence[ast.Module]) -> frozenset[str]:
    imports = [node for tree in modules for node in walk(tree) if isinstance(node, ast.ImportFrom)]
    starred = {node.module for node in imports if node.level == 0 and any(alias.name == "*" for alias in node.names)}
    return frozenset(
        name for module in starred & _STAR_IMPORTED_MODULES for name in dir(importlib.import_module(str(module)))
    )


def find_imported_name(module: str, tests: Sequence[ast.Module]) -> str | None:
    """Return the name that tests import from the answer, or use as an attribute of its module.

    Of several it is the first that is called, or else the first; but not a constant by its name (``LIMIT``).
    """
    names = [
        alias
        for test in tests
        for node in walk(test)
        if isinstance(node, ast.ImportFrom) and node.module == module and node.level == 0
        for alias in node.names
        if alias.name != "*"
    ]
    called = {name for test in tests for name in _called_names(test)}
    used = [alias.name for alias in names if (alias.asname or alias.name) in called]
    called_members, members = _members_of(module, tests)
    others = [name for name in [*(alias.name for alias in names), *members] if not _is_constant(name)]
    return next(iter([*used, *called_members, *others]), None)


def imports_module(module: str, tests: Sequence[ast.Module]) -> bool:
    """Return whether tests import the answer's module itself, as ``import solution``, or names from it."""
    return any(
        (isinstance(node, ast.Import) and alias.name == module)
        or (isinstance(node, ast.ImportFrom) and node.module == module and not node.level and alias.name != "*")
        for test in tests
        for node in walk(test)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    )


def _is_constant(name: str) -> bool:
    # A class may be called A, and a function of one letter, too; `__doc__` is there without an answer.
    return (name.isupper() and len(name) > 1) or (name.startswith("__") and name.endswith("__"))


def _members_of(module: str, tests: Sequence[ast.Module]) -> tuple[list[str], list[str]]:
    """Return the attributes of an imported module that tests call, and all that they use, in order."""
    nodes = [node for test in tests for node in walk(test)]
    bound = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == module
    }
    used = [
        node
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in bound
    ]
    used.sort(key=lambda node: (node.lineno, node.col_offset))
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    called = [node.attr for node in used if id(node) in functions]
    return called, [node.attr for node in used]


def _most_common(names: list[list[str]], but: frozenset[str] = frozenset()) -> str | None:
    counts = Counter(name for names_of_test in names for name in dict.fromkeys(names_of_test) if name not in but)
    return max(counts, key=counts.__getitem__, default=None)  # ties: the first


def _called_names(tree: ast.Module) -> list[str]:
    return _in_order(node.func for node in walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))


def _used_names(tree: ast.Module) -> list[str]:
    return _in_order(node for node in walk(tree) if isinstance(node, ast.Name))


def _in_order(names: Iterable[ast.Name]) -> list[str]:
    return [name.id for name in sorted(names, key=lambda name: (name.lineno, name.col_offset))]


def find_defined_function(code: str, field: str, *, name: str | None = None, prompt: str = "") -> Signature:
    """Return the signature of the function that a reference solution defines for the task.

    It is the only function at the top level (or the only public method of a class ``Solution``). Of several it is the
    only one that the others do not call, or else the only one of these that the prompt mentions.

    Args:
        code: the reference solution.
        field: its path, for errors.
        name: the function, where the reference names it.
        prompt: the task's text.

    Raises:
        InvalidFieldError: the code is not Python, or defines no such function, or several.
    """
    tree = parse(code, field)
    functions = {node.name: node for node in tree.body if isinstance(node, _Function)}
    methods = {} if functions else _methods_of_solution(tree)
    candidates = functions or methods
    if name is not None:
        if name not in candidates:
            raise InvalidFieldError(field, f"does not define {name}")
        return _signature(candidates[name], is_method=bool(methods))
    if not candidates:
        raise InvalidFieldError(field, "defines no function to test")
    # Each rule narrows the choice only if it leaves something of it.
    chosen = list(candidates)
    for narrowed in (_not_called_by_others(candidates), _mentioned(chosen, prompt)):
        chosen = [one for one in chosen if one in narrowed] or chosen
    if len(chosen) > 1:
        raise InvalidFieldError(
            field, f"defines several functions ({', '.join(chosen)}); name the one to test in entry_point"
        )
    return _signature(candidates[chosen[0]], is_method=bool(methods))


def _methods_of_solution(tree: ast.Module) -> dict[str, _Function]:
    return {
        node.name: node
        for statement in tree.body
        if isinstance(statement, ast.ClassDef) and statement.name == "Solution"
        for node in statement.body
        if isinstance(node, _Function) and not node.name.startswith("_")
    }


def _not_called_by_others(functions: dict[str, _Function]) -> set[str]:
    called = {
        node.id if isinstance(node, ast.Name) else node.attr
        for name, function in functions.items()
        for node in walk(function)
        if isinstance(node, (ast.Name, ast.Attribute))
        and (node.id if isinstance(node, ast.Name) else node.attr) != name
    }
    return functions.keys() - called


def _mentioned(names: list[str], prompt: str) -> set[str]:
    return set(re.findall(r"\w+", prompt)).intersection(names)


def _signature(function: _Function, *, is_method: bool) -> Signature:
    arguments = function.args
    parameters = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    required = len(parameters) - len(arguments.defaults)
    static = any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.decorator_list)
    # Calls of a method are bound, so self is not one of the arguments of a test.
    if is_method and not static:
        parameters, required = parameters[1:], max(0, required - 1)
    return Signature(
        function.name,
        tuple(parameters),
        required,
        tuple(argument.arg for argument in arguments.kwonlyargs),
        arguments.vararg is not None,
    )
