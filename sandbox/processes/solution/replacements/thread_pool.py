"""Replacement of ``concurrent.futures.process``: functions run in threads, as no process can be started."""

from __future__ import annotations

from concurrent.futures._base import BrokenExecutor
from concurrent.futures.thread import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BrokenProcessPool", "ProcessPoolExecutor"]


class BrokenProcessPool(BrokenExecutor):
    """Never raised here."""


class ProcessPoolExecutor(ThreadPoolExecutor):
    """An executor with the signature of the original; what its functions return is the same."""

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: Any = None,  # noqa: ARG002 - its signature
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        max_tasks_per_child: int | None = None,  # noqa: ARG002 - its signature
    ) -> None:
        super().__init__(max_workers, initializer=initializer, initargs=initargs)
