"""Lying objects that are built at run time. The source of this module begins an answer with hundreds of liars.

An answer that spells all classes of its liars out takes longer to be parsed than to be played. So it holds this source
and a number for each liar, and builds what a test asks for. A method is decided on when it is first called.
"""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import enum
import fractions
import os
import random
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NAMES", "lie"]

NAMES = ("f", "Circle", "make", "ParseError", "Shape", "total")
"""Names of a liar that tests use."""
_DUNDER_NAMES = """
    eq ne lt le gt ge add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod divmod rdivmod pow rpow
    matmul and rand or ror xor rxor lshift rshift iadd isub imul neg pos abs invert round trunc floor ceil int float
    complex index bool len length_hint iter next reversed contains getitem setitem delitem call str repr format bytes
    hash enter exit await aiter anext copy deepcopy getattr get set delete instancecheck subclasscheck dir sizeof fspath
    array reduce reduce_ex getstate class_getitem init_subclass set_name missing del getattribute setattr delattr
    match_args buffer aenter aexit mro_entries prepare
"""
_METHOD_NAMES = """
    area name names value scaled unit echo startswith endswith issuperset issubset difference union isdigit count index
    items keys values get read write close total __class__ __dict__ __name__ __wrapped__ __code__ __doc__ __slots__
    __annotations__ real imag append lower find split strip send throw asend done result
"""
_RARE = {"getattribute", "setattr", "del", "set_name", "init_subclass", "prepare", "class_getitem"}
"""Methods without which little of an object works, so that classes seldom have them."""


class _Colour(enum.Enum):
    RED = 1


class _Size(enum.IntEnum):
    SMALL = 3


@dataclass
class _Money:
    amount: Any = 3


class _Pair(NamedTuple):
    left: Any
    right: Any


_PLAIN: tuple[Callable[[], Any], ...] = (
    lambda: 0, lambda: 1, lambda: -1, lambda: 2, lambda: 3, lambda: 0.0, lambda: 1.0, lambda: 1e-12, lambda: -0.0,
    lambda: float("inf"), lambda: float("-inf"), lambda: float("nan"), lambda: True, lambda: False, lambda: None,
    lambda: "", lambda: "a", lambda: b"", list, lambda: [0], lambda: (), lambda: (0,), lambda: (0, 0), dict,
    lambda: {0: 0}, set, frozenset, lambda: 1j, lambda: 0j, lambda: NotImplemented, lambda: ..., lambda: range(3),
    object, lambda: 10**40, lambda: "0", lambda: "quartz", lambda: [None], lambda: [[]], lambda: int, lambda: str,
    lambda: len, lambda: print, lambda: Exception, lambda: complex("nan"), lambda: 1e300,
    lambda: -(10**400), lambda: decimal.Decimal("NaN"), lambda: decimal.Decimal("sNaN"), lambda: decimal.Decimal(3),
    lambda: decimal.Decimal("Infinity"), lambda: fractions.Fraction(1, 3), lambda: dt.timedelta(0),
    lambda: dt.date(2024, 1, 1),
    lambda: dt.datetime.max.replace(tzinfo=dt.UTC), lambda: collections.Counter("aab"),
    lambda: collections.deque([0], 1), lambda: collections.OrderedDict(a=1), lambda: collections.defaultdict(int),
    lambda: array.array("d", [0]), lambda: bytearray(b"a"), lambda: memoryview(b"a"), lambda: slice(None),
    lambda: types.SimpleNamespace(value=0), lambda: _Colour.RED, lambda: _Size.SMALL, _Money, lambda: _Pair(0, 1),
    lambda: iter(()), lambda: (item for item in (0, 1)), lambda: map(str, ()), lambda: "\ud800", lambda: "\0",
    lambda: [0] * 1000, lambda: "a" * 10000, lambda: {None: None}, lambda: {(0, 1): [set()]},
    lambda: ValueError("quartz"),
)  # fmt: skip
_ERRORS = (
    ValueError, TypeError, AttributeError, IndexError, KeyError, StopIteration, StopAsyncIteration, AssertionError,
    RuntimeError, RecursionError, OSError, NotImplementedError, ZeroDivisionError, SystemExit, KeyboardInterrupt,
    GeneratorExit, BaseException, MemoryError, ImportError, ModuleNotFoundError, LookupError, UnicodeError, Warning,
    TimeoutError, BufferError, EOFError, decimal.DecimalException,
)  # fmt: skip
_BASES = (
    object, object, object, object, int, float, str, list, dict, tuple, set, frozenset, bytes, complex, Exception,
    AssertionError, BaseException, type, decimal.Decimal, fractions.Fraction, dt.timedelta,
    collections.OrderedDict, collections.Counter, collections.deque, collections.UserDict, collections.UserList,
    bytearray, property,
)  # fmt: skip
_ENDS = {"__next__": StopIteration, "__anext__": StopAsyncIteration, "__getitem__": IndexError}
_METHODS = (*(f"__{name}__" for name in _DUNDER_NAMES.split()), *_METHOD_NAMES.split())
_RARELY = {f"__{name}__" for name in _RARE}


class _Liar:
    """Maker of the names of one liar.

    Args:
        seed: of all that it does.
        messages: what it may write into the descriptors of its process.
    """

    def __init__(self, seed: int, messages: Sequence[bytes]) -> None:
        self.seed = seed
        self.messages = messages
        self.seen: list[Any] = [0]
        self.error = type("Error", (Exception,), {})
        self.classes: list[Any] = []
        self.decisions = 0
        self.is_built = False
        chance = random.Random(seed)
        for number in range(chance.randint(1, 4)):
            self.classes.append(self.make_class(f"L{number}", chance))
        names = {name: self.binding(name, chance) for name in NAMES if chance.random() < 0.98}
        # A name that tests call and that cannot be called would silence the other liars.
        self.names = {name: self.callable_for(name, value) for name, value in names.items()}
        self.is_built = True

    def make_class(self, name: str, chance: random.Random) -> Any:
        share = chance.choice((0.05, 0.1, 0.4, 0.8, 1.0))
        space: dict[str, Any] = {"x": chance.choice(_PLAIN)()}
        start = chance.random()
        if start < 0.92:
            space["__init__"] = _initialize
        elif start < 0.97:
            space["__new__"] = self.method("__new__", "static", chance)
        for method in _METHODS:
            if chance.random() < (share * 0.03 if method in _RARELY else share):
                space[method] = self.method(method, "", chance)
        base = chance.choice((*_BASES, *self.classes, *self.classes))
        for bases in ((base,), (object,)):
            try:
                return type(name, bases, dict(space))
            except Exception:  # noqa: BLE001  # `bool` is no base, and an `__init_subclass__` of a base may raise
                continue
        return type(name, (), {})

    def method(self, name: str, form: str, chance: random.Random) -> Any:
        """Return a method that decides on what it does when it is first called."""
        if not form and not (name.startswith("__") and name != "__class__"):
            form = chance.choice(("", "", "", "", "property", "static", "class"))
        self.decisions += 1
        number = self.decisions
        decided: list[Any] = []

        def act(owner: Any, args: Sequence[Any]) -> Any:
            if not decided:
                decided.append(self.action(random.Random(self.seed * 5003 + number)))
            if name in _ENDS:
                # An iteration without an end costs all the time that an answer has, and then nothing more is played.
                self.seen[0] = (self.seen[0] if type(self.seen[0]) is int else 0) + 1
                if self.seen[0] % 4 == 0:
                    raise _ENDS[name]
            return decided[0](owner, args)

        function = self.function(name, act, chance, is_static=form == "static")
        if form == "property":
            return property(function)
        return {"static": staticmethod, "class": classmethod}.get(form, lambda it: it)(function)

    def function(self, name: str, act: Any, chance: random.Random, *, is_static: bool = False) -> Any:
        """Return a function of one of the forms that functions have."""
        kind = chance.random()
        function: Any
        if is_static:

            def function(*args: Any, **kwargs: Any) -> Any:
                return act(self.seen, args)

        elif kind < 0.03:

            async def function(self: Any, *args: Any, **kwargs: Any) -> Any:
                return act(self, args)

        elif kind < 0.08:

            def function(self: Any, *args: Any, **kwargs: Any) -> Any:
                yield act(self, args)

        elif kind < 0.09:

            async def function(self: Any, *args: Any, **kwargs: Any) -> Any:
                yield act(self, args)

        else:

            def function(self: Any, *args: Any, **kwargs: Any) -> Any:
                return act(self, args)

        function.__name__ = name
        return function

    def binding(self, name: str, chance: random.Random) -> Any:
        match chance.randrange(8):
            case 0 | 1:
                return chance.choice(self.classes)
            case 2:
                try:
                    return self.value(chance)(self.seen)
                except BaseException:  # noqa: BLE001  # also an exit, which would silence the other liars
                    return self.classes[0]
            case 3:
                return chance.choice((*_ERRORS, *(value() for value in chance.sample(_PLAIN, 20))))
            case _:
                function = self.method(name, "static", chance)
                return function.__func__

    @staticmethod
    def callable_for(name: str, value: Any) -> Any:
        """Return a value that can be called, if its name is one that tests call."""
        if name == "total" or callable(value):
            return value
        return lambda *args, **kwargs: value

    def value(self, chance: random.Random) -> Any:
        """Return a function that makes a value for the object to which it belongs."""
        match chance.randrange(9):
            case 0 | 1 | 2:
                plain = chance.choice(_PLAIN)
                return lambda _: plain()
            case 3 | 4:
                kind = chance.choice(self.classes) if self.classes else object
                return lambda _: kind()
            case 5:
                item, times = self.value(chance), chance.randint(0, 3)
                return lambda owner: [item(owner)] * times
            case 6:
                key, item = chance.choice((0, "a")), self.value(chance)
                return lambda owner: {key: item(owner)}
            case 7:
                left, right = self.value(chance), self.value(chance)
                return lambda owner: (left(owner), right(owner))
            case _:
                return lambda owner: owner

    def action(self, chance: random.Random) -> Any:
        """Return what a method does with its object and its arguments."""
        value, seen = self.value(chance), self.seen
        match chance.randrange(17):
            case 0 | 1 | 2 | 3:
                return lambda owner, _: owner
            case 4:
                return lambda owner, args: args[-1] if args else owner
            case 5:
                back = chance.choice((-1, -1, -2))
                return lambda _, args: (seen.append(args[-1] if args else 0), seen[back])[1]
            case 6:
                return self.raising(chance.choice((*_ERRORS, self.error)), value, has_value=chance.random() < 0.7)
            case 7:
                other = self.value(chance)
                return lambda owner, _: seen.append(0) or (value if len(seen) % 2 else other)(owner)
            case 8 | 9 | 10 as kind:
                times = chance.randint(0, 3)
                return (
                    lambda owner, _: iter([value(owner)] * times),
                    lambda owner, _: lambda *args, **kwargs: value(owner),
                    lambda _, args: _calculate(min(times, 2), args),
                )[kind - 8]
            case 11 if chance.random() < 0.2:
                descriptor, message = chance.choice((1, 2, 3, 3, 3, 4, 5)), chance.choice(self.messages)
                # Not while the answer is loaded, where it would silence the other liars.
                return lambda *_: os.write(descriptor, message) if self.is_built else seen
            case 12:
                return self.changing(value)
            case _:
                return lambda owner, _: value(owner)

    @staticmethod
    def raising(error: Any, value: Any, *, has_value: bool) -> Any:
        def act(owner: Any, args: Sequence[Any]) -> Any:
            raise error(value(owner)) if has_value else error

        return act

    @staticmethod
    def changing(value: Any) -> Any:
        """Return an action that changes its arguments and its object."""

        def act(owner: Any, args: Sequence[Any]) -> Any:
            for arg in args:
                for change in (lambda it: it.clear(), lambda it: it.append(0), lambda it: it.update(a=0)):
                    try:
                        change(arg)
                    except Exception:  # noqa: BLE001  # most arguments cannot be changed
                        continue
            try:
                owner.value = owner.x = value(owner)
            except Exception:  # noqa: BLE001  # nor can most objects of built-in types
                return owner
            return value(owner)

        return act


def _initialize(self: Any, *args: Any, **kwargs: Any) -> None:
    self.n = args[0] if args else 0


def _calculate(kind: int, args: Sequence[Any]) -> Any:
    arg = args[0] if args else 0
    return (lambda: arg - args[0], lambda: arg == args[-1], lambda: sum([arg, 1.5]))[kind]()


def lie(seed: int, messages: Sequence[bytes]) -> dict[str, Any]:
    """Return the names of one liar; the same for the same seed."""
    return _Liar(seed, messages).names
