"""Bases of what stands for pytest's own objects: whatever they lack breaks the test, and is nothing of the answer's."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from testcases.signals import BrokenTestError

__all__ = ["Loud", "named_class"]


class Loud:
    """An object of pytest's: an attribute that it does not have is one that is not offered."""

    _absent: ClassVar[frozenset[str]] = frozenset()
    """Names that pytest's object may lack, too."""

    def __getattr__(self, name: str) -> Any:
        # The interpreter and the library look for names with underscores, and do without.
        if name.startswith("_") or name in self._absent:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raise BrokenTestError(f"{type(self).__name__}.{name} is not offered")


class _NamedType(type):
    def _refuse(cls, *_: object) -> NoReturn:
        raise BrokenTestError(f"pytest.{cls.__name__} is offered for annotations only")

    __call__ = __instancecheck__ = __subclasscheck__ = _refuse

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        cls._refuse()


def named_class(name: str) -> type:
    """Make a class of pytest that test code names in annotations, and can do nothing else with."""
    members = {"__module__": "pytest", "__class_getitem__": classmethod(lambda cls, _: cls)}
    return type.__call__(_NamedType, name, (), members)  # type: ignore[no-any-return]  # it makes a class
