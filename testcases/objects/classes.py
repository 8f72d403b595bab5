"""Classes of the answer's, as test code has them, and those that test code derives from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.candidate import RefusedError
from testcases.objects.deriving import members_of
from testcases.objects.handles import Handle, Mirror, held
from testcases.objects.mirrors import class_of_word, make_mirror, mirror_of

if TYPE_CHECKING:
    from testcases.candidate import Candidate
    from testcases.objects.naming import Naming
    from testcases.objects.table import Objects

__all__ = ["Classes"]


class Classes:
    """The classes whose objects test code may meet.

    Args:
        objects: whose classes they are.
        candidate: the answer, which describes them.
        naming: tells classes by their names.
    """

    def __init__(self, objects: Objects, candidate: Candidate, naming: Naming) -> None:
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
            self._mirrors[place] = Handle  # for a class that says it descends from itself
            reply = self._candidate.ask("describe", key)
            told = reply.value if reply.status == "returned" else None
            self._mirrors[place] = make_mirror(self._objects, self._candidate.generation, key, told)
        return self._mirrors[place]

    def of_built_in(self, kind: type) -> type:
        """The class from which those inherit whose originals inherit from a built-in class."""
        if kind not in self._built_in:
            self._built_in[kind] = mirror_of(self._objects, kind)
        return self._built_in[kind]

    def of_word(self, word: str) -> type:
        """The class of stand-ins for objects of which only a word is told."""
        if word not in self._words:
            self._words[word] = class_of_word(self._objects, word)
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

    def is_making(self, kind: type) -> bool:
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
        bases = [base for base in kind.__bases__ if base not in {Handle, object}]
        made = self._objects.ask("make", kind.__name__, bases, members_of(self._derived[kind]))
        if not isinstance(made, Mirror):
            raise RefusedError(f"{kind.__name__} cannot be derived")
        type.__setattr__(kind, "__class_held__", vars(made)["__class_held__"])
        self.keep((held(made).generation, held(made).key), kind)
