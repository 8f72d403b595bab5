"""Script: denied audit events at every depth near the limit of recursion; prints how many of each end there were.

Each is tried in a child, at its depth and then once more at the bottom: the hook must have ended the child by then.
"""

from __future__ import annotations

import functools
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.isolation import audit

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = 45
LEAST_RESERVE = 5


def through_python(levels: int, act: Callable[[], Any]) -> Any:
    return act() if levels <= 0 else through_python(levels - 1, act)


def through_c(levels: int, act: Callable[[], Any]) -> Any:
    return act() if levels <= 0 else max([0], key=lambda _: through_c(levels - 1, act) or 0)


def greatest_depth(walk: Callable[[int, Callable[[], Any]], Any]) -> int:
    low, high = 0, 1 << 15
    while high - low > 1:
        middle = (low + high) // 2
        try:
            walk(middle, int)
            low = middle
        except RecursionError:
            high = middle
    return low


ACTS: tuple[Callable[[], Any], ...] = (
    lambda: sys.audit("os.exec"),
    functools.partial(sys.audit, "os.kill"),
    lambda: sys.settrace(print),
    lambda: getattr(sys, "au" + "dit")("marshal.loads"),
)


def end_of(walk: Callable[[int, Callable[[], Any]], Any], levels: int, act: Callable[[], Any]) -> str:
    pid = os.fork()
    if pid == 0:
        audit.apply()
        try:
            walk(levels, act)
        except RecursionError:
            act()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return "ended" if os.waitstatus_to_exitcode(status) == audit.EXIT_CODE else f"allowed at {levels}"


def levels_without_reserve(depth: int) -> int:
    """Return the number of levels below the greatest depth at which the reserve is refused."""
    reserve, refused = audit.make_reserve(), 0
    for levels in range(depth - LEVELS, depth):
        try:
            through_python(levels, functools.partial(reserve, "event", ()))
        except RecursionError:
            refused += 1
    return refused


def main() -> None:
    ends: Counter[str] = Counter()
    for walk, limit in ((through_python, 150), (through_c, 150 if sys.version_info < (3, 12) else 1 << 20)):
        sys.setrecursionlimit(limit)
        depth = greatest_depth(walk)
        for levels in range(max(0, depth - LEVELS), depth + 5):
            ends.update(end_of(walk, levels, act) for act in ACTS)
    sys.setrecursionlimit(150)
    print(
        dict(ends),
        "refused" if sys.version_info >= (3, 12) or levels_without_reserve(greatest_depth(through_python)) >= 5 else "",
    )


main()
