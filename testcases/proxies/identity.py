"""Identity of the solution's objects in test code, where one object may have several proxies (`Session.view`)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final
from unittest import TestCase

from testcases.caught import Handlers
from testcases.proxies.proxy import Proxy
from testcases.proxies.session import ref_of
from testcases.replacements import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HANDLERS", "identity_of", "unittest_by_identity"]


def identity_of(value: Any) -> Any:
    """Return what is the same for all proxies of one object; any other value as it is."""
    return ref_of(value).identity if issubclass(type(value), Proxy) else value


class _Handlers(Handlers):
    """What test code calls in its ``except`` clauses and for the operands of ``is``."""

    __slots__ = ()

    def original(self, value: Any) -> Any:
        """Return an operand of ``is``: proxies of one object are one object, and an alias is what it stands for."""
        return identity_of(super().original(value))


HANDLERS: Final = _Handlers()


@contextlib.contextmanager
def unittest_by_identity() -> Iterator[None]:
    """Have ``assertIs`` and ``assertIsNot`` compare objects of the solution by what they are."""
    owner: Any = TestCase
    with replaced((owner, name, _by_identity(getattr(owner, name))) for name in ("assertIs", "assertIsNot")):
        yield


def _by_identity(original: Any) -> Any:
    def compare(self: Any, expr1: Any, expr2: Any, msg: Any = None) -> None:
        if issubclass(type(expr1), Proxy) and issubclass(type(expr2), Proxy):
            expr1, expr2 = identity_of(expr1), identity_of(expr2)
        original(self, expr1, expr2, msg)

    return compare
