"""Marks, parameters and fixtures, as ``pytest.mark``, ``pytest.param`` and ``pytest.fixture`` make them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.loud import Loud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Fixture", "Mark", "MarkGenerator", "ParameterSet", "fixture", "id_of_value", "marks_of", "param"]

_PLAIN = (type(None), bool, int, float, complex)


@dataclass(frozen=True)
class Mark(Loud):
    """A mark that a decorator such as ``pytest.mark.parametrize(...)`` leaves on a test."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Any = field(default_factory=dict)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Mark a function or class, or take arguments first."""
        if len(args) == 1 and not kwargs and _is_definition(args[0]):
            target = args[0]
            # vars() and a new list: otherwise a class would take over, and change, the list of its base class.
            own = vars(target).get("pytestmark", [])
            target.pytestmark = [*own, self]
            return target
        return Mark(self.name, (*self.args, *args), {**self.kwargs, **kwargs})

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """Return an argument by its position or its name."""
        return self.args[position] if len(self.args) > position else self.kwargs.get(name, default)


class MarkGenerator:
    """``pytest.mark``: any name is a mark."""

    def __getattr__(self, name: str) -> Mark:
        if name.startswith("_"):
            raise AttributeError(name)
        return Mark(name)


def marks_of(owner: Any) -> list[Mark]:
    """Return the marks on a function, a class or a module, in the order in which they were put on."""
    found = vars(owner).get("pytestmark", [])
    return [mark for mark in (found if isinstance(found, list | tuple) else [found]) if isinstance(mark, Mark)]


@dataclass(frozen=True)
class ParameterSet(Loud):
    """``pytest.param``: the values of one case, with marks and a name."""

    values: tuple[Any, ...]
    marks: tuple[Mark, ...] = ()
    name: str | None = None

    @property
    def id(self) -> str | None:
        """Name of the case, as pytest calls it."""
        return self.name


def param(*values: Any, marks: Mark | Sequence[Mark] = (), id: str | None = None) -> ParameterSet:  # noqa: A002 - pytest's name
    """Return the values of one case."""
    return ParameterSet(values, (marks,) if isinstance(marks, Mark) else tuple(marks), id)


def id_of_value(value: Any, name: str, index: int) -> str:
    """Return the text of a value in the name of a case."""
    if type(value) in _PLAIN:
        return str(value)
    if type(value) is str:
        return value.encode("unicode_escape").decode("ascii")
    if type(value) is bytes:
        return value.decode("ascii", "backslashreplace")
    if isinstance(value, enum.Enum):
        return str(value)
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    if _is_definition(value):
        return str(value.__name__)
    return f"{name}{index}"


def _is_definition(value: Any) -> bool:
    # By type(): looking for an attribute would ask an object of the solution, which may end its process then.
    return issubclass(type(value), type | FunctionType | MethodType)


@dataclass(eq=False)
class Fixture(Loud):
    """A function that ``pytest.fixture`` has decorated."""

    function: Callable[..., Any]
    scope: str = "function"
    params: list[Any] | None = None
    is_automatic: bool = False
    names: Any = None
    name: str | None = None
    overridden: Fixture | None = None
    """The one of the same name that this one replaces, and may request."""

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse: fixtures are asked for by name."""
        raise TypeError(f'fixture "{self.function.__name__}" called directly')


def fixture(
    function: Callable[..., Any] | None = None,
    *,
    scope: str = "function",
    params: Iterable[Any] | None = None,
    autouse: bool = False,
    ids: Any = None,
    name: str | None = None,
) -> Any:
    """Make a fixture: ``pytest.fixture``, with or without arguments."""

    def decorate(function: Callable[..., Any]) -> Fixture:
        return Fixture(function, str(scope), None if params is None else list(params), autouse, ids, name)

    return decorate if function is None else decorate(function)
