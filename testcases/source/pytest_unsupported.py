"""Find the features of pytest in a test module that the runner does not support.

If the answer runs in the same process (``isolation = "shared"``), more features are supported, but not all.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from testcases.errors import InvalidFieldError
from testcases.source.parsing import parse, try_parse
from testcases.source.pytest_collection import argument_names, collect, is_literal_indirect, pytestmark_of
from testcases.source.pytest_static import DecoratorReader, call_argument, module_constants
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BUILTIN_FIXTURES", "parse_suite", "unsupported_features"]


BUILTIN_FIXTURES: Final = frozenset(
    {
        "request",
        "capsys",
        "capfd",
        "monkeypatch",
        "record_property",
        "tmp_path",
        "tmp_path_factory",
        "pytestconfig",
        "cache",
        "caplog",
        "recwarn",
    }
)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Refused when the reference is read, with line and reason: a suite that fails while it runs would leave every answer
# unscored, and look like a fault of the grader.
_UNSUPPORTED_MODULES: Final = {
    "multiprocessing": "starts processes",
    "threading": "starts threads",
    "_thread": "starts threads",
    "concurrent": "starts threads",
    "runpy": "runs files",
    "hypothesis": "is not offered",
}
_UNSUPPORTED_MEMBERS: Final = {
    "inspect.getsource": "reads the answer's source",
    "inspect.getsourcelines": "reads the answer's source",
    "inspect.getmodule": "looks for the answer's file",
    "inspect.getfile": "looks for the answer's file",
    "doctest.testmod": "reads the answer's source",
    "doctest.DocTestSuite": "reads the answer's source",
    "doctest.DocTestFinder": "reads the answer's source",
    "doctest.run_docstring_examples": "reads the answer's source",
    "importlib.reload": "loads the answer again",
    "unittest.mock.patch.dict": "patches a dict the answer has of its own",
    "mock.patch.dict": "patches a dict the answer has of its own",
}
_STARTS_PROCESSES: Final = {
    "os": frozenset(
        {
            "execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe", "fork", "forkpty", "popen",
            "posix_spawn", "posix_spawnp", "spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp",
            "spawnvpe", "system",
        }
    ),
    "subprocess": frozenset(
        {"Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "run"}
    ),
}  # fmt: skip
"""Functions that start processes, by their modules."""
_SUPPORTED_IN_PROCESS: Final = frozenset(
    {
        "threading", "_thread", "concurrent", "unittest.mock.patch.dict", "mock.patch.dict",
    }
)  # fmt: skip
"""Names in the tables above that are supported in one process with the answer."""
_UNSUPPORTED_FIXTURES: Final = {
    "tmpdir": "is not offered: use tmp_path", "tmpdir_factory": "is not offered: use tmp_path_factory",
}  # fmt: skip


def parse_suite(source: str, field: str, *, shared: bool = False) -> ast.Module:
    """Parse a pytest or unittest module.

    Args:
        source: of the module.
        field: its path, for errors.
        shared: True if it runs in one process with the answer.

    Raises:
        InvalidFieldError: it is not Python, defines no test that depends on the answer, or uses an unsupported feature.
    """
    tree = parse(source, field)
    if collect(source).count == 0:
        raise InvalidFieldError(
            field, "defines no test: no function or method whose name starts with test, and that runs"
        )
    for line, feature in unsupported_features(source, shared=shared):
        way_out = "" if unsupported_features(source, shared=True) else '; isolation "shared" can run it'
        raise InvalidFieldError(field, f"line {line}: {feature}{way_out}")
    return tree


@lru_cache(maxsize=256)
def unsupported_features(source: str, *, shared: bool = False) -> tuple[tuple[int, str], ...]:
    """Return line and description of every unsupported feature; nothing for text that is not Python.

    Args:
        source: of the suite.
        shared: True if it runs in one process with the answer.
    """
    module = try_parse(source)
    if module is None:
        return ()
    return tuple(sorted(_Finder(module, _SUPPORTED_IN_PROCESS if shared else frozenset()).refusals()))


class _Finder:
    """Finder of the unsupported features of one module."""

    def __init__(self, module: ast.Module, allowed: frozenset[str]) -> None:
        self.module = module
        self.allowed = allowed
        self.marks = DecoratorReader(module, module_constants(module))
        self.defined = set(BUILTIN_FIXTURES)
        self.gives_cases = any(
            isinstance(node, ast.FunctionDef) and node.name == "pytest_generate_tests" for node in module.body
        )
        self.texts = [
            node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        """Texts, which may name what a mock takes the place of."""
        self.of_environment: set[int] = set()
        """Nodes ``patch.dict`` that patch the environment, which the answer sees as test code does."""

    def refusals(self) -> Iterator[tuple[int, str]]:
        for node in walk(self.module):
            yield from self._of_node(node)
        functions = [node for node in walk(self.module) if isinstance(node, _FUNCTIONS)]
        fixtures = [node for node in functions if any(map(self._is_fixture, node.decorator_list))]
        self.defined |= {self._name_of(node) for node in fixtures}
        for node in fixtures:
            if isinstance(node, ast.AsyncFunctionDef):
                yield node.lineno, f"fixture {node.name}: async fixtures are not offered"
            yield from self._of_parameters(node, set())
        for statement in self.module.body:
            yield from self._of_tests(statement, self._parametrized(pytestmark_of(self.module.body)))

    def _of_node(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield from self._of_module(node.lineno, alias.name)
            case ast.ImportFrom(module=str(module)):
                yield from self._of_module(node.lineno, module)
            case ast.Attribute() | ast.Name():
                yield from self._of_member(node)
            case ast.Call(args=[target, *_]) if self._is_environment(target):
                self.of_environment.add(id(node.func))  # ast.walk visits a call before its function
            case ast.Call() if self._starts_process(node):
                yield node.lineno, f"{self.marks.full_name(node.func)}: starts processes"
            case ast.Call() if self.marks.full_name(node.func) == "pytest.mark.parametrize":
                indirect = call_argument(node, 2, "indirect")
                if not is_literal_indirect(indirect):
                    yield node.lineno, "parametrize(indirect=...): only true, false or names in quotes are offered"

    def _of_member(self, node: ast.Attribute | ast.Name) -> Iterator[tuple[int, str]]:
        path = self.marks.full_name(node)
        if id(node) in self.of_environment:
            return
        if path in _UNSUPPORTED_MEMBERS and path not in self.allowed:
            yield node.lineno, f"{path}: {_UNSUPPORTED_MEMBERS[path]}"

    def _starts_process(self, call: ast.Call) -> bool:
        """Return whether test code itself calls a function that starts a process, and names it nowhere as a text."""
        module, _, name = (self.marks.full_name(call.func) or "").rpartition(".")
        is_patched = any(text == name or text.endswith(f".{name}") for text in self.texts)
        return name in _STARTS_PROCESSES.get(module, ()) and not is_patched

    def _is_environment(self, node: ast.expr) -> bool:
        return self.marks.full_name(node) == "os.environ" or (
            isinstance(node, ast.Constant) and node.value == "os.environ"
        )

    def _of_module(self, line: int, name: str) -> Iterator[tuple[int, str]]:
        root = name.partition(".")[0]
        if root in _UNSUPPORTED_MODULES and root not in self.allowed:
            yield line, f"module {root}: {_UNSUPPORTED_MODULES[root]}"

    def _of_tests(self, statement: ast.stmt, given: set[str]) -> Iterator[tuple[int, str]]:
        """Yield the fixtures that tests use and no one defines, and the hooks."""
        if isinstance(statement, ast.ClassDef):
            is_unittest = any("TestCase" in (self.marks.full_name(base) or "") for base in statement.bases)
            names = given | self._parametrized([*statement.decorator_list, *pytestmark_of(statement.body)])
            for member in () if is_unittest else statement.body:
                yield from self._of_tests(member, names)
        elif isinstance(statement, _FUNCTIONS):
            # As pytest does, which has no use for `load_tests`.
            if statement.name.startswith("pytest_") and statement.name != "pytest_generate_tests":
                yield statement.lineno, f"{statement.name}: hooks are not offered"
            elif statement.name.startswith("test") and not any(map(self._is_fixture, statement.decorator_list)):
                yield from self._of_parameters(statement, given | self._parametrized(statement.decorator_list))

    def _of_parameters(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, given: set[str]
    ) -> Iterator[tuple[int, str]]:
        if self._is_patched(node) or self.gives_cases:
            return  # unittest.mock.patch passes mocks by position, and a hook values by name, under any names
        is_of_class = any(self.marks.full_name(one) == "classmethod" for one in node.decorator_list)
        required = node.args.args[: len(node.args.args) - len(node.args.defaults)]
        for parameter in required:
            name = parameter.arg
            if not (name == "self" or (name == "cls" and is_of_class)) and name not in given | self.defined:
                yield node.lineno, f"fixture {name}: {_UNSUPPORTED_FIXTURES.get(name, 'is not offered')}"

    def _is_patched(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        return any("patch" in (self.marks.decorator_name(decorator) or "") for decorator in node.decorator_list)

    def _is_fixture(self, decorator: ast.expr) -> bool:
        return self.marks.decorator_name(decorator) in {"pytest.fixture", "pytest.yield_fixture"}

    def _name_of(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        for decorator in node.decorator_list:
            name = call_argument(decorator, 10**6, "name") if self._is_fixture(decorator) else None
            if isinstance(name, ast.Constant):
                return str(name.value)
        return node.name

    def _parametrized(self, decorators: list[ast.expr]) -> set[str]:
        return {
            name
            for decorator in self.marks.resolve(decorators)
            if self.marks.decorator_name(decorator) == "pytest.mark.parametrize"
            for name in argument_names(call_argument(decorator, 0, "argnames"))
        }
