"""The static policy: code that a source must not contain, checked before it runs.

It stops only obvious attempts: a name that is built at run time passes it, and is still contained by the isolation
layers. Because a finding costs the answer its whole reward, the policy allows whatever honest programs do, even if a
layer would stop it. It never changes the tree.
"""

from __future__ import annotations

import ast
import builtins
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from RestrictedPython.transformer import RestrictingNodeTransformer

from sandbox.wire.analysis import Finding, Policy, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DENIED_ATTRIBUTES", "DENIED_NAMES", "DENIED_STORES", "Denial", "check_policy"]

MAX_FINDINGS = 100
_RESTRICTED = "restricted_python"


@dataclass(frozen=True, slots=True)
class Denial:
    """Names that are refused for one reason; the reason completes the sentence "this name ..."."""

    names: tuple[str, ...]
    reason: str


_PROGRAM_STARTERS = tuple(
    f"os.{verb}{form}" for verb in ("exec", "spawn") for form in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")
)

DENIED_NAMES: tuple[Denial, ...] = (
    Denial(
        ("subprocess", "_posixsubprocess", "pty", "os.system", "os.popen", *_PROGRAM_STARTERS,
         "os.posix_spawn", "os.posix_spawnp", "asyncio.create_subprocess_exec",
         "asyncio.create_subprocess_shell"),
        "starts another program",
    ),
    Denial(
        ("os.fork", "os.forkpty", "os.setsid", "os.register_at_fork"),
        "makes processes that may outlive the run",
    ),
    Denial(
        ("os.kill", "os.killpg", "os.getppid", "os.pidfd_open", "signal.pidfd_send_signal",
         "resource.prlimit", "sys.remote_exec", "ptrace"),
        "acts on other processes",
    ),
    Denial(
        ("os.closerange", "os.memfd_create", "os.unshare", "os.setns"),
        "changes what the process runs in",
    ),
    Denial(
        ("ctypes.CDLL", "ctypes.PyDLL", "ctypes.LibraryLoader", "ctypes.cdll", "ctypes.pydll",
         "ctypes.pythonapi", "ctypes.util", "ctypes.memmove", "ctypes.memset", "ctypes.string_at",
         "ctypes.wstring_at", "ctypes.cast", "ctypes.addressof", "ctypes.CFUNCTYPE",
         "ctypes.PYFUNCTYPE", "_ctypes", "cffi", "_cffi_backend", "_imp", "forbiddenfruit"),
        "runs native code or writes to raw memory",
    ),
    Denial(
        ("socket.socket", "socket.socketpair", "socket.create_connection", "socket.create_server",
         "socket.fromfd", "_socket"),
        "opens a socket",
    ),
    Denial(("sys._current_frames", "sys._current_exceptions"), "reads the frames of all threads"),
    Denial(
        ("sys.settrace", "sys.setprofile", "sys.monitoring", "sys.addaudithook", "threading.settrace",
         "threading.setprofile", "threading.settrace_all_threads", "threading.setprofile_all_threads"),
        "observes code that does not belong to the answer",
    ),
    Denial(
        ("gc.get_objects", "gc.get_referrers", "gc.get_referents"),
        "searches all objects of the process",
    ),
    Denial(
        ("_testcapi", "_testinternalcapi", "_testlimitedcapi", "faulthandler._sigsegv",
         "faulthandler._sigabrt", "faulthandler._sigfpe", "faulthandler._read_null",
         "faulthandler._stack_overflow", "faulthandler._fatal_error_c_thread"),
        "crashes the interpreter on purpose",
    ),
    Denial(
        ("_interpreters", "_interpchannels", "_interpqueues", "_xxsubinterpreters", "_xxinterpchannels"),
        "starts an interpreter without the audit hook of this one",
    ),
    Denial(("posix", "_posixshmem"), "is the inside of a module that has a public name"),
)  # fmt: skip
"""Modules and members by full name; importing or reading one is refused, unless ``allow_imports`` allows it.

Honest answers use these, so they are not listed: ``os``, ``sys``, ``threading``, ``signal``, ``inspect``, ``gc`` and
``resource`` as such, the number types of ``ctypes``, ``multiprocessing``, clients of the network, ``eval``; and
``sys._getframe``, ``inspect.currentframe`` and ``inspect.stack``, by which programs learn the name of a function for
their logs: what leads from a frame to the variables of others is in `DENIED_ATTRIBUTES`.
"""

DENIED_ATTRIBUTES: tuple[Denial, ...] = (
    Denial(
        ("f_back", "f_builtins", "f_globals", "f_locals", "f_trace", "f_generator", "co_code"),
        "leads into frames and code objects",
    ),
    Denial(("__subclasses__",), "lists classes that do not belong to the answer"),
    Denial(("__globals__", "__builtins__", "__loader__"), "leads into the namespace of other code"),
)
"""Attributes of anything but ``self``; also as constant text in ``getattr`` and ``operator.attrgetter``."""

_HARMLESS_NEXT = {"f_back": frozenset({"f_code", "f_lineno"}), "f_locals": frozenset[str]()}
"""By denied attribute, the attributes of its value that programs read for their logs: ``f_back.f_code.co_name``."""
_OWN_FRAMES = frozenset({"gi_frame", "cr_frame", "ag_frame"})
"""Attributes whose values are frames of the answer's own generators and coroutines; their variables are its own."""
_ANYTHING_NAMES = frozenset(dir(builtins))
_ANYTHING_ATTRIBUTES = frozenset({"__base__", "__bases__", "__mro__"})

DENIED_STORES: tuple[Denial, ...] = (Denial(("__code__",), "swaps the code of a function"),)
"""Attributes that may be read but not set."""

_NAME_REASONS, _ATTRIBUTE_REASONS, _STORE_REASONS = (
    {name: denial.reason for denial in table for name in denial.names}
    for table in (DENIED_NAMES, DENIED_ATTRIBUTES, DENIED_STORES)
)
_LAST_PARTS = frozenset(name.rpartition(".")[2] for name in _NAME_REASONS)
_DEEPEST_NAME = max(name.count(".") for name in _NAME_REASONS) + 1
_ATTRIBUTE_FUNCTIONS = frozenset({"getattr", "setattr", "delattr", "hasattr", "attrgetter", "methodcaller"})
_JUDGED_NODES = (ast.Name, ast.Attribute, ast.Call, ast.Import, ast.ImportFrom, ast.MatchClass)
_IMPORTERS = frozenset({"__import__", "import_module"})


def check_policy(tree: ast.Module, policy: Policy, allow_imports: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Check a source against a policy.

    Args:
        tree: the parsed source; it is not changed.
        policy: ``OFF`` refuses nothing; ``STRICT`` refuses what ``STANDARD`` and RestrictedPython refuse.
        allow_imports: denied modules, or members by full name, that are allowed: ``subprocess``, ``os.kill``.

    Returns:
        Findings in the order of their lines, at most `MAX_FINDINGS`; empty if the source may run.
    """
    if policy is Policy.OFF:
        return ()
    findings = StandardPolicy(allow_imports).judge(tree)
    if policy is Policy.STRICT:
        findings += _restricted_python(tree)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.line)[:MAX_FINDINGS])


class StandardPolicy(RestrictingNodeTransformer):
    """RestrictedPython's transformer used as a checker: its hooks for names and imports, none of its rewriting.

    Nodes come from a flat walk, so a deep tree cannot exhaust the stack. A hook looks at its own node only.
    """

    def __init__(self, allow_imports: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self._allowed = allow_imports
        self._modules: dict[str, str] = {}
        self._next_attributes: dict[int, str] = {}
        """By the id of a node, the attribute that is read of its value."""

    def judge(self, tree: ast.Module) -> list[Finding]:
        """Return a finding for everything that is refused in a tree."""
        # Imports first: names are judged by what they are bound to anywhere in the source.
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._modules.update(_bound_modules(node))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                self._next_attributes[id(node.value)] = node.attr
        for node in nodes:
            self.visit(node)
        return self.findings

    def visit(self, node: ast.AST) -> ast.AST | Iterable[ast.AST] | None:
        """Judge one node, without its children; types that have no hook here are accepted."""
        return super().visit(node) if type(node) in _JUDGED_NODES else node

    def visit_Name(self, node: ast.Name) -> ast.Name:  # noqa: N802 - the hook has this name
        """Refuse variables that lead into other namespaces."""
        if node.id.startswith("__") and node.id in _ATTRIBUTE_REASONS:
            self._refuse(node, "denied_variable", node.id, _ATTRIBUTE_REASONS[node.id])
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:  # noqa: N802 - the hook has this name
        """Refuse denied attributes, and denied members of modules."""
        self._judge_attribute(node, node.attr, node.value, stored=not isinstance(node.ctx, ast.Load))
        if node.attr in _LAST_PARTS and (name := self._full_name(node)) is not None:
            self._judge_name(node, "denied_member", name)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:  # noqa: N802 - the hook has this name
        """Judge calls such as ``getattr(x, "name")`` like the attribute or import that they stand for."""
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if function in _IMPORTERS:
            self._judge_import(node, _constant_text(node, 0))
        elif function in _ATTRIBUTE_FUNCTIONS:
            name_index = 0 if function in {"attrgetter", "methodcaller"} else 1
            owner = node.args[0] if name_index and node.args else None
            for name in _constant_text(node, name_index).split("."):
                self._judge_attribute(node, name, owner, stored=function == "setattr")
                if isinstance(owner, ast.Name) and owner.id in self._modules:
                    self._judge_name(node, "denied_member", f"{self._modules[owner.id]}.{name}")
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.MatchClass:  # noqa: N802 - the hook has this name
        """Judge keywords of class patterns like the attributes that they read."""
        for name in node.kwd_attrs:
            self._judge_attribute(node, name, None, stored=False)
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:  # noqa: N802 - the hook has this name
        """Refuse denied modules."""
        for alias in node.names:
            self._judge_import(node, alias.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:  # noqa: N802 - the hook has this name
        """Refuse denied modules and members of modules."""
        for alias in node.names:
            self._judge_import(node, f"{'.' * node.level}{node.module}.{alias.name}")
        return node

    def _judge_import(self, node: ast.expr | ast.stmt, name: str) -> None:
        parts = name.split(".", _DEEPEST_NAME)
        for end in range(1, len(parts) + 1):
            self._judge_name(node, "denied_import", ".".join(parts[:end]))

    def _judge_name(self, node: ast.expr | ast.stmt, kind: str, name: str) -> None:
        reason = _NAME_REASONS.get(name)
        if reason is not None and not any(f"{name}.".startswith(f"{allowed}.") for allowed in self._allowed):
            self._refuse(node, kind, name, reason)

    def _judge_attribute(
        self, node: ast.expr | ast.pattern, name: str, owner: ast.expr | None, *, stored: bool
    ) -> None:
        reason = _ATTRIBUTE_REASONS.get(name) or (stored and _STORE_REASONS.get(name))
        if not reason:
            return
        # An answer may use what it has defined itself: a field of such a name, the subclasses of a class that it names,
        # and the variables of its own generators.
        match owner:
            case ast.Name(id="self"):
                return
            case ast.Attribute(attr=attribute) if name == "f_locals" and attribute in _OWN_FRAMES:
                return
        if name == "__subclasses__" and owner is not None and not self._is_foreign_class(owner):
            return
        if self._next_attributes.get(id(node)) in _HARMLESS_NEXT.get(name, ()):
            return
        self._refuse(node, "denied_attribute", name, reason)

    def _is_foreign_class(self, owner: ast.expr) -> bool:
        """Return whether an expression is a class that the answer has not defined: built in, or a base of all."""
        match owner:
            case ast.Name(id=name):
                return name in _ANYTHING_NAMES or name in self._modules
            case ast.Attribute(attr=name) if name in _ANYTHING_ATTRIBUTES:
                return True
            case ast.Attribute(attr="__class__", value=inner) | ast.Call(func=ast.Name(id="type"), args=[inner]):
                return self._is_foreign_object(inner)
            case ast.Attribute(value=inner):
                return self._is_foreign_class(inner)
        return True

    def _is_foreign_object(self, expression: ast.expr) -> bool:
        """Return whether an expression is an object of a built-in class."""
        match expression:
            case ast.Name(id=name):
                return name in _ANYTHING_NAMES
            case ast.Attribute():
                return False
            case ast.Call(func=function):
                return self._is_foreign_class(function)
        return True

    def _full_name(self, node: ast.Attribute) -> str | None:
        """Return the full name of a member of an imported module; ``None`` if the node is something else."""
        parts: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute) and len(parts) <= _DEEPEST_NAME:
            parts.append(value.attr)
            value = value.value
        match value:
            case ast.Name(id=name) if name in self._modules:
                parts.append(self._modules[name])
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _IMPORTERS:
                parts.append(_constant_text(value, 0))
            case _:
                return None
        return ".".join(reversed(parts))

    def _refuse(self, node: ast.expr | ast.stmt | ast.pattern, kind: str, name: str, reason: str) -> None:
        self.findings.append(Finding(kind, node.lineno, f"{name} {reason}"))


def _bound_modules(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with the full name of the module or member."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        else:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, name


def _constant_text(call: ast.Call, index: int) -> str:
    """Return the positional argument of a call if it is constant text; else the empty text."""
    argument = call.args[index] if len(call.args) > index else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""


def _restricted_python(tree: ast.Module) -> list[Finding]:
    """Return a finding for everything that RestrictedPython's own policy refuses."""
    transformer = RestrictingNodeTransformer()
    try:
        transformer.visit(_copy(tree))
    except Exception as failure:  # noqa: BLE001 - what it cannot read, a strict policy refuses
        return [Finding(_RESTRICTED, 0, one_line(f"cannot judge this source: {type(failure).__name__}: {failure}"))]
    findings = []
    for error in transformer.errors:
        location, _, text = error.partition(": ")
        line = location.removeprefix("Line ")
        findings.append(Finding(_RESTRICTED, int(line) if line.isdigit() else 0, one_line(text)))
    return findings


def _copy(tree: ast.Module) -> ast.Module:
    """Return a deep copy of a tree, made without recursion."""
    # The transformer changes the tree that it visits, and copy.deepcopy runs out of stack before the transformer does.
    nodes: list[ast.AST] = [clone := copy.copy(tree)]
    while nodes:
        node = nodes.pop()
        for field, value in ast.iter_fields(node):
            fresh = [copy.copy(item) for item in value] if isinstance(value, list) else copy.copy(value)
            setattr(node, field, fresh)
        nodes.extend(ast.iter_child_nodes(node))
    return clone
