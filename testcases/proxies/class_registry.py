"""Proxy classes of the solution's classes, and of those that test code derives from them."""

from __future__ import annotations

import re
import types
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import DESCRIBE, MAKE
from sandbox.wire.replies import SolutionStatus
from sandbox.wire.standard_values import standard_class
from testcases.caught import alias_of
from testcases.proxies.annotations import annotate
from testcases.proxies.exportable import BUILT_IN_CLASSES
from testcases.proxies.proxy import Proxy, ProxyType
from testcases.proxies.proxy_classes import class_for_type_name, make_builtin_base, make_proxy_class
from testcases.proxies.session import ref_of
from testcases.signals import RefusedError

if TYPE_CHECKING:
    from testcases.proxies.session import Session
    from testcases.solution_client import SolutionClient

__all__ = ["ClassNaming", "ClassRegistry", "class_by_name", "describe_members"]

_NAME_CHARS = 100


_DEFINITION = re.compile(r"^(?=\s*(?:async\s+)?(def|class)\s+(\S+))", re.MULTILINE)
_WORD_EDGE = re.compile(r"\b")


class ClassNaming:
    """Decides which names of the solution's module are meant as classes, so that their objects are made by the test.

    An answer can write a class where a function was asked for. What "calling" it returns is then a result to be tested,
    not an object that the test made: the classes of those decide comparisons, so the answer would judge itself. So a
    name is meant as a class only if the prompt defines a class of that name, or if it is written like one (PEP 8:
    ``CapWords``) and the prompt defines no function of that name.

    Args:
        prompt: prompt of the problem, in any language.
    """

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt

    def is_class(self, name: str) -> bool:
        """Return whether a name of the solution's module is meant as a class; a dotted path is not."""
        if not name.isidentifier() or self._prompt_has("def", name):
            return False
        bare = name.lstrip("_")
        return self._prompt_has("class", name) or (bare[:1].isupper() and "_" not in bare)

    def _prompt_has(self, keyword: str, name: str) -> bool:
        # One fixed pattern: compiling one with the name in it, for each answer, would take longer than the search.
        return any(
            match[1] == keyword and match[2].startswith(name) and _WORD_EDGE.match(match[2], len(name))
            for match in _DEFINITION.finditer(self._prompt)
        )


# Python itself adds these to a class body (some since 3.13 or 3.14), so the class in the other process has its own.
_OMITTED_MEMBERS = frozenset(
    {"__module__", "__qualname__", "__classcell__", "__dict__", "__weakref__", "__class_ref__", "__firstlineno__",
     "__static_attributes__", "__annotations__", "__annotate_func__", "__annotate__"}
)  # fmt: skip


def describe_members(namespace: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the kind of each member of a class body and the objects that it is made of, by name."""
    return {name: _describe_member(member) for name, member in namespace.items() if name not in _OMITTED_MEMBERS}


def _describe_member(member: Any) -> list[Any]:
    match member:
        case staticmethod() | classmethod():
            return [type(member).__name__, [member.__func__]]
        case property():
            return ["property", [member.fget, member.fset, member.fdel]]
        case types.FunctionType() if getattr(member, "__isabstractmethod__", False):
            return ["abstract", [member]]
    return ["plain", [member]]


class ClassRegistry:
    """The proxy classes of one solution.

    Args:
        session: the session with the solution.
        client: the solution, which describes its classes.
        naming: decides which names are meant as classes.
    """

    def __init__(self, session: Session, client: SolutionClient, naming: ClassNaming) -> None:
        self._session = session
        self._client = client
        self._naming = naming
        self.has_annotations = False
        """True if test code may look at annotations of methods, which a class then gets when it is described."""
        self._known: set[type] = set()
        """Proxy classes that test code has looked up by name, or derived."""
        self._constructible: set[type] = set()
        """Those of them that are meant as classes: an object that test code gets by calling one is made by the test."""
        self._proxy_classes: dict[tuple[int, int], type] = {}
        self._builtin_bases: dict[type, type] = {}
        self._by_type_name: dict[str, type] = {}
        self._derived: dict[type, tuple[dict[str, Any], dict[str, Any]]] = {}
        """Body and options of each class that test code has derived."""

    def proxy_class(self, key: int) -> type:
        """Return the class of proxies for a class of the solution."""
        # A key is valid in one process only, so the generation is part of it.
        class_key = self._client.generation, key
        if class_key not in self._proxy_classes:
            self._proxy_classes[class_key] = Proxy  # ends the recursion for a class that claims to be its own base
            reply = self._client.ask(DESCRIBE, key)
            description = reply.value if reply.status is SolutionStatus.RETURNED else None
            kind = make_proxy_class(self._session, self._client.generation, key, description)
            self._proxy_classes[class_key] = kind
            if self.has_annotations and isinstance(kind, ProxyType):
                annotate(self._client, kind)  # which may name the class itself
        return self._proxy_classes[class_key]

    def for_builtin(self, kind: type) -> type:
        """Return the base of proxies for objects whose class derives from a built-in one."""
        if kind not in self._builtin_bases:
            self._builtin_bases[kind] = make_builtin_base(self._session, kind)
        return self._builtin_bases[kind]

    def for_type_name(self, name: str) -> type:
        """Return the class of proxies for objects that are described by the name of their type."""
        if name not in self._by_type_name:
            self._by_type_name[name] = class_for_type_name(self._session, name)
        return self._by_type_name[name]

    def rebind(self, class_key: tuple[int, int], kind: type) -> None:
        """Let a proxy class stand for the class with this generation and key, which is in a new process."""
        self._proxy_classes[class_key] = kind

    def bind_name(self, name: str, kind: type) -> None:
        """Record that test code has looked up a class by name."""
        self._known.add(kind)
        if self._naming.is_class(name):
            self._constructible.add(kind)

    def is_known(self, kind: type) -> bool:
        """Return whether a class is known: test code names or derives it, or a class that it derives from."""
        return not self._known.isdisjoint(kind.__mro__)

    def is_constructible(self, kind: type) -> bool:
        """Return whether objects of a class are made by the test when test code calls it."""
        return kind in self._constructible

    def derive(self, kind: type, namespace: dict[str, Any], options: dict[str, Any]) -> None:
        """Make a class that test code has derived also in the solution's process."""
        # Needed to make the class again in a new process.
        self._derived[kind] = dict(namespace), options
        self._known.add(kind)
        self._constructible.add(kind)
        self.make(kind)

    def is_derived(self, kind: type) -> bool:
        """Return whether test code has derived a class."""
        return kind in self._derived

    @property
    def derived(self) -> tuple[type, ...]:
        """Classes that test code has derived."""
        return tuple(self._derived)

    def make(self, kind: type) -> None:
        """Make a derived class in the present process of the solution.

        Raises:
            RefusedError: the solution's classes do not allow it.
        """
        bases = [base for base in kind.__bases__ if base not in {Proxy, object}]
        namespace, options = self._derived[kind]
        remote = self._session.ask(MAKE, kind.__name__, bases, describe_members(namespace), options)
        if not isinstance(remote, ProxyType):
            raise RefusedError(f"{kind.__name__} cannot be derived")
        type.__setattr__(kind, "__class_ref__", vars(remote)["__class_ref__"])
        self.rebind((ref_of(remote).generation, ref_of(remote).key), kind)


def class_by_name(path: str) -> type:
    """Return a class that the solution hands out by its global name.

    Raises:
        RefusedError: test code cannot be given it.
    """
    kind: Any = BUILT_IN_CLASSES.get(path.removeprefix("builtins:")) or standard_class(path)
    if kind is None:
        raise RefusedError(f"it hands out the class {path[:_NAME_CHARS]!r}, which test code cannot be given")
    return alias_of(kind) if issubclass(kind, BaseException) else kind
