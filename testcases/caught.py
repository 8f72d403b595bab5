"""How it is known that test code has caught an exception, and not a built-in function on its way (`FinalError.watch`).

Each ``except`` clause of test code calls a marker first::

    except StopIteration:
        __caught__()
        ...

and so do ``pytest.raises``, ``assertRaises`` and ``contextlib.suppress``.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

from testcases.signals import FinalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

__all__ = ["CAUGHT_NAME", "caught", "compiled_telling", "libraries_tell", "telling"]

CAUGHT_NAME: Final = "__caught__"
"""Global by which test code finds `caught`."""
_Tree = TypeVar("_Tree", bound=ast.AST)


def caught() -> None:
    """Take note of the exception that is being handled."""
    FinalError.seen(sys.exception())


def telling(tree: _Tree) -> _Tree:
    """Have each handler of some code call `caught`. The tree is changed, and no line of it moves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            call = ast.Expr(ast.Call(ast.Name(CAUGHT_NAME, ast.Load()), [], []))
            for part in ast.walk(call):
                ast.copy_location(part, node.body[0])
            node.body.insert(0, call)
    return tree


def compiled_telling(source: str, filename: str) -> CodeType:
    """The code of a module whose handlers tell.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the source is no Python that compiles.
    """
    if "except" not in source:
        return compile(source, filename, "exec", dont_inherit=True)
    return compile(telling(ast.parse(source, filename)), filename, "exec", dont_inherit=True)


@contextlib.contextmanager
def libraries_tell() -> Iterator[None]:
    """Have the standard library's own ways of catching an exception tell, too."""
    from unittest import case  # noqa: PLC0415 - whoever counts assertions does without

    catching: list[Any] = [contextlib.suppress, getattr(case, "_AssertRaisesContext")]  # noqa: B009 - it has no other name
    before = [(kind, kind.__exit__) for kind in catching]
    for kind, leave in before:
        kind.__exit__ = _telling_leave(leave)
    try:
        yield
    finally:
        for kind, leave in before:
            kind.__exit__ = leave


def _telling_leave(leave: Any) -> Any:
    def telling_leave(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        left = leave(self, kind, error, trace)
        if left:
            FinalError.seen(error)
        return left

    return telling_leave
