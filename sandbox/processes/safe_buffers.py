"""Buffered readers that lend no memory, in the place of those of the interpreter.

The classes of the interpreter lend their own buffer to the ``readinto`` method of the stream below them, as a writable
`memoryview`. One that is kept outlives the buffer, and is then a view of freed memory, in which other objects are soon
(CPython 3.11 to 3.14). So these classes are replaced by the ones of `_pyio`, which are Python, and taken out of every
place where they could be found.
"""

from __future__ import annotations

import _io
import _pyio  # type: ignore[import-not-found]  # a module without stubs
import gc
import sys
import weakref
from typing import Any

__all__ = ["install"]

_NAMES = ("BufferedReader", "BufferedRandom", "BufferedRWPair")


def install(open_function: Any) -> None:
    """Replace the classes, for this process and its children.

    Args:
        open_function: replaces the function ``open``, which makes objects of these classes.
    """
    replaced: dict[int, Any] = {id(_io.open): open_function}
    for name in _NAMES:
        original, safe = getattr(_io, name), getattr(_pyio, name)
        safe.__module__ = original.__module__
        replaced[id(original)] = safe
        _forget(original)
    # By value: modules import them under names of their own. Ours keep the real ones; no answer can reach those.
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "sandbox":
            _replace(getattr(module, "__dict__", {}), replaced)


def _replace(namespace: dict[str, Any], replaced: dict[int, Any]) -> None:
    for name in [name for name, value in namespace.items() if id(value) in replaced]:
        namespace[name] = replaced[id(namespace[name])]


def _forget(kind: type) -> None:
    """Remove a class from the subclasses of its bases, and from the registries of abstract classes."""
    references = weakref.getweakrefs(kind)
    for holder in gc.get_referrers(*references):
        if type(holder) is dict and holder.get(id(kind)) in references:
            del holder[id(kind)]
        elif type(holder) is set:
            holder.difference_update(references)
