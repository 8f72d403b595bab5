"""Record the calls of a check function, for contenders that need arguments and values instead of test code."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item

__all__ = ["cases_of"]


def cases_of(item: Item) -> tuple[list[list[Any]], list[Any]]:
    """Return the arguments of each call that the item's check makes, and the values that its solution returns.

    Runs both in this process; they are part of the data set, and trusted.
    """
    namespace: dict[str, Any] = {"__name__": "solution"}
    exec(item.solution, namespace)  # noqa: S102 - the data set's own
    right = namespace[item.entry_point]
    inputs: list[list[Any]] = []
    values: list[Any] = []

    def recording(*args: Any) -> Any:
        inputs.append(copy.deepcopy(list(args)))
        value = right(*args)
        values.append(copy.deepcopy(value))
        return value

    exec(item.check, namespace)  # noqa: S102 - likewise
    namespace["check"](recording)
    return inputs, values
