"""Objects that stand for whatever an answer could give, and agree to everything that test code does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.wire.values import Reference, UnsupportedTypeError, encode
from testcases.proxies.exportable import STAY, abilities_of, argument_error, construction_of, global_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Agreeable", "AskedCounter"]


class AskedCounter:
    """Number of times that test code has used an agreeable object."""

    def __init__(self) -> None:
        self.asked_count = 0

    def see(self, value: Any) -> Any:
        """Return a value that test code has looked up, and count it if it is agreeable.

        An expression such as ``x is None`` or ``type(x)`` asks nothing of the object, so the looking up counts.
        """
        self.asked_count += type(value) is Agreeable
        return value


class Agreeable:
    """An object that is equal to everything and true, and gives objects of its kind for calls, items and attributes."""

    def __init__(self, counter: AskedCounter) -> None:
        object.__setattr__(self, "_counter", counter)

    def __getattribute__(self, name: str) -> Any:
        # Whatever goes through the names of a test module reads it (`isinstance`); what test code names is seen anyway.
        if name == "__class__":
            return Agreeable
        counter = _asked(self)
        if name.startswith("__") and name.endswith("__"):
            return object.__getattribute__(self, name)
        own: dict[str, Any] = object.__getattribute__(self, "__dict__")
        return own[name] if name in own else Agreeable(counter)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return another object, if an answer could be given the arguments."""
        # No answer could be given an argument that cannot cross, and nothing of this one has led to it.
        _check_arguments([*args, *kwargs.values()])
        return Agreeable(_asked(self))

    def __iter__(self) -> Iterator[Any]:
        _asked(self)
        return iter(())

    def __next__(self) -> NoReturn:
        _asked(self)
        raise StopIteration

    def __await__(self) -> Any:
        yield from ()
        return Agreeable(_asked(self))

    def __aiter__(self) -> Any:
        _asked(self)
        return self

    async def __anext__(self) -> NoReturn:
        raise StopAsyncIteration

    async def __aenter__(self) -> Any:
        return Agreeable(_asked(self))

    async def __aexit__(self, *_: object) -> bool:
        return False

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        _asked(self)
        return ()


def _asked(value: Agreeable) -> AskedCounter:
    """Count a use of an object, and return its counter."""
    counter: AskedCounter = object.__getattribute__(value, "__dict__")["_counter"]
    counter.asked_count += 1
    return counter


def _check_arguments(values: list[Any]) -> None:
    """Raise the error of a test that passes what the solution's process cannot be given.

    Raises:
        BrokenTestError: it cannot be given one of the values.
    """
    try:
        encode(values, _kept, STAY)
    except UnsupportedTypeError as error:
        raise argument_error(error.kind) from None
    except ValueError:  # a codec error
        return  # nested too deeply, which depends on the answer where it has made a part of the value


def _kept(value: Any) -> Reference | None:
    """Return a reference for what `testcases.proxies.host.ProxyHost.export` would keep."""
    is_kept = (
        type(value) is Agreeable
        or (isinstance(value, tuple) and hasattr(value, "_fields"))
        or global_name(value) is not None
        or construction_of(value) is not None
        or abilities_of(value) is not None
    )
    return Reference("stub", "stub") if is_kept else None


def _method(result: Callable[[AskedCounter], Any]) -> Callable[..., Any]:
    def method(self: Agreeable, *_: Any, **__: Any) -> Any:
        return result(_asked(self))

    return method


_RESULTS: dict[str, Callable[[AskedCounter], Any]] = {
    **dict.fromkeys(
        [f"__{side}{name}__" for side in ("", "r", "i") for name in (
            "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift", "rshift", "and",
            "or", "xor",
        )]
        + ["__getitem__", "__enter__", "__reversed__", "__neg__", "__pos__", "__abs__", "__invert__",
           "__round__", "__trunc__", "__floor__", "__ceil__"],
        Agreeable,
    ),
    **dict.fromkeys(
        ["__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__", "__instancecheck__",
         "__subclasscheck__"],
        lambda _: True,
    ),
    **dict.fromkeys(["__int__", "__index__", "__len__", "__hash__"], lambda _: 0),
    **dict.fromkeys(["__str__", "__repr__", "__format__", "__fspath__"], lambda _: "stub"),
    **dict.fromkeys(["__setitem__", "__delitem__"], lambda _: None),
    "__float__": lambda _: 0.0,
    "__complex__": lambda _: 0j,
    "__bytes__": lambda _: b"",
    **dict.fromkeys(["__ne__", "__exit__"], lambda _: False),
}  # fmt: skip
for _name, _result in _RESULTS.items():
    setattr(Agreeable, _name, _method(_result))
