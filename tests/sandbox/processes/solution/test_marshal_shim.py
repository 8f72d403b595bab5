"""Replacements for functions that build code objects do the same for data and for generators."""

from __future__ import annotations

import asyncio
import inspect
import io
import marshal
from types import coroutine as real_coroutine
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.processes.solution.marshal_shim import coroutine, load, loads

if TYPE_CHECKING:
    from collections.abc import Awaitable

ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.complex_numbers(allow_nan=False),
    st.text(st.characters()), st.binary(), st.just(...), st.just(StopIteration),
)  # fmt: skip
KEYS = st.one_of(st.integers(), st.text(), st.binary())
DATA = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(KEYS, inner), st.sets(KEYS), st.frozensets(KEYS)
    ),
)


@given(DATA, st.integers(0, marshal.version))
def test_data_comes_back_as_it_was(value: Any, version: int) -> None:
    data = marshal.dumps(value, version)
    assert repr(loads(data)) == repr(marshal.loads(data))
    assert repr(load(io.BytesIO(data))) == repr(marshal.loads(data))


@given(st.binary(max_size=40))
def test_anything_else_is_an_error_of_its_kind(data: bytes) -> None:
    try:
        loads(data)
    except (EOFError, ValueError, TypeError):
        return
    assert data


def test_one_object_referred_to_twice_stays_one_object() -> None:
    row = [1]
    matrix = loads(marshal.dumps([row, row, (row,)]))
    assert matrix[0] is matrix[1] is matrix[2][0]
    row.append(row)  # type: ignore[arg-type]  # a list that contains itself
    again = loads(marshal.dumps(row))
    assert again[1] is again


@pytest.mark.parametrize("wrap", [lambda code: code, lambda code: [1, {"c": code}]])
def test_code_is_refused(wrap: Any) -> None:
    with pytest.raises(ValueError, match="code objects cannot be loaded"):
        loads(marshal.dumps(wrap(compile("1", "f", "eval"))))


@pytest.mark.parametrize("mark", [coroutine, real_coroutine])
def test_a_marked_generator_is_awaited_and_yields_to_the_loop(mark: Any) -> None:
    @mark
    def switch() -> Any:
        yield
        return 42

    @mark
    def passes_on() -> Awaitable[int]:
        return main()

    async def main() -> int:
        return await switch() + len([None async for _ in later()])

    async def later() -> Any:
        yield await switch()

    async def outer() -> int:
        return await passes_on()

    assert asyncio.run(outer()) == 43
    assert list(switch()) == [None]
    assert mark(main) is main
    assert switch.__name__ == "switch"
    assert inspect.isawaitable(switch())
