"""Inputs of MBPP+ as its solutions expect them.

EvalPlus stores inputs as JSON, which has no tuples, sets or complex numbers, and knows by the number of a task which of
its lists are tuples. The numbers are those of ``mbpp_deserialize_inputs`` in ``evalplus/data/mbpp.py``, version 0.3.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["restored"]

_TASK: Final = re.compile(r"Mbpp/(\d+)")


def restored(inputs: list[Any], task_id: Any) -> list[Any]:
    """The arguments of each call with the types that JSON could not keep; of other data sets as they are."""
    match = _TASK.fullmatch(task_id) if isinstance(task_id, str) else None
    restore = _BY_TASK.get(int(match[1])) if match else None
    if restore is None:
        return inputs
    return [restore(list(args)) if isinstance(args, (list, tuple)) else args for args in inputs]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tuples(value: Any) -> Any:
    return [_tuple(item) for item in value] if isinstance(value, list) else value


def _tuple_of_tuples(value: Any) -> Any:
    return _tuple(_tuples(value))


def _all_tuples(value: Any) -> Any:
    return tuple(_all_tuples(item) for item in value) if isinstance(value, list) else value


def _sets(value: Any) -> Any:
    return [set(item) if isinstance(item, list) and item else {} for item in value]


def _values_tuples(value: Any) -> Any:
    return {key: _tuple(item) for key, item in value.items()} if isinstance(value, dict) else value


def _as_is(value: Any) -> Any:
    return value


def _each(convert: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda args: [convert(arg) for arg in args]


def _by_place(*converts: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda args: [*(convert(arg) for convert, arg in zip(converts, args, strict=False)), *args[len(converts) :]]


_KINDS: Final[tuple[tuple[Callable[[list[Any]], list[Any]], tuple[int, ...]], ...]] = (
    (
        _each(_tuple),
        (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809),
    ),
    (_each(_tuples), (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780)),
    (_each(_tuple_of_tuples), (259, 278, 401, 445)),
    (_each(_all_tuples), (580, 615, 791)),
    (_by_place(_tuples), (75, 413, 444, 753)),
    (_by_place(_as_is, _tuple), (106, 750)),
    (_by_place(_tuple), (250, 307, 405, 446, 617, 720, 763, 808)),
    (_by_place(_values_tuples), (722,)),
    (_by_place(_sets), (115,)),
    (_by_place(float, complex), (124,)),
    (_by_place(complex), (252,)),
)
_BY_TASK: Final = {number: restore for restore, numbers in _KINDS for number in numbers}
