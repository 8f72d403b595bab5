"""``inspect.signature`` of the solution's functions, methods and classes, as its process says it."""

from __future__ import annotations

import contextlib
import inspect
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import OP
from testcases.proxies.proxy import Proxy, ProxyType
from testcases.proxies.session import ref_of
from testcases.signals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testcases.proxies.session import Session

__all__ = ["is_of_solution", "names_signatures", "session_of", "solution_signatures"]

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
def solution_signatures() -> Iterator[None]:
    """Have `inspect` ask the solution about what is the solution's."""

    def signature(one: Callable[..., Any], **options: Any) -> inspect.Signature:
        return _reported(one, options) if is_of_solution(one) else _signature(one, **options)

    def getfullargspec(one: Any) -> inspect.FullArgSpec:
        if not is_of_solution(one):
            return _argspec(one)
        return _as_argspec(_reported(one.__func__ if type(one) is MethodType else one, {}))  # with ``self``, as it has

    inspect.signature, inspect.getfullargspec = signature, getfullargspec  # type: ignore[assignment]  # fewer options
    try:
        yield
    finally:
        inspect.signature, inspect.getfullargspec = _signature, _argspec


def is_of_solution(one: Any) -> bool:
    """Return whether a class, a function or another object is the solution's, and not test code's or the library's."""
    if type(one) is MethodType:
        return is_of_solution(one.__func__)
    if type(one) is FunctionType:
        return "__solution_class__" in vars(one)
    return "__class_ref__" in vars(one) if isinstance(one, ProxyType) else issubclass(type(one), Proxy)


def session_of(one: Any) -> Session:
    """Return the session with the solution that an object belongs to (`is_of_solution`)."""
    if type(one) is MethodType:
        return session_of(one.__func__)
    return ref_of(vars(one)["__solution_class__"] if type(one) is FunctionType else one).session


def _reported(one: Any, options: dict[str, Any]) -> inspect.Signature:
    """Return what the solution says.

    Raises:
        RefusedError: it is no signature.
        Exception: the solution finds none.
    """
    try:
        is_evaluated = {"eval_str": bool(options.get("eval_str"))}
        parameters, returned = session_of(one).ask(OP, "signature", [one, is_evaluated])
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
