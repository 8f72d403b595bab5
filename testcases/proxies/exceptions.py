"""The exceptions that test code gets for those that the solution raised."""

from __future__ import annotations

import builtins
import contextlib
import sys
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import GET, ExceptionFields
from testcases.proxies.exportable import built_in_base, plain_attributes
from testcases.proxies.proxy_classes import RemoteError
from testcases.signals import STATUS_VERDICTS, SolutionError, SolutionLostError, watch

if TYPE_CHECKING:
    from sandbox.wire.replies import Raised, Reply
    from testcases.proxies.session import RemoteRef, Session
    from testcases.verdict import Verdict

__all__ = ["exception_for", "exception_value", "fields_of"]

_TEXT_CHARS = 500


def fields_of(error: BaseException, own: Any) -> ExceptionFields:
    """Return what the solution is told of an exception of test code.

    Args:
        error: the exception.
        own: the exception as it crosses.
    """
    kind = type(error)
    text = ""  # also where `__str__` of test code raises
    with contextlib.suppress(Exception):
        text = str(error)[:_TEXT_CHARS]
    args = error.args if all(type(arg) in {str, int, float, bool, type(None)} for arg in error.args) else None
    attributes = plain_attributes(error)
    return ExceptionFields(kind.__name__, built_in_base(kind), text, reference=own, args=args, attributes=attributes)


def exception_for(reply: Reply, session: Session | None = None) -> BaseException:
    """Return the exception that a reply without a value raises in test code.

    For an exception of a built-in class it is of the same class, marked as coming from the solution. For one of a class
    of the solution it is an instance of the proxy class. If the process is gone, it is a `SolutionLostError`.
    """
    verdict = STATUS_VERDICTS[reply.status]
    if reply.raised is None:
        return SolutionLostError(verdict, reply.detail)
    error = _exception(reply.raised, verdict, session)
    # Built-in functions and event loops swallow these as the end of an iteration or a task: `all(map(f, ...))` would be
    # true for an f that raises StopIteration. So they fail the test unless one of its except clauses catches them.
    if isinstance(error, (StopIteration, StopAsyncIteration, _cancelled_error())):
        watch(error)
    return error


def _cancelled_error() -> type[BaseException]:
    """Return ``asyncio.CancelledError`` if asyncio is loaded; else a stand-in, since importing asyncio is slow."""
    error: type[BaseException] = getattr(sys.modules.get("asyncio.exceptions"), "CancelledError", StopIteration)
    return error


def _exception(raised: Raised, verdict: Verdict, session: Session | None) -> BaseException:
    reference: Any = raised.reference
    key = None if reference is None else reference.key
    if session is not None and type(key) is str:
        own = session.adopt(reference)  # raised by a callback and passed on by the solution
        if isinstance(own, BaseException):
            own.has_passed_solution = True  # type: ignore[attr-defined]  # a mark that `testcases.caught` reads
            return own
    error: BaseException | None = None
    if session is not None and type(key) is int and type(reference.of) is int and reference.of:
        error = _custom_exception(raised, session, key)
    if error is None:
        error = _builtin_exception(raised, session)
    # Without the mark an AssertionError of the solution would be a wrong answer, and its ImportError a broken test.
    if not isinstance(error, SolutionError):
        error.comes_from_solution = True  # type: ignore[attr-defined]  # a mark that `testcases.signals` reads
    error.verdict = verdict  # type: ignore[attr-defined]  # a mark that `testcases.signals` reads
    if raised.cause is not None:
        error.__cause__ = _exception(raised.cause, verdict, session)
    elif raised.context is not None:
        error.__context__ = _exception(raised.context, verdict, session)
    error.__suppress_context__ = raised.hides_context
    if raised.notes:
        error.__notes__ = list(raised.notes)
    return error


def _custom_exception(raised: Raised, session: Session, key: int) -> BaseException | None:
    reference: Any = raised.reference
    kind = session.classes.proxy_class(reference.of)
    if not issubclass(kind, BaseException):  # a forged reply: it raised what it describes as no exception
        return None
    error = _new_instance(kind, _arguments(raised, session))
    if isinstance(error, RemoteError):
        error.__dict__["__ref__"] = session.make_ref(key)
        error.__dict__["__text__"] = raised.text
    else:  # of a class of the library, which may set attributes where it is initialised
        _set_attributes(error, session.ask(GET, _holder(session.make_ref(key)), "__dict__"))
    return error


def _holder(ref: RemoteRef) -> RemoteError:
    """Return an exception by which another one can be asked for before there is a proxy of it."""
    holder = RemoteError.__new__(RemoteError)
    holder.__dict__["__ref__"] = ref
    return holder


def _set_attributes(error: BaseException, attributes: Any) -> None:
    for name, value in attributes.items() if type(attributes) is dict else ():
        if type(name) is str and name.isidentifier() and not name.startswith("_"):
            error.__dict__[name] = value
        elif name == "__notes__" and type(value) is list:
            error.__notes__ = [note for note in value if type(note) is str]


def _arguments(raised: Raised, session: Session) -> tuple[Any, ...]:
    if raised.args is None:
        return (raised.text,)
    args: tuple[Any, ...] = session.adopt_all(raised.args)
    return args


def _new_instance(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Make an instance without calling `__init__`: it may take other arguments, or have side effects."""
    error: BaseException = kind.__new__(kind, *args)
    error.args = args
    return error


def _builtin_exception(raised: Raised, session: Session | None) -> BaseException:
    """Make an exception of the class that was raised if it is built in; else of a subclass of its built-in base."""
    base = getattr(builtins, raised.base, None)
    # The reply may name anything. GeneratorExit would end a generator of the test, and look like its end.
    if not (isinstance(base, type) and issubclass(base, Exception | SystemExit | KeyboardInterrupt)):
        base = Exception
    if raised.type_name == raised.base == base.__name__:
        error = _exact_builtin(base, raised, session)
        if error is not None:
            return error
    return _named_exception(raised, base)


def _exact_builtin(kind: type[BaseException], raised: Raised, session: Session | None) -> BaseException | None:
    args = raised.args if raised.args is not None else (raised.text,) if raised.text else ()
    try:
        if session is not None and issubclass(kind, BaseExceptionGroup):
            args = session.adopt_all(args)
        error: BaseException = kind(*args)
        # Tests match the text of an exception. Not every class makes it from its arguments alone, so compare.
        return error if str(error) == raised.text else None
    except Exception:  # noqa: BLE001 - arguments that the class does not take
        return None


def _named_exception(raised: Raised, base: type[BaseException]) -> BaseException:
    """Make an exception of a new class with the reported name, and the reported text.

    The class has `Exception.__str__`: that of KeyError would put quotes around the text a second time.
    """
    name = raised.type_name if raised.type_name.isprintable() else base.__name__
    members = {"__str__": Exception.__str__}
    for bases in ((SolutionError, base), (SolutionError,)):
        try:
            kind = type(name, bases if base is not Exception else (SolutionError,), members)
            error: BaseException = kind(raised.text)
            return error  # noqa: TRY300 - making it is what may fail
        except TypeError:  # the bases conflict, or the class takes other arguments
            continue
    return SolutionError(raised.text)


def exception_value(session: Session, kind: type[BaseException], ref: RemoteRef) -> BaseException:
    """Make the proxy of an exception object that the solution returned and did not raise."""
    args = session.ask(GET, _holder(ref), "args")
    args = args if type(args) is tuple else ()
    try:
        error = _new_instance(kind, args)
    except TypeError:  # other arguments than a group's, which its class may have changed
        error = _new_instance(Exception, args)
    if isinstance(error, RemoteError):
        error.__dict__["__ref__"] = ref
    else:
        _set_attributes(error, session.ask(GET, _holder(ref), "__dict__"))
        error.comes_from_solution = True  # type: ignore[attr-defined]  # a mark that `testcases.signals` reads
    return error
