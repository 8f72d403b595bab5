"""What test code catches: marks exceptions that it catches, as opposed to those that a built-in function swallows.

Each ``except`` clause of test code asks which classes it may catch, and then calls a marker
(`testcases.source.instrumentation.prepare`)::

    except __caught__.catchable(StopIteration):
        __caught__()
        ...

and so do ``pytest.raises``, ``assertRaises`` and ``contextlib.suppress``.

An answer may bind a built-in class to the name of an exception that it should define: ``ParseError = AssertionError``.
Then ``except ParseError`` would swallow the failures of the test itself. So test code gets an `ErrorAlias` in the place
of such a class, and an alias catches only what the solution has raised.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final
from unittest import TestCase, case

from testcases import signals
from testcases.replacements import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ErrorAlias", "Handlers", "alias_of", "catchable", "mark_caught", "marked_libraries", "original_of"]

_MARK: Final = "has_passed_solution"
"""Attribute of exceptions that test code has raised and an alias may catch."""


class ErrorAlias(type):
    """The class of stand-ins for exception classes that the solution has handed to test code.

    A stand-in is equal to its original, is as good a subclass, and makes objects of the original. It differs where
    something is caught: an exception that test code itself has raised is none of its instances.
    """

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Make a class that test code derives. It derives from the original, and the alias may catch it."""
        return type.__new__(type, name, tuple(map(original_of, bases)), {_MARK: True, **namespace}, **options)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an exception of the original class. Test code that raises it, and catches it by the alias, means it."""
        error = original_of(cls)(*args, **kwargs)
        setattr(error, _MARK, True)
        return error

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, original_of(cls)) and not _is_failure_of_test(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        handled = sys.exception()
        if handled is not None and type(handled) is subclass and _is_failure_of_test(handled):
            return False
        return issubclass(subclass, original_of(cls))

    def __eq__(cls, other: object) -> bool:
        return original_of(cls) is original_of(other)

    def __hash__(cls) -> int:
        return hash(original_of(cls))

    def __repr__(cls) -> str:
        return repr(original_of(cls))


def alias_of(kind: type) -> type:
    """Return what test code gets for an exception class of Python that the solution has handed out."""
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    return type.__new__(ErrorAlias, kind.__name__, (kind,), names)


def original_of(value: Any) -> Any:
    """Return the class that an alias stands for; any other value as it is."""
    return type.__getattribute__(value, "__bases__")[0] if type(value) is ErrorAlias else value


def catchable(kinds: Any, error: BaseException | None) -> Any:
    """Return the classes by which a handler may catch an exception: an alias counts for the solution's only."""
    several = kinds if type(kinds) is tuple else (kinds,)
    if not any(type(kind) is ErrorAlias for kind in several):
        return kinds
    is_of_test = _is_failure_of_test(error)
    return tuple(original_of(kind) for kind in several if not is_of_test or type(kind) is not ErrorAlias)


def _is_failure_of_test(error: Any) -> bool:
    """Return whether an exception was raised, and neither by the solution nor on a way that led through it."""
    if not isinstance(error, BaseException) or error.__traceback__ is None:
        return False
    if isinstance(error, BaseExceptionGroup) and not signals.is_from_solution(error):
        return any(map(_is_failure_of_test, error.exceptions))
    return not (signals.is_from_solution(error) or getattr(error, _MARK, None) is True)


class Handlers:
    """What the ``except`` clauses of test code call."""

    __slots__ = ()

    def __call__(self) -> None:
        """Mark the exception that is being handled."""
        signals.mark_caught(sys.exception())

    def catchable(self, kinds: Any) -> Any:
        """Return the classes by which a clause may catch the exception that is being handled."""
        return catchable(kinds, sys.exception())

    def original(self, value: Any) -> Any:
        """Return an operand of ``is``: an alias is the class that it stands for."""
        return original_of(value)


mark_caught: Final = Handlers()


@contextlib.contextmanager
def marked_libraries() -> Iterator[None]:
    """Have the standard library's context managers that catch exceptions mark them, too."""
    # The patch is of the whole process, and costs every exit a call more. Enter it only where test code runs.
    assert_raises: Any = getattr(case, "_AssertRaisesContext")  # noqa: B009 - it has no other name
    patched: list[tuple[Any, str, Any]] = [
        (contextlib.suppress, "__exit__", _marking_exit(contextlib.suppress.__exit__, "_exceptions")),
        (assert_raises, "__exit__", _marking_exit(assert_raises.__exit__, "expected")),
        (TestCase, "assertIs", _on_originals(TestCase.assertIs)),
        (TestCase, "assertIsNot", _on_originals(TestCase.assertIsNot)),
    ]
    with replaced(patched):
        yield


def _on_originals(original: Any) -> Any:
    def compare(self: Any, first: Any, second: Any, msg: Any = None) -> Any:
        return original(self, original_of(first), original_of(second), msg)

    return compare


def _marking_exit(original: Any, attribute: str) -> Any:
    def exit_and_mark(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        expected = getattr(self, attribute)
        setattr(self, attribute, catchable(expected, error))
        try:
            is_caught = original(self, kind, error, trace)
        finally:
            setattr(self, attribute, expected)  # it may be used again
        if is_caught:
            signals.mark_caught(error)
        return is_caught

    return exit_and_mark
