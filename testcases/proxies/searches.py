"""Objects that find whatever test code searches in them.

``assert f(x).find("a") != -1`` holds for every object whose ``find`` returns 0. So what an object that was handed out
says of a value is compared with what it says of others, which are not in an honest object: a bare ``object()``, and a
value of the same type that looks much like the one that is searched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import CALL, OP
from testcases.proxies import observations
from testcases.proxies.session import ref_of
from testcases.proxies.trust_table import OF_TEST
from testcases.signals import is_from_solution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from testcases.proxies.session import Session

__all__ = ["finds_anything"]

_ROTATED: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "qrstuvwxyzabcdefghijklmnopKLMNOPQRSTUVWXYZABCDEFGHIJ7890123456",
)
_FAR: Final = 7_368_787
"""Distance from a number to one that no test is likely to have put into an object."""
_SHORT: Final = 3
"""Characters of a text up to which another one may well be in an honest object, too."""


def finds_anything(session: Session, proxy: Any, name: str, args: Sequence[Any], result: int) -> bool:
    """Return whether a method that searches an object says the same of values that are not in it."""
    if ref_of(proxy).origin in OF_TEST or result == -1 or (name == "count" and result == 0):
        return False
    if isinstance(proxy, type) or any(session.is_proxy(arg) for arg in args):
        return False
    searched, *more = args
    if _is_same(lambda: session.ask(OP, "method_of_stranger", [proxy, name, more]), result):
        return True
    if type(searched) is str and len(searched) == 1 and observations.has_member(proxy, "__iter__"):
        # In a text as well as in a list or a tree of texts, what is searched is in one of the items.
        return not any(type(item) is str and searched in item for item in proxy)
    decoy = _decoy_of(searched)
    return decoy is not None and _is_same(lambda: session.ask(CALL, [proxy, name], [decoy, *more], {}), result)


def _decoy_of(value: Any) -> Any:
    """Return a value of the same type that is hardly in the same object; ``None`` where there is none."""
    if type(value) in {str, bytes} and len(value) > _SHORT:
        text = value if type(value) is str else value.decode("latin-1")
        decoy = text.translate(_ROTATED)
        return None if decoy == text else decoy if type(value) is str else decoy.encode("latin-1")
    return value + _FAR if type(value) in {int, float} else None


def _is_same(ask: Callable[[], Any], result: int) -> bool:
    try:
        return bool(ask() == result)
    except Exception as error:
        if not is_from_solution(error):
            raise
        return False
