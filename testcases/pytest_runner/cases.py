"""The cases of a test: one for each combination of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.hooks import parameters_of
from testcases.pytest_runner.params import Fixture, Mark, ParameterSet, id_of_value, marks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Case", "all_marks", "cases_of", "fixtures_in", "used_fixtures"]

_LEFT_OUT = frozenset({"skip", "xfail"})


@dataclass(frozen=True, slots=True)
class Case:
    """One case."""

    name: str = ""
    """Name among the other cases; empty when there is only one."""
    params: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """Index and value of each parameter or fixture, by name."""
    marks: tuple[Mark, ...] = ()
    direct: frozenset[str] = frozenset()
    """Parameters that are the values themselves; the others are those of fixtures."""


def cases_of(function: Callable[..., Any], marks: Sequence[Mark], fixtures: dict[str, Fixture]) -> list[Case]:
    """Return the cases of a test, in the order in which they run.

    Args:
        function: the test.
        marks: on it, on its class and on its module, the nearest first.
        fixtures: that it can use, by name.

    Raises:
        ValueError: a ``parametrize`` mark has values that do not fit its names.
    """
    parametrized = [list(_of_mark(mark)) for mark in marks if mark.name == "parametrize"]
    given = {name for cases in parametrized for case in cases for name in case.params}
    direct = frozenset[str]().union(*(case.direct for cases in parametrized for case in cases))
    used = [name for name in used_fixtures(function, marks, fixtures, direct) if name not in given]
    axes = [list(_of_fixture(name, fixtures[name])) for name in used if fixtures[name].params is not None]
    # As in pytest: of several `parametrize` decorators the one farthest from the function varies fastest.
    return [_joined(parts) for parts in product(*axes, *parametrized)]


def used_fixtures(
    function: Callable[..., Any], marks: Sequence[Mark], fixtures: dict[str, Fixture], direct: frozenset[str]
) -> list[str]:
    """Return the names of the defined fixtures that a test uses, directly or not; parameters take the place of some."""
    automatic = [name for name, fixture in fixtures.items() if fixture.is_automatic]
    marked = [name for mark in marks if mark.name == "usefixtures" for name in mark.args]
    found: dict[str, None] = {}
    wanted = [*automatic, *marked, *parameters_of(function)]
    while wanted:
        name = wanted.pop(0)
        if name in fixtures and name not in found and name not in direct:
            found[name] = None
            one: Fixture | None = fixtures[name]
            while one is not None:
                needed = parameters_of(one.function)
                wanted += needed
                one = one.overridden if name in needed else None
    return list(found)


def fixtures_in(*owners: Any) -> dict[str, Fixture]:
    """Return the fixtures that modules and classes define, by name; later ones win."""
    found: dict[str, Fixture] = {}
    for owner in owners:
        for name, value in list(vars(owner).items()):
            if isinstance(value, Fixture):
                value.name = value.name or name
                # A base class comes up once for each class that it is a base of.
                if found.get(value.name) is not value:
                    value.overridden = found.get(value.name)
                found[value.name] = value
    return found


def _of_mark(mark: Mark) -> Iterator[Case]:
    argnames = mark.argument(0, "argnames", ())
    single = isinstance(argnames, str) and "," not in argnames
    names = argnames.replace(",", " ").split() if isinstance(argnames, str) else list(argnames)
    for index, entry in enumerate(mark.argument(1, "argvalues", ())):
        # With a single name the entry is the value, even if it is a tuple.
        case = entry if isinstance(entry, ParameterSet) else ParameterSet((entry,) if single else tuple(entry))
        if len(case.values) != len(names):
            raise ValueError(f"parametrize: {len(names)} names, {len(case.values)} values")
        if any(mark.name in _LEFT_OUT for mark in case.marks):
            continue
        label = case.name or _given(mark.argument(3, "ids"), index, case.values)
        parts = [id_of_value(value, name, index) for name, value in zip(names, case.values, strict=True)]
        label = label or "-".join(parts)
        params = {name: (f"{index}", value) for name, value in zip(names, case.values, strict=True)}
        indirect = mark.argument(2, "indirect", ())
        direct = frozenset() if indirect is True else frozenset(names) - frozenset(indirect or ())
        yield Case(label, params, case.marks, direct)


def _of_fixture(name: str, fixture: Fixture) -> Iterator[Case]:
    for index, entry in enumerate(fixture.params or ()):
        case = entry if isinstance(entry, ParameterSet) else ParameterSet((entry,))
        if any(mark.name in _LEFT_OUT for mark in case.marks):
            continue
        label = case.name or _given(fixture.names, index, case.values) or id_of_value(case.values[0], name, index)
        yield Case(label, {name: (f"{index}", case.values[0])}, case.marks)


def _given(ids: Any, index: int, values: tuple[Any, ...]) -> str | None:
    """Return the name that the author gave a case."""
    if callable(ids):
        named = [ids(value) for value in values]
        return "-".join(map(str, named)) if None not in named else None
    names = list(ids) if ids is not None else []
    return str(names[index]) if index < len(names) and names[index] is not None else None


def _joined(parts: tuple[Case, ...]) -> Case:
    params = {name: value for part in parts for name, value in part.params.items()}
    marks = tuple(mark for part in parts for mark in part.marks)
    direct = frozenset[str]().union(*(part.direct for part in parts))
    return Case("-".join(part.name for part in parts), params, marks, direct)


def all_marks(function: Callable[..., Any], owners: Sequence[Any]) -> list[Mark]:
    """Return the marks on a test and on what it is in, the nearest first."""
    return [mark for owner in (function, *owners) for mark in marks_of(owner)]
