"""Collect the tests of a pytest or unittest module from its source.

The number of tests must not depend on the answer, so the module is never run to count them:

- each test function or method is one test, or one for each case of its ``parametrize`` marks and of the parametrized
  fixtures it uses;
- if only running code can give the number of cases, all cases together are one test;
- so are the tests that a loop sets in a class or in the module, under names that only running it can give;
- tests that are skipped or expected to fail for every answer are left out.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from testcases.source.made_tests import Function, body_of_test, made_class, named_tests, owners_of_rest
from testcases.source.parsing import NOT_PYTHON, parse_quietly
from testcases.source.pytest_static import (
    KEYWORD_ONLY,
    DecoratorReader,
    ModuleConstants,
    call_argument,
    least_length,
    module_constants,
    static_length,
)
from testcases.source.reached import asserting_helpers, first_line, may_skip_assertions
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CollectedTest", "Collection", "collect", "count_cases", "is_literal_indirect", "pytestmark_of"]

MAX_TESTS: Final = 10_000
"""Cases that a test may have; more of them count as one test."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TEST_CASE_CLASSES = ("unittest.TestCase", "unittest.IsolatedAsyncioTestCase")
_MAX_BASES_DEPTH = 10
_KNOWN_DECORATORS = frozenset({"pytest", "unittest", "mock", "staticmethod", "classmethod"})
"""Packages whose decorators leave a test what it is, and what Python itself has."""


@dataclass(frozen=True, slots=True)
class CollectedTest:
    """A function or method that is a test."""

    owner: tuple[str, ...]
    """Names of the classes it is in; empty for a function."""
    name: str
    cases: int | None
    """Number of its cases; ``None`` if all of them count as one test."""
    is_unittest: bool
    line: int = 0
    """Line in which its code begins."""
    least: int = 1
    """Number of cases that there are at least, whatever the answer returns, where `cases` is ``None``."""
    has_marked_body: bool = False
    """True if the source does not show that calling it runs its body (`testcases.source.reached`)."""
    may_skip_assertions: bool = False
    """True if it has assertions, and may come to its end without any of them."""
    is_made: bool = False
    """True if running the module makes it (`testcases.source.made_tests`)."""
    is_rest: bool = False
    """True if it stands for all tests of its owner whose names only running the module can give."""

    @property
    def count(self) -> int:
        """Number of tests that it counts as."""
        return 1 if self.cases is None else self.cases

    @property
    def label(self) -> str:
        """Its name as pytest shows it, without the file."""
        return "::".join((*self.owner, self.name))


@dataclass(frozen=True, slots=True)
class Collection:
    """All tests of a module, in the order in which they run."""

    tests: tuple[CollectedTest, ...]
    known: frozenset[tuple[str, ...]] = frozenset()
    """Names of all functions, test classes and methods that the source shows, each behind those it is in."""

    @property
    def count(self) -> int:
        """Number of all tests."""
        return sum(test.count for test in self.tests)

    @property
    def with_rest(self) -> frozenset[tuple[str, ...]]:
        """Classes, and the module as an empty name, all of whose tests run whatever their names."""
        return frozenset(test.owner for test in self.tests if test.is_rest)

    @property
    def marked_bodies(self) -> frozenset[int]:
        """Lines of the tests whose bodies report that they have run."""
        return frozenset(test.line for test in self.tests if test.has_marked_body)

    @property
    def may_skip_assertions(self) -> bool:
        """True if that may happen in any of the tests."""
        return any(test.may_skip_assertions for test in self.tests)


@lru_cache(maxsize=256)
def collect(source: str) -> Collection:
    """Collect the tests of a module.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be parsed.
    """
    collector = _Collector(parse_quietly(source))
    return Collection(tuple(collector.tests()), frozenset(collector.known))


def count_cases(source: str) -> int:
    """Return the number of tests in a module; at least 1, even if it is not Python."""
    try:
        return max(1, collect(source).count)
    except NOT_PYTHON:
        return 1


class _Collector:
    """Collector of the tests of one module, by the rules of pytest and unittest."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.constants: ModuleConstants = module_constants(module)
        self.marks = DecoratorReader(module, self.constants)
        self.known: set[tuple[str, ...]] = set()
        self.deleted = {
            target.id: node.lineno
            for node in module.body
            for target in (node.targets if isinstance(node, ast.Delete) else ())
            if isinstance(target, ast.Name)
        }
        self.classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in module.body if isinstance(node, _FUNCTIONS)}
        self.helpers = asserting_helpers(module)
        self.has_cases_hook = "pytest_generate_tests" in self.functions
        self.made = list(named_tests(list(self._statements(module.body)), self.functions))
        self.rests = list(owners_of_rest(module.body))
        self.fixtures = {
            node.name: node for node in walk(module) if isinstance(node, _FUNCTIONS) and self._fixture(node)
        }
        self.module_marks = self.marks.resolve(pytestmark_of(module.body))

    def tests(self) -> Iterator[CollectedTest]:
        if self.marks.is_excluded(self.module_marks):
            return
        for node in self._statements(self.module.body):
            if self.deleted.get(getattr(node, "name", ""), 0) > getattr(node, "lineno", 0):
                continue
            if isinstance(node, _FUNCTIONS):
                self.known.add((node.name,))
                if node.name.startswith("test") and self._fixture(node) is None:
                    yield from self._test((), node, self.module_marks)
            elif isinstance(node, ast.ClassDef):
                yield from self._class((), node, self.module_marks)
        yield from self._made(())

    def _made(self, owner: tuple[str, ...], *, is_unittest: bool = False) -> Iterator[CollectedTest]:
        """Yield the tests that running the module makes in itself or in one of its classes."""
        in_class = "".join(owner)
        for name, value in {name: value for cls, name, value in self.made if cls == in_class}.items():
            if (*owner, name) not in self.known and self.deleted.get(name, 0) <= value.lineno:
                self.known.add((*owner, name))
                body = body_of_test(value, self.functions) or []
                skips = may_skip_assertions(body, self.helpers)
                yield CollectedTest(owner, name, None, is_unittest, may_skip_assertions=skips, is_made=True)
        values = [value for cls, value in self.rests if cls == in_class]
        if values:
            bodies = [body_of_test(value, self.functions) or [] for value in values]
            skips = all(may_skip_assertions(body, self.helpers) for body in bodies)
            yield CollectedTest(owner, "*", None, is_unittest, may_skip_assertions=skips, is_made=True, is_rest=True)

    def _statements(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        """Yield the statements of a block, with those in branches that are taken on this interpreter and platform."""
        for node in body:
            truth = self.marks.truth(node.test) if isinstance(node, ast.If) else None
            if isinstance(node, ast.If) and truth is not None:
                yield from self._statements(node.body if truth else node.orelse)
            elif isinstance(node, ast.Try):
                yield from self._statements([*node.body, *node.orelse, *node.finalbody])
            else:
                yield node

    def _class(self, owner: tuple[str, ...], node: ast.ClassDef, marks: list[ast.expr]) -> Iterator[CollectedTest]:
        marks = [*marks, *self.marks.resolve(node.decorator_list), *self.marks.resolve(pytestmark_of(node.body))]
        classes = list(self._with_bases(node, 0))
        methods = _methods_of(classes)
        path = (*owner, node.name)
        if self.marks.is_excluded(marks):
            self.known |= {path, *((*path, name) for name in methods)}
            return
        is_unittest = any(self.marks.full_name(base) in _TEST_CASE_CLASSES for cls in classes for base in cls.bases)
        if not is_unittest and not node.name.startswith("Test"):
            return
        self.known |= {path, *((*path, name) for name in methods)}
        if not is_unittest and "__init__" in methods:
            return
        names = [name for name, member in methods.items() if name.startswith("test") and self._fixture(member) is None]
        # unittest runs methods by their names, pytest in the order of their definition.
        for name in sorted(names) if is_unittest else names:
            yield from self._test(path, methods[name], marks, is_unittest=is_unittest)
        if not owner:
            yield from self._made(path, is_unittest=is_unittest)
        if not is_unittest:
            for member in node.body:
                if isinstance(member, ast.ClassDef):
                    yield from self._class(path, member, marks)

    def _test(
        self, owner: tuple[str, ...], node: Function, marks: list[ast.expr], *, is_unittest: bool = False
    ) -> Iterator[CollectedTest]:
        if self.marks.is_excluded(self.marks.resolve(node.decorator_list)) or self.marks.skips_itself(node.body):
            return
        decorators = [*marks, *self.marks.resolve(node.decorator_list)]
        sizes = [] if is_unittest else [*self._parametrized(decorators), *self._fixture_sizes(node, decorators)]
        if self.has_cases_hook and not is_unittest and _parameters(node):
            sizes.append((None, 1))  # the hook may give it any number of cases
        cases: int | None = 1
        least = 1
        for size, at_least in sizes:
            cases = None if cases is None or size is None else cases * size
            least *= max(1, at_least)
        # Each case is a result that is kept and logged; range(10**9) in a mark must not fill the memory.
        if cases is not None and cases > MAX_TESTS:
            cases, least = None, 1
        if cases != 0:
            yield CollectedTest(
                owner,
                node.name,
                cases,
                is_unittest,
                line=first_line(node),
                least=least,
                has_marked_body=self._may_be_replaced(node, decorators),
                may_skip_assertions=may_skip_assertions(node.body, self.helpers),
            )

    def _may_be_replaced(self, node: Function, decorators: list[ast.expr]) -> bool:
        """Return whether what is called is not clearly the function itself, or calling it not clearly runs its body."""
        # A coroutine that nothing waits for, or a generator, returns without running.
        if isinstance(node, ast.AsyncFunctionDef) or _is_generator(node):
            return True
        return any(
            (self.marks.decorator_name(decorator) or "").partition(".")[0] not in _KNOWN_DECORATORS
            for decorator in decorators
        )

    def _parametrized(self, decorators: list[ast.expr]) -> Iterator[tuple[int | None, int]]:
        for decorator in decorators:
            if isinstance(decorator, ast.Call) and self.marks.full_name(decorator.func) == "pytest.mark.parametrize":
                values = call_argument(decorator, 1, "argvalues")
                yield self._cases(values), self._least_cases(values)

    def _parametrized_names(self, decorators: list[ast.expr], *, through_fixture: bool) -> Iterator[str]:
        """Yield the arguments that get their values from ``parametrize`` marks, directly or through a fixture."""
        for decorator in decorators:
            if self.marks.decorator_name(decorator) == "pytest.mark.parametrize":
                names = argument_names(call_argument(decorator, 0, "argnames"))
                indirect = call_argument(decorator, 2, "indirect")
                yield from (name for name in names if _is_indirect(name, indirect) is through_fixture)

    def _cases(self, values: ast.expr | None) -> int | None:
        size = static_length(values, self.constants)
        while isinstance(values, ast.Name):
            values = self.constants.get(values.id)
        left_out = sum(self._is_excluded_case(item) for item in getattr(values, "elts", ()))
        return None if size is None else size - left_out

    def _least_cases(self, values: ast.expr | None) -> int:
        return least_length(values, self.constants, self.marks.is_of_answer)

    def _is_excluded_case(self, item: ast.expr) -> bool:
        if not (isinstance(item, ast.Call) and self.marks.full_name(item.func) == "pytest.param"):
            return False
        marks = call_argument(item, KEYWORD_ONLY, "marks")
        return self.marks.is_excluded(
            marks.elts if isinstance(marks, ast.List | ast.Tuple) else [marks] if marks else []
        )

    def _fixture_sizes(self, node: Function, decorators: list[ast.expr]) -> Iterator[tuple[int | None, int]]:
        """Yield the number of parameters of each parametrized fixture that a test uses, directly or not."""
        automatic = [name for name, fixture in self.fixtures.items() if self._is_automatic(fixture)]
        pending = [*_parameters(node), *automatic, *self._marked_fixtures(decorators)]
        seen = set(self._parametrized_names(decorators, through_fixture=False))
        given = set(self._parametrized_names(decorators, through_fixture=True))
        while pending:
            name = pending.pop()
            if name in seen or name not in self.fixtures:
                continue
            seen.add(name)
            fixture = self.fixtures[name]
            pending += _parameters(fixture)
            decorator = self._fixture(fixture)
            params = call_argument(decorator, KEYWORD_ONLY, "params") if isinstance(decorator, ast.Call) else None
            if params is not None and name not in given:
                yield self._cases(params), self._least_cases(params)

    def _marked_fixtures(self, decorators: list[ast.expr]) -> Iterator[str]:
        for decorator in decorators:
            if isinstance(decorator, ast.Call) and self.marks.full_name(decorator.func) == "pytest.mark.usefixtures":
                yield from (str(arg.value) for arg in decorator.args if isinstance(arg, ast.Constant))

    def _is_automatic(self, fixture: Function) -> bool:
        decorator = self._fixture(fixture)
        value = call_argument(decorator, KEYWORD_ONLY, "autouse") if isinstance(decorator, ast.Call) else None
        return isinstance(value, ast.Constant) and bool(value.value)

    def _fixture(self, node: Function) -> ast.expr | None:
        """Return the decorator that makes a function a fixture."""
        for decorator in self.marks.resolve(node.decorator_list):
            if self.marks.decorator_name(decorator) in {"pytest.fixture", "pytest.yield_fixture"}:
                return decorator
        return None

    def _with_bases(self, node: ast.ClassDef, depth: int) -> Iterator[ast.ClassDef]:
        """Yield a class and its base classes in this module, nearest first."""
        yield node
        for base in node.bases:
            of_name = self.classes.get(base.id) if isinstance(base, ast.Name) else made_class(base, self.functions)
            if of_name is not None and depth < _MAX_BASES_DEPTH:
                yield from self._with_bases(of_name, depth + 1)


def _methods_of(classes: list[ast.ClassDef]) -> dict[str, Function]:
    """Return the methods of a class and its base classes, in the order of their definition."""
    methods: dict[str, Function] = {}
    for node in reversed(classes):
        for member in node.body:
            if isinstance(member, _FUNCTIONS):
                methods.pop(member.name, None)
                methods[member.name] = member
    return methods


def pytestmark_of(body: list[ast.stmt]) -> list[ast.expr]:
    """Return the marks that a module or class gives all its tests."""
    for statement in body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
        ):
            return (
                list(statement.value.elts) if isinstance(statement.value, ast.List | ast.Tuple) else [statement.value]
            )
    return []


def argument_names(argnames: ast.expr | None) -> list[str]:
    """Return the names in the first argument of a ``parametrize`` mark."""
    match argnames:
        case ast.Constant(value=str() as text):
            return [name.strip() for name in text.split(",") if name.strip()]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [str(item.value) for item in items if isinstance(item, ast.Constant)]
    return []


def is_literal_indirect(indirect: ast.expr | None) -> bool:
    """Return whether the source shows which arguments of a ``parametrize`` mark go to fixtures."""
    match indirect:
        case None | ast.Constant(value=bool()):
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(isinstance(item, ast.Constant) for item in items)
    return False


def _is_indirect(name: str, indirect: ast.expr | None) -> bool:
    match indirect:
        case ast.Constant(value=value):
            return value is True
        case ast.List() | ast.Tuple():
            return name in argument_names(indirect)
    return False


def _is_generator(function: Function) -> bool:
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            pending += ast.iter_child_nodes(node)
    return False


def _parameters(node: Function) -> list[str]:
    return [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
