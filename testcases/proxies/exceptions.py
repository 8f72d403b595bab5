"""Exceptions of the solution, as test code meets them."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

from testcases.proxies.proxy_classes import RemoteError
from testcases.signals import STATUS_VERDICTS, AnswerError, CandidateLostError, FinalError

if TYPE_CHECKING:
    from testcases.proxies.host import Objects
    from testcases.proxies.proxy import Held
    from testcases.signals import Raised, Reply
    from testcases.verdict import Verdict

__all__ = ["as_value", "exception_for"]


def exception_for(reply: Reply, objects: Objects | None = None) -> BaseException:
    """What a reply that holds no value raises in test code.

    An exception of a built-in class is one here, too, with a mark that it came from the answer; one of the answer's
    own classes is an instance of the class that mirrors it. A process that is gone is a `CandidateLostError`.

    One by which Python knows that something is over fails the test unless test code catches it: built-in functions and
    event loops swallow it (`FinalError.watch`).
    """
    verdict = STATUS_VERDICTS[reply.status]
    if reply.raised is None:
        return CandidateLostError(verdict, reply.detail)
    error = _exception(reply.raised, verdict, objects)
    if isinstance(error, (StopIteration, StopAsyncIteration, _cancelled())):
        FinalError.watch(error)
    return error


def _cancelled() -> type[BaseException]:
    """``asyncio.CancelledError``, where anybody has loaded that."""
    found: type[BaseException] = getattr(sys.modules.get("asyncio.exceptions"), "CancelledError", StopIteration)
    return found


def _exception(raised: Raised, verdict: Verdict, objects: Objects | None) -> BaseException:
    reference = raised.reference
    key = getattr(reference, "key", None)
    if objects is not None and type(key) is str:
        ours = objects.adopt(reference)
        if isinstance(ours, BaseException):
            return ours
    error: BaseException | None = None
    if objects is not None and type(key) is int and type(reference.of) is int and reference.of:
        error = _own(raised, objects, key)
    if error is None:
        error = _built_in(raised)
    if not isinstance(error, AnswerError):
        error.is_of_the_answer = True  # type: ignore[attr-defined]  # a mark that `testcases.signals` looks for
    error.verdict = verdict  # type: ignore[attr-defined]  # a mark that `testcases.signals` looks for
    if raised.cause is not None:
        error.__cause__ = _exception(raised.cause, verdict, objects)
    return error


def _own(raised: Raised, objects: Objects, key: int) -> BaseException | None:
    kind = objects.classes.mirror(raised.reference.of)
    if not issubclass(kind, BaseException):
        return None
    error = _instance(kind, _arguments(raised, objects))
    if isinstance(error, RemoteError):
        error.__dict__["__held__"] = objects.hold(key)
        error.__dict__["__text__"] = raised.text
    return error


def _arguments(raised: Raised, objects: Objects) -> tuple[Any, ...]:
    if raised.args is None:
        return (raised.text,)
    args: tuple[Any, ...] = objects.adopted(raised.args)
    return args


def _instance(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """An instance whose class may want other arguments, or do something of its own when it is made."""
    error: BaseException = kind.__new__(kind, *args)
    error.args = args
    return error


def _built_in(raised: Raised) -> BaseException:
    """An exception of the nearest built-in class; of that class itself, where the answer raised no other."""
    base = getattr(builtins, raised.base, None)
    if not (isinstance(base, type) and issubclass(base, Exception | SystemExit)):
        base = Exception  # KeyboardInterrupt would end more than the test
    if raised.type_name == raised.base == base.__name__:
        made = _made(base, raised)
        if made is not None:
            return made
    return _named(raised, base)


def _made(kind: type[BaseException], raised: Raised) -> BaseException | None:
    args = raised.args if raised.args is not None else (raised.text,) if raised.text else ()
    try:
        error: BaseException = kind(*args)
        return error if str(error) == raised.text else None
    except Exception:  # noqa: BLE001 - arguments that the class does not take
        return None


def _named(raised: Raised, base: type[BaseException]) -> BaseException:
    """An exception of a class of this name, with the text as it came: KeyError would quote it again."""
    name = raised.type_name if raised.type_name.isprintable() else base.__name__
    members = {"__str__": Exception.__str__}
    for bases in ((AnswerError, base), (AnswerError,)):
        try:
            kind = type(name, bases if base is not Exception else (AnswerError,), members)
            error: BaseException = kind(raised.text)
            return error  # noqa: TRY300 - making it is what may fail
        except TypeError:  # classes that do not go together, or that want other arguments
            continue
    return AnswerError(raised.text)


def as_value(objects: Objects, kind: type[BaseException], held: Held) -> BaseException:
    """An exception of the answer's that was not raised, but handed out."""
    error = _instance(kind, ())
    error.__dict__["__held__"] = held
    args = objects.ask("get", error, "args")
    error.args = args if type(args) is tuple else ()
    return error
