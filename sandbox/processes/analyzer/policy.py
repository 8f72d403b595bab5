"""The static policy: what a source must not contain, judged before it runs.

It reads a tree and says what it refuses; it never changes the tree. It is a sieve for plain attempts, not a
wall: a name built at run time passes it, and the walls hold regardless. Because a hit costs the answer its
whole reward, it lets through what honest programs do, even where a wall would stop it.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer

from sandbox.wire.analysis import Finding, Policy, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DENIED_ATTRIBUTES", "DENIED_NAMES", "DENIED_STORES", "Denial", "check_policy"]

MAX_FINDINGS = 100
_RESTRICTED = "restricted_python"


@dataclass(frozen=True, slots=True)
class Denial:
    """Names that are refused for one reason, which completes the sentence "this name ..."."""

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
        "reaches for other processes",
    ),
    Denial(
        ("os.closerange", "os.memfd_create", "os.unshare", "os.setns"),
        "takes apart what the process runs in",
    ),
    Denial(
        ("ctypes.CDLL", "ctypes.PyDLL", "ctypes.LibraryLoader", "ctypes.cdll", "ctypes.pydll",
         "ctypes.pythonapi", "ctypes.util", "ctypes.memmove", "ctypes.memset", "ctypes.string_at",
         "ctypes.wstring_at", "ctypes.cast", "ctypes.addressof", "ctypes.py_object", "ctypes.CFUNCTYPE",
         "ctypes.PYFUNCTYPE", "_ctypes", "cffi", "_cffi_backend", "_imp", "forbiddenfruit"),
        "runs native code or writes to raw memory",
    ),
    Denial(
        ("socket.socket", "socket.socketpair", "socket.create_connection", "socket.create_server",
         "socket.fromfd", "_socket"),
        "opens a socket",
    ),
    Denial(
        ("sys._getframe", "sys._current_frames", "sys._current_exceptions",
         "inspect.currentframe", "inspect.stack", "inspect.trace", "inspect.getouterframes",
         "inspect.getinnerframes", "traceback.walk_stack", "traceback.walk_tb"),
        "walks the frames of whoever calls",
    ),
    Denial(
        ("sys.settrace", "sys.setprofile", "sys.monitoring", "sys.addaudithook", "threading.settrace",
         "threading.setprofile", "threading.settrace_all_threads", "threading.setprofile_all_threads"),
        "listens to code that is not the answer's",
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
        "starts an interpreter without the walls of this one",
    ),
    Denial(("posix", "_posixshmem"), "is the inside of a module that has a public name"),
)  # fmt: skip
"""Modules and members by full name; importing or reading one is refused, unless ``allow_imports`` lifts it.

Left out because honest answers use them: ``os``, ``sys``, ``threading``, ``signal``, ``inspect``, ``gc`` and
``resource`` as such, the number types of ``ctypes``, ``multiprocessing``, clients of the network, ``eval``.
"""

DENIED_ATTRIBUTES: tuple[Denial, ...] = (
    Denial(tuple(sorted(INSPECT_ATTRIBUTES)), "leads into frames and code objects"),
    Denial(("__subclasses__",), "lists classes that are not the answer's own"),
    Denial(("__globals__", "__builtins__", "__loader__"), "leads into the namespace of other code"),
)
"""Attributes of anything but ``self``; also as constant text in ``getattr`` and ``operator.attrgetter``."""

DENIED_STORES: tuple[Denial, ...] = (Denial(("__code__",), "swaps the code of a function"),)
"""Attributes that may be read but not set."""

_NAME_REASONS, _ATTRIBUTE_REASONS, _STORE_REASONS = (
    {name: denial.reason for denial in table for name in denial.names}
    for table in (DENIED_NAMES, DENIED_ATTRIBUTES, DENIED_STORES)
)
_LAST_PARTS = frozenset(name.rpartition(".")[2] for name in _NAME_REASONS)
_DEEPEST_NAME = max(name.count(".") for name in _NAME_REASONS) + 1
_ATTRIBUTE_TAKERS = frozenset({"getattr", "setattr", "delattr", "hasattr", "attrgetter", "methodcaller"})
_JUDGED = (ast.Name, ast.Attribute, ast.Call, ast.Import, ast.ImportFrom, ast.MatchClass)
_IMPORTERS = frozenset({"__import__", "import_module"})


def check_policy(tree: ast.Module, policy: Policy, allow_imports: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """What ``policy`` refuses in a source.

    Args:
        tree: the parsed source; left as it is.
        policy: ``OFF`` refuses nothing; ``STRICT`` what ``STANDARD`` does and what RestrictedPython does.
        allow_imports: modules, or members by full name, whose denial is lifted: ``subprocess``, ``os.kill``.

    Returns:
        Findings in the order of their lines, at most `MAX_FINDINGS`; empty when the source may run.
    """
    if policy is Policy.OFF:
        return ()
    findings = StandardPolicy(allow_imports).judge(tree)
    if policy is Policy.STRICT:
        findings += _restricted_python(tree)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.line)[:MAX_FINDINGS])


class StandardPolicy(RestrictingNodeTransformer):
    """RestrictedPython's transformer as a judge: its hooks for names and imports, none of its rewriting.

    Nodes come from a flat walk, so a deep tree cannot exhaust the stack; a hook looks at its own node only.
    """

    def __init__(self, allow_imports: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self._allowed = allow_imports
        self._modules: dict[str, str] = {}
        self._own_classes: set[str] = {"cls"}

    def judge(self, tree: ast.Module) -> list[Finding]:
        """Everything refused in ``tree``."""
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._modules.update(_bound_modules(node))
            elif isinstance(node, ast.ClassDef):
                self._own_classes.add(node.name)
        for node in nodes:
            self.visit(node)
        return self.findings

    def visit(self, node: ast.AST) -> ast.AST | Iterable[ast.AST] | None:
        """Judge one node, without its children; kinds that have no hook here are accepted."""
        return super().visit(node) if type(node) in _JUDGED else node

    def visit_Name(self, node: ast.Name) -> ast.Name:  # noqa: N802 - the hook has this name
        """Refuse the variables that lead into other namespaces."""
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
        """Read calls with constant text as what they are: imports and attributes."""
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called in _IMPORTERS:
            self._judge_import(node, _text(node, 0))
        elif called in _ATTRIBUTE_TAKERS:
            place = 0 if called in {"attrgetter", "methodcaller"} else 1
            owner = node.args[0] if place and node.args else None
            for name in _text(node, place).split("."):
                self._judge_attribute(node, name, owner, stored=called == "setattr")
                if isinstance(owner, ast.Name) and owner.id in self._modules:
                    self._judge_name(node, "denied_member", f"{self._modules[owner.id]}.{name}")
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.MatchClass:  # noqa: N802 - the hook has this name
        """Read class patterns as what they are: attributes."""
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
        # what the answer defined itself is its own: its fields of such a name, and the list of its subclasses
        own = self._own_classes if name == "__subclasses__" else ("self",)
        if not (isinstance(owner, ast.Name) and owner.id in own):
            self._refuse(node, "denied_attribute", name, reason)

    def _full_name(self, node: ast.Attribute) -> str | None:
        """Full name of a member of an imported module; ``None`` when it is something else."""
        parts: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute) and len(parts) <= _DEEPEST_NAME:
            parts.append(value.attr)
            value = value.value
        match value:
            case ast.Name(id=name) if name in self._modules:
                parts.append(self._modules[name])
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _IMPORTERS:
                parts.append(_text(value, 0))
            case _:
                return None
        return ".".join(reversed(parts))

    def _refuse(self, node: ast.expr | ast.stmt | ast.pattern, kind: str, name: str, reason: str) -> None:
        self.findings.append(Finding(kind, node.lineno, f"{name} {reason}"))


def _bound_modules(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name an import binds, with the full name of what it is bound to."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        else:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, name


def _text(call: ast.Call, place: int) -> str:
    """The constant text at a place of the arguments; empty when there is none."""
    argument = call.args[place] if len(call.args) > place else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""


def _restricted_python(tree: ast.Module) -> list[Finding]:
    """What RestrictedPython's own policy refuses."""
    transformer = RestrictingNodeTransformer()
    try:
        transformer.visit(_copy(tree))
    except Exception as failure:  # noqa: BLE001 - what it cannot read, a strict policy refuses
        return [Finding(_RESTRICTED, 0, one_line(f"cannot judge this source: {type(failure).__name__}: {failure}"))]
    findings = []
    for error in transformer.errors:
        place, _, text = error.partition(": ")
        line = place.removeprefix("Line ")
        findings.append(Finding(_RESTRICTED, int(line) if line.isdigit() else 0, one_line(text)))
    return findings


def _copy(tree: ast.Module) -> ast.Module:
    """A deep copy without recursion; `copy.deepcopy` runs out of stack before the transformer does."""
    nodes: list[ast.AST] = [clone := copy.copy(tree)]
    while nodes:
        node = nodes.pop()
        for field, value in ast.iter_fields(node):
            fresh = [copy.copy(item) for item in value] if isinstance(value, list) else copy.copy(value)
            setattr(node, field, fresh)
        nodes.extend(ast.iter_child_nodes(node))
    return clone
