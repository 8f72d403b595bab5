"""Classes of the solution, as test code has them, and those that test code derives from them."""

from __future__ import annotations

import re
import types
from typing import TYPE_CHECKING, Any

from testcases.proxies.proxy import Proxy, ProxyType, ref_of
from testcases.proxies.proxy_classes import class_for_word, make_builtin_base, make_proxy_class
from testcases.signals import RefusedError

if TYPE_CHECKING:
    from testcases.proxies.host import ProxyHost
    from testcases.signals import SolutionClient

__all__ = ["ClassNaming", "ClassRegistry", "describe_members"]


_DEFINITION = re.compile(r"^(?=\s*(?:async\s+)?(def|class)\s+(\S+))", re.MULTILINE)
_WORD_EDGE = re.compile(r"\b")


class ClassNaming:
    """What an answer may make a class, and whose objects then are the test's own.

    An answer can write a class where a function was asked for. Then "calling" it makes an object, which must count as
    a result. So a name is a class's when the prompt has it as one, and else when it is written like one (PEP 8:
    ``CapWords``) and the prompt has no function of that name.

    Args:
        prompt: of the problem, in any language.
    """

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt

    def is_class(self, name: str) -> bool:
        """Whether a name of the answer's module is meant as a class's; a path to something in a class never is."""
        if not name.isidentifier() or self._prompt_has("def", name):
            return False
        bare = name.lstrip("_")
        return self._prompt_has("class", name) or (bare[:1].isupper() and "_" not in bare)

    def _prompt_has(self, keyword: str, name: str) -> bool:
        # Compiling a pattern of the name for each answer would take longer than the search.
        return any(
            match[1] == keyword and match[2].startswith(name) and _WORD_EDGE.match(match[2], len(name))
            for match in _DEFINITION.finditer(self._prompt)
        )


_OMITTED_MEMBERS = frozenset(
    {"__module__", "__qualname__", "__classcell__", "__dict__", "__weakref__", "__class_held__", "__firstlineno__",
     "__static_attributes__", "__annotations__", "__annotate_func__", "__annotate__"}
)  # fmt: skip


def describe_members(namespace: dict[str, Any]) -> dict[str, list[Any]]:
    """Each member of a class body: what kind it is, and what it is made of."""
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
    """The classes whose objects test code may meet.

    Args:
        objects: whose classes they are.
        candidate: the answer, which describes them.
        naming: tells classes by their names.
    """

    def __init__(self, objects: ProxyHost, candidate: SolutionClient, naming: ClassNaming) -> None:
        self._objects = objects
        self._candidate = candidate
        self._naming = naming
        self._known: set[type] = set()
        """Classes that test code names, and those it derives."""
        self._making: set[type] = set()
        """Those of them that are meant as classes: what calling one makes is test code's own, and no result."""
        self._mirrors: dict[tuple[int, int], type] = {}
        self._built_in: dict[type, type] = {}
        self._words: dict[str, type] = {}
        self._derived: dict[type, dict[str, Any]] = {}

    def mirror(self, key: int) -> type:
        """The class of stand-ins for a class of the answer's."""
        place = self._candidate.generation, key
        if place not in self._mirrors:
            self._mirrors[place] = Proxy  # for a class that says it descends from itself
            reply = self._candidate.ask("describe", key)
            told = reply.value if reply.status == "returned" else None
            self._mirrors[place] = make_proxy_class(self._objects, self._candidate.generation, key, told)
        return self._mirrors[place]

    def for_builtin(self, kind: type) -> type:
        """The class from which those inherit whose originals inherit from a built-in class."""
        if kind not in self._built_in:
            self._built_in[kind] = make_builtin_base(self._objects, kind)
        return self._built_in[kind]

    def for_word(self, word: str) -> type:
        """The class of stand-ins for objects of which only a word is told."""
        if word not in self._words:
            self._words[word] = class_for_word(self._objects, word)
        return self._words[word]

    def keep(self, place: tuple[int, int], kind: type) -> None:
        """Have a class stand for that of a process and a key, as it has stood for another."""
        self._mirrors[place] = kind

    def named(self, name: str, kind: type) -> None:
        """Take note that test code has a class by a name."""
        self._known.add(kind)
        if self._naming.is_class(name):
            self._making.add(kind)

    def is_known(self, kind: type) -> bool:
        """Whether test code names a class or one it derives from."""
        return not self._known.isdisjoint(kind.__mro__)

    def is_constructible(self, kind: type) -> bool:
        """Whether a class is one that test code itself calls as a class, or derives."""
        return kind in self._making

    def derive(self, kind: type, namespace: dict[str, Any]) -> None:
        """Have a class that test code derives be made in the answer's process too."""
        self._derived[kind] = dict(namespace)
        self._known.add(kind)
        self._making.add(kind)
        self.make(kind)

    def is_derived(self, kind: type) -> bool:
        """Whether test code has derived a class."""
        return kind in self._derived

    @property
    def derived(self) -> tuple[type, ...]:
        """Those that test code has derived."""
        return tuple(self._derived)

    def make(self, kind: type) -> None:
        """Have a derived class be made in the answer's present process.

        Raises:
            RefusedError: the answer's classes do not allow it.
        """
        bases = [base for base in kind.__bases__ if base not in {Proxy, object}]
        made = self._objects.ask("make", kind.__name__, bases, describe_members(self._derived[kind]))
        if not isinstance(made, ProxyType):
            raise RefusedError(f"{kind.__name__} cannot be derived")
        type.__setattr__(kind, "__class_held__", vars(made)["__class_held__"])
        self.keep((ref_of(made).generation, ref_of(made).key), kind)
