"""The requests that tests make of any answer, in batches that may be sent at once.

An answer must not read in later arguments what an earlier reply of it is compared with. So a batch ends before a call
with such an argument: it is sent when the replies before it are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.wire.protocol import CALL
from sandbox.wire.values import encode
from testcases.foresight.rehearsal import Call, Rehearsal
from testcases.in_process.steps import CODE_KINDS
from testcases.proxies.argument_changes import ARGUMENT_CHANGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

__all__ = ["Foreseen", "foresee"]

_MAX_BATCH_BYTES: Final = 1 << 20


class Foreseen(NamedTuple):
    """Requests that tests make of any answer."""

    batches: tuple[tuple[bytes, ...], ...] = ()
    are_all: bool = False
    """True if they make no others."""


def foresee(spec: dict[str, Any], names: Sequence[str], modules: dict[str, ModuleType]) -> Foreseen:
    """Return the requests that the tests of a spec make, whatever the answer is.

    Nothing of the spec may leave a trace in this process (`testcases.source.traceless`).

    Args:
        spec: the test spec.
        names: the names that the answer is loaded with, in that order.
        modules: modules that tests use without importing them.
    """
    rehearsal = Rehearsal(spec, names, modules)
    calls = rehearsal.calls
    compared: list[tuple[int, Any]] = rehearsal.observations.operands
    certain, are_all = 0, True
    for kind, *fields in spec["tests"]:
        if kind == "call":
            function, args, kwargs, right, _ = fields
            request = encode([CALL, function or spec["entry_point"], args, kwargs])
            compared += [(len(calls), value) for value in right]
            calls.append(Call(request, (*args, *kwargs.values())))
        elif kind not in CODE_KINDS or not rehearsal.run(kind, fields[0]):
            are_all = False
            break
        # A result that test code still has may be compared later with what nobody has seen yet.
        if not rehearsal.observations.alive:
            certain = len(calls)
    ARGUMENT_CHANGES.clear()  # a comparison that was given up is open yet
    return Foreseen(tuple(_batches(calls if are_all else calls[:certain], compared)), are_all)


def _batches(calls: Sequence[Call], compared: Iterable[tuple[int, Any]]) -> Iterator[tuple[bytes, ...]]:
    expected: dict[int, set[Any]] = {}
    for number, value in compared:
        expected.setdefault(number, set()).add(_key(value))
    batch: list[bytes] = []
    known: set[Any] = set()
    size = 0
    for number, call in enumerate(calls):
        if batch and (size > _MAX_BATCH_BYTES or (known and not known.isdisjoint(_parts(call.arguments)))):
            yield tuple(batch)
            batch, known, size = [], set(), 0
        batch.append(call.request)
        size += len(call.request)
        known |= expected.get(number, set())
    if batch:
        yield tuple(batch)


def _parts(arguments: Iterable[Any]) -> Iterator[Any]:
    """Yield the keys of arguments, and of what in them could be told apart from other data."""
    for argument in arguments:
        yield _key(argument)
        yield from _inner_parts(argument)


def _inner_parts(value: Any) -> Iterator[Any]:
    if type(value) is dict:
        items: Iterable[Any] = (*value.keys(), *value.values())
    elif type(value) in {list, tuple, set, frozenset}:
        items = value
    else:
        return
    for item in items:
        if item and type(item) not in {bool, int}:
            yield _key(item)
            yield from _inner_parts(item)


def _key(value: Any) -> Any:
    """Return a key that equal values share, and hardly any others; lists and tuples count as equal."""
    kind = type(value)
    if kind in {list, tuple}:
        return "items", tuple(map(_key, value))
    if kind in {set, frozenset}:
        return "set", frozenset(map(_key, value))
    if kind is dict:
        return "dict", frozenset((_key(key), _key(item)) for key, item in value.items())
    try:
        hash(value)
    except TypeError:
        return "other", repr(value)
    return value
