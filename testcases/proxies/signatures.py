"""``inspect.signature`` of the solution's functions, methods and classes, as its process says it."""

from __future__ import annotations

import contextlib
import inspect
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import OP
from testcases.proxies.proxy import Proxy, ProxyType
from testcases.signals import BrokenTestError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testcases.proxies.session import Asking

__all__ = ["names_signatures", "solution_signatures"]

# Bound here, because they are patched.
_signature, _argspec = inspect.signature, inspect.getfullargspec
_KINDS: Final = {
    int(kind): kind
    for kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    )
}
_EMPTY: Final = inspect.Parameter.empty


def names_signatures(source: str) -> bool:
    """Return whether a suite may look at signatures."""
    return "signature" in source or "getfullargspec" in source


@contextlib.contextmanager
def solution_signatures(session: Asking) -> Iterator[None]:
    """Have `inspect` ask the solution about what is the solution's."""

    def signature(one: Callable[..., Any], **options: Any) -> inspect.Signature:
        return _reported(session, one) if _is_of_solution(one) else _signature(one, **options)

    def getfullargspec(one: Any) -> inspect.FullArgSpec:
        if not _is_of_solution(one):
            return _argspec(one)
        if type(one) is MethodType:
            raise BrokenTestError("inspect.getfullargspec of a bound method of the answer is not offered")
        return _as_argspec(_reported(session, one))

    inspect.signature, inspect.getfullargspec = signature, getfullargspec  # type: ignore[assignment]  # fewer options
    try:
        yield
    finally:
        inspect.signature, inspect.getfullargspec = _signature, _argspec


def _is_of_solution(one: Any) -> bool:
    if type(one) is MethodType:
        return _is_of_solution(one.__func__)
    if type(one) is FunctionType:
        return "__solution_class__" in vars(one)
    return isinstance(one, ProxyType) or issubclass(type(one), Proxy)


def _reported(session: Asking, one: Any) -> inspect.Signature:
    """Return what the solution says.

    Raises:
        RefusedError: it is no signature.
        Exception: the solution finds none.
    """
    try:
        parameters, returned = session.ask(OP, "signature", [one])
        return inspect.Signature([_parameter(*fields) for fields in parameters], return_annotation=_given(*returned))
    except (TypeError, ValueError, KeyError) as error:
        if getattr(error, "comes_from_solution", False):
            raise
        raise RefusedError("it reports a signature that is none") from None


def _parameter(name: Any, kind: Any, has_default: Any, default: Any, has_note: Any, note: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, _KINDS[kind], default=_given(has_default, default), annotation=_given(has_note, note)
    )


def _given(is_given: Any, value: Any) -> Any:
    return value if is_given is True else _EMPTY


def _as_argspec(signature: inspect.Signature) -> inspect.FullArgSpec:
    found = list(signature.parameters.values())
    of = {kind: [one for one in found if one.kind is kind] for kind in _KINDS.values()}
    named = [*of[inspect.Parameter.POSITIONAL_ONLY], *of[inspect.Parameter.POSITIONAL_OR_KEYWORD]]
    keyword_only = of[inspect.Parameter.KEYWORD_ONLY]
    notes = {one.name: one.annotation for one in found if one.annotation is not _EMPTY}
    if signature.return_annotation is not _EMPTY:
        notes["return"] = signature.return_annotation
    return inspect.FullArgSpec(
        args=[one.name for one in named],
        varargs=next((one.name for one in of[inspect.Parameter.VAR_POSITIONAL]), None),
        varkw=next((one.name for one in of[inspect.Parameter.VAR_KEYWORD]), None),
        defaults=tuple(one.default for one in named if one.default is not _EMPTY) or None,
        kwonlyargs=[one.name for one in keyword_only],
        kwonlydefaults={one.name: one.default for one in keyword_only if one.default is not _EMPTY} or None,
        annotations=notes,
    )
