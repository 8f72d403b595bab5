"""``make shape``: figures on the shape of the code, the same for any checkout, so that two can be compared.

Counted in each of the three packages, and in all of them together:

- modules: every ``.py`` file, an ``__init__`` that holds nothing but its docstring included, also among the small ones;
- lines: lines of these files, blank ones included;
- docstrings: of modules, classes and functions, and the strings below assignments that document attributes. One opens
  with a relative clause when its first word is one of `RELATIVE`, in upper or lower case;
- comment lines: lines with nothing but a comment. Trailing comments follow code. Pragmas (``noqa``, ``type: ignore``,
  ``fmt:`` and the like, whatever follows them on the line) and ``#!`` are neither;
- import circles: groups of modules that all reach each other by imports (strongly connected components of two or more).
  Imports inside of functions count; importing ``a.b`` does not count as importing ``a``. Imports under
  ``if TYPE_CHECKING:`` count in a second figure only.

For a sample with one call test, modules and switches are counted as `benchmarks.call_trace` says.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import sys
import tokenize
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.call_trace import PACKAGES, trace_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "PACKAGES",
    "RELATIVE",
    "Figures",
    "Module",
    "circles",
    "comments_in",
    "docstrings_in",
    "figures_of",
    "imports_of",
    "main",
    "modules_in",
    "opens_with_relative",
]

RELATIVE = frozenset({"what", "whether", "who", "whom", "whose", "how", "where", "when", "why", "which", "of", "that"})
"""First words of docstrings that describe a thing by a clause instead of naming it."""

_ROOT = Path(__file__).parents[1]
_SMALL, _LARGE = 40, 400
_PRAGMA = re.compile(r"#\s*(noqa|type:|fmt:|mypy:|ruff:|pragma:|pylint:|isort:|pyright:)|#!", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file."""

    name: str
    """Dotted; that of the package for an ``__init__``."""
    source: str
    is_package: bool = False

    @property
    def lines(self) -> int:
        """Number of lines, blank ones included."""
        return len(self.source.splitlines())


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a group of modules; see the module's docstring."""

    lines: int
    modules: int
    mean_lines: float
    small: int
    """Modules of fewer than 40 lines."""
    large: int
    """Modules of more than 400 lines."""
    docstrings: int
    relative: int
    """Docstrings that open with a relative clause."""
    comment_lines: int
    comment_percent: float
    """Comment lines, as a per cent of lines."""
    trailing_comments: int
    circles: int
    circles_with_types: int
    """The same with the imports under ``if TYPE_CHECKING:``."""
    circle_members: list[list[str]] = field(default_factory=list)
    """Names of the modules in each circle, those with annotations only included."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 when it has printed the figures, 2 when there is no checkout to count.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shape", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--root", type=Path, default=_ROOT, help="the checkout to count")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--no-call", action="store_true", help="leave out what needs a sample to be graded")
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    modules = {name: modules_in(root, name) for name in PACKAGES}
    if not all(modules.values()):
        print(f"shape: {root}: no checkout of this project", file=sys.stderr)
        return 2
    figures = {name: figures_of(found) for name, found in modules.items()}
    figures["all"] = figures_of([module for found in modules.values() for module in found])
    try:
        call = {} if options.no_call else trace_call(root)
    except RuntimeError as error:
        print(f"shape: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"figures": {name: asdict(one) for name, one in figures.items()}, "call": call}, indent=1))
    else:
        _show(figures, call)
    return 0


def modules_in(root: Path, package: str) -> list[Module]:
    """Read the modules of a package, by name."""
    found = []
    for file in (root / package).rglob("*.py"):
        parts = file.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found.append(Module(name, file.read_text("utf-8"), is_package))
    return sorted(found, key=lambda module: module.name)


def figures_of(modules: Sequence[Module]) -> Figures:
    """Count everything that needs no run."""
    sizes = [module.lines for module in modules]
    lines = sum(sizes)
    docstrings = [text for module in modules for text in docstrings_in(ast.parse(module.source))]
    alone = trailing = 0
    for module in modules:
        its_alone, its_trailing = comments_in(module.source)
        alone, trailing = alone + its_alone, trailing + its_trailing
    names = {module.name for module in modules}
    at_run_time = {module.name: imports_of(module, names) for module in modules}
    with_types = {module.name: imports_of(module, names, with_types=True) for module in modules}
    members = circles(with_types)
    return Figures(
        lines=lines,
        modules=len(modules),
        mean_lines=round(lines / len(modules), 1) if modules else 0.0,
        small=sum(size < _SMALL for size in sizes),
        large=sum(size > _LARGE for size in sizes),
        docstrings=len(docstrings),
        relative=sum(map(opens_with_relative, docstrings)),
        comment_lines=alone,
        comment_percent=round(100 * alone / lines, 2) if lines else 0.0,
        trailing_comments=trailing,
        circles=len(circles(at_run_time)),
        circles_with_types=len(members),
        circle_members=members,
    )


def docstrings_in(tree: ast.Module) -> Iterator[str]:
    """Find the docstrings of a module: its own, those of its classes and functions, and those of attributes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text is not None:
                yield text
            for before, statement in pairwise(node.body):
                if isinstance(before, (ast.Assign, ast.AnnAssign)):
                    match statement:
                        case ast.Expr(value=ast.Constant(value=str(text))):
                            yield text


def opens_with_relative(docstring: str) -> bool:
    """Check if the first word of a docstring is one of `RELATIVE`."""
    word = re.match(r"\W*([A-Za-z]+)", docstring)
    return word is not None and word[1].lower() in RELATIVE


def comments_in(source: str) -> tuple[int, int]:
    """Count comments that have a line of their own, and comments behind code; pragmas are neither."""
    alone = trailing = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not _PRAGMA.match(token.string):
            if token.line[: token.start[1]].strip():
                trailing += 1
            else:
                alone += 1
    return alone, trailing


def imports_of(module: Module, names: Iterable[str], *, with_types: bool = False) -> set[str]:
    """Find the modules that a module imports, anywhere in it.

    Args:
        module: the importer.
        names: modules that count; others are left out.
        with_types: whether imports under ``if TYPE_CHECKING:`` count.
    """
    known = frozenset(names)
    found: set[str] = set()
    for node in _nodes(ast.parse(module.source), with_types=with_types):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module)
            found.update(inner if (inner := f"{base}.{alias.name}") in known else base for alias in node.names)
    return (found & known) - {module.name}


def _nodes(node: ast.AST, *, with_types: bool) -> Iterator[ast.AST]:
    """Walk a tree, without the bodies of ``if TYPE_CHECKING:`` unless `with_types` is true."""
    yield node
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and not with_types and _is_type_checking(node.test):
        children = node.orelse
    for child in children:
        yield from _nodes(child, with_types=with_types)


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, (ast.Name, ast.Attribute)) and ast.unparse(test).rpartition(".")[2] == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    """Resolve the module that a ``from`` import names."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    up = node.level - module.is_package
    parts = parts[: len(parts) - up] if up else parts
    return ".".join([*parts, node.module] if node.module else parts)


def circles(imports: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Find the groups of two modules or more that all reach each other, by Tarjan's algorithm.

    Args:
        imports: the modules that each module imports; each of them is a key itself.
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in sorted(imports[name]):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            index = stack.index(name)
            group = sorted(stack[index:])
            del stack[index:]
            if len(group) > 1:
                found.append(group)

    for name in sorted(imports):
        if name not in order:
            visit(name)
    return sorted(found)


_ROWS = {
    "lines": "lines",
    "modules": "modules",
    "mean_lines": "lines a module",
    "small": f"modules under {_SMALL} lines",
    "large": f"modules over {_LARGE} lines",
    "docstrings": "docstrings",
    "relative": "  that open with a relative clause",
    "comment_lines": "comment lines",
    "comment_percent": "  per cent of lines",
    "trailing_comments": "trailing comments",
    "circles": "import circles at run time",
    "circles_with_types": "  with imports for annotations",
}


def _show(figures: Mapping[str, Figures], call: Mapping[str, Any]) -> None:
    table = Table(title="Shape of the code", title_justify="left")
    table.add_column("")
    for name in figures:
        table.add_column(name, justify="right")
    for row, label in _ROWS.items():
        table.add_row(Text(label), *(f"{getattr(one, row):,}" for one in figures.values()))
    console = Console() if sys.stdout.isatty() else Console(width=100)
    console.print(table)
    for group in figures["all"].circle_members:
        console.print(Text(f"circle: {', '.join(group)}"))
    if call:
        console.print(
            Text(
                f"One call test runs code of {call['modules']} modules ({call['modules_from_start']} with the start), "
                f"and switches between them {call['switches']} times."
            )
        )


if __name__ == "__main__":
    sys.exit(main())
