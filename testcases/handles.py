"""Stand-ins for what lives in the answer's process: functions and classes by name, objects by number.

What is asked of one crosses to that process, special methods included, so test code may call it, iterate it, or enter
it with ``with``. None ever equals plain data: what an answer's own ``__eq__`` says of a number is no evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from testcases.candidate import AnswerError, BrokenTestError, raise_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testcases.candidate import Candidate, Reply

__all__ = ["Handle", "Loading", "Named", "is_reference", "wrap"]


class Loading(Protocol):
    """Who has the candidate loaded before it is asked."""

    def ready(self) -> Candidate:
        """The candidate, with a process. Raises `testcases.candidate.CandidateLostError` when there cannot be one."""


class _Remote:
    """Something of the answer's that can be called and asked for attributes."""

    __slots__ = ("__loading__", "__reference__")

    def __init__(self, loading: Loading, reference: Any) -> None:
        object.__setattr__(self, "__loading__", loading)
        object.__setattr__(self, "__reference__", reference)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; mutable arguments then look as the answer has left them."""
        sent = [_crossing(value) for value in args]
        named = {name: _crossing(value) for name, value in kwargs.items()}
        candidate = self.__loading__.ready()
        try:
            reply = candidate.call(self.__reference__, sent, named)
        except ValueError as error:
            raise BrokenTestError(f"arguments that cannot be passed: {error}") from None
        value = _value_of(reply, self.__loading__)
        for mine, theirs in zip(args, reply.args or (), strict=False):
            _mirror(mine, theirs)
        return value

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name)


class Named(_Remote):
    """A function or class of the answer, by its name, so that it outlives the process that had it."""

    __slots__ = ()


class Handle(_Remote):
    """An object of a class of the answer's.

    It can be looked at (length, items, iteration, text, numbers made of it), because what comes back is a value like
    any other. It cannot be held against anything: arithmetic, ordering and equality would send the test's own operand
    across and believe the answer's word on it, and ``abs(f(x) - 3.5) < 1e-6`` would pass whenever an answer says so.
    So it equals only itself.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and self.__reference__ == other.__reference__

    def __hash__(self) -> int:
        return hash(self.__reference__)

    def __bool__(self) -> bool:
        for name in ("__bool__", "__len__"):
            try:
                return bool(_special(self, name))
            except TypeError:
                continue
        return True

    def __iter__(self) -> Iterator[Any]:
        iterator = _special(self, "__iter__")
        return iterator if isinstance(iterator, Handle) else iter(iterator)

    def __setattr__(self, name: str, value: object) -> None:
        _special(self, "__setattr__", name, value)

    def __exit__(self, *exc: object) -> Any:
        return _special(self, "__exit__", None, None, None)


_OBSERVERS = "next len getitem setitem delitem reversed enter str repr int float index complex round neg pos abs invert"


def _special(handle: Handle, name: str, *args: Any) -> Any:
    """Use a special method of the object.

    Raises:
        TypeError: it has none of this name.
    """
    try:
        method = _attribute(handle, name)
    except AnswerError as error:
        if isinstance(error, AttributeError):
            raise TypeError(f"the object has no {name}") from None
        raise
    return method(*args)


def _attribute(remote: _Remote, name: str) -> Any:
    """An attribute as the object in the answer's process has it, not as its stand-in does."""
    loading: Loading = object.__getattribute__(remote, "__loading__")
    reference = object.__getattribute__(remote, "__reference__")
    return _value_of(loading.ready().get(reference, name), loading)


def _forwarding(name: str) -> Callable[..., Any]:
    def method(self: Handle, *args: Any) -> Any:
        return _special(self, name, *args)

    method.__name__ = name
    return method


for _name in _OBSERVERS.split():
    setattr(Handle, f"__{_name}__", _forwarding(f"__{_name}__"))


def wrap(value: Any, loading: Loading) -> Any:
    """The value as test code is to see it: references, also inside lists, tuples and dicts, become handles."""
    if is_reference(value):
        return Handle(loading, value)
    if type(value) in (list, tuple):
        return type(value)(wrap(item, loading) for item in value) if _holds_reference(value) else value
    if type(value) is dict and _holds_reference(value.values()):
        return {key: wrap(item, loading) for key, item in value.items()}
    return value


def is_reference(value: Any) -> bool:
    """Whether the value stands for an object that stayed in the answer's process."""
    return type(value).__name__ == "Reference"


def _holds_reference(values: Any) -> bool:
    return any(is_reference(value) or type(value) in (list, tuple, dict) for value in values)


def _value_of(reply: Reply, loading: Loading) -> Any:
    if reply.status != "returned":
        raise_for(reply)
    return wrap(reply.value, loading)


def _crossing(value: Any) -> Any:
    return object.__getattribute__(value, "__reference__") if isinstance(value, _Remote) else value


def _mirror(mine: Any, theirs: Any) -> None:
    """Have a mutable argument look as the answer has left it."""
    if theirs is None or type(mine) is not type(theirs):
        return
    if isinstance(mine, list | bytearray):
        mine[:] = theirs
    elif isinstance(mine, dict | set):
        mine.clear()
        mine.update(theirs)
