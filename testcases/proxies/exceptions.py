"""Exceptions of the solution, as test code meets them."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

from testcases.proxies.proxy_classes import RemoteError
from testcases.signals import STATUS_VERDICTS, FinalError, SolutionError, SolutionLostError

if TYPE_CHECKING:
    from testcases.proxies.host import ProxyHost
    from testcases.proxies.proxy import RemoteRef
    from testcases.signals import Raised, Reply
    from testcases.verdict import Verdict

__all__ = ["exception_for", "exception_value"]


def exception_for(reply: Reply, objects: ProxyHost | None = None) -> BaseException:
    """What a reply that holds no value raises in test code.

    An exception of a built-in class is one here, too, with a mark that it came from the answer; one of the answer's
    own classes is an instance of the class that mirrors it. A process that is gone is a `SolutionLostError`.

    One by which Python knows that something is over fails the test unless test code catches it: built-in functions and
    event loops swallow it (`FinalError.watch`).
    """
    verdict = STATUS_VERDICTS[reply.status]
    if reply.raised is None:
        return SolutionLostError(verdict, reply.detail)
    error = _exception(reply.raised, verdict, objects)
    if isinstance(error, (StopIteration, StopAsyncIteration, _cancelled_error())):
        FinalError.watch(error)
    return error


def _cancelled_error() -> type[BaseException]:
    """``asyncio.CancelledError``, where anybody has loaded that."""
    found: type[BaseException] = getattr(sys.modules.get("asyncio.exceptions"), "CancelledError", StopIteration)
    return found


def _exception(raised: Raised, verdict: Verdict, objects: ProxyHost | None) -> BaseException:
    reference = raised.reference
    key = getattr(reference, "key", None)
    if objects is not None and type(key) is str:
        ours = objects.adopt(reference)
        if isinstance(ours, BaseException):
            return ours
    error: BaseException | None = None
    if objects is not None and type(key) is int and type(reference.of) is int and reference.of:
        error = _custom_exception(raised, objects, key)
    if error is None:
        error = _builtin_exception(raised)
    if not isinstance(error, SolutionError):
        error.comes_from_solution = True  # type: ignore[attr-defined]  # a mark that `testcases.signals` looks for
    error.verdict = verdict  # type: ignore[attr-defined]  # a mark that `testcases.signals` looks for
    if raised.cause is not None:
        error.__cause__ = _exception(raised.cause, verdict, objects)
    return error


def _custom_exception(raised: Raised, objects: ProxyHost, key: int) -> BaseException | None:
    kind = objects.classes.mirror(raised.reference.of)
    if not issubclass(kind, BaseException):
        return None
    error = _new_instance(kind, _arguments(raised, objects))
    if isinstance(error, RemoteError):
        error.__dict__["__held__"] = objects.hold(key)
        error.__dict__["__text__"] = raised.text
    return error


def _arguments(raised: Raised, objects: ProxyHost) -> tuple[Any, ...]:
    if raised.args is None:
        return (raised.text,)
    args: tuple[Any, ...] = objects.adopted(raised.args)
    return args


def _new_instance(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """An instance whose class may want other arguments, or do something of its own when it is made."""
    error: BaseException = kind.__new__(kind, *args)
    error.args = args
    return error


def _builtin_exception(raised: Raised) -> BaseException:
    """An exception of the nearest built-in class; of that class itself, where the answer raised no other."""
    base = getattr(builtins, raised.base, None)
    if not (isinstance(base, type) and issubclass(base, Exception | SystemExit)):
        base = Exception  # KeyboardInterrupt would end more than the test
    if raised.type_name == raised.base == base.__name__:
        made = _exact_builtin(base, raised)
        if made is not None:
            return made
    return _named_exception(raised, base)


def _exact_builtin(kind: type[BaseException], raised: Raised) -> BaseException | None:
    args = raised.args if raised.args is not None else (raised.text,) if raised.text else ()
    try:
        error: BaseException = kind(*args)
        return error if str(error) == raised.text else None
    except Exception:  # noqa: BLE001 - arguments that the class does not take
        return None


def _named_exception(raised: Raised, base: type[BaseException]) -> BaseException:
    """An exception of a class of this name, with the text as it came: KeyError would quote it again."""
    name = raised.type_name if raised.type_name.isprintable() else base.__name__
    members = {"__str__": Exception.__str__}
    for bases in ((SolutionError, base), (SolutionError,)):
        try:
            kind = type(name, bases if base is not Exception else (SolutionError,), members)
            error: BaseException = kind(raised.text)
            return error  # noqa: TRY300 - making it is what may fail
        except TypeError:  # classes that do not go together, or that want other arguments
            continue
    return SolutionError(raised.text)


def exception_value(objects: ProxyHost, kind: type[BaseException], held: RemoteRef) -> BaseException:
    """An exception of the answer's that was not raised, but handed out."""
    error = _new_instance(kind, ())
    error.__dict__["__held__"] = held
    args = objects.ask("get", error, "args")
    error.args = args if type(args) is tuple else ()
    return error
