"""Arguments and values of a check, for those who want no source: what a right answer gets and gives in it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item

__all__ = ["cases_of"]


def cases_of(item: Item) -> tuple[list[list[Any]], list[Any]]:
    """The arguments of each call that the item's check makes, and what its solution returns for them.

    Runs both: they are the data set's own.
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
