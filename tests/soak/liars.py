"""Random answers that lie: objects whose methods return anything, and messages that their process never meant to send.

None of them can know what the tests expect, so each is wrong by construction.
"""

from __future__ import annotations

import functools
import inspect
import random
import re

from sandbox.wire.framing import frame
from sandbox.wire.values import encode
from tests.soak import liar_kit

__all__ = ["answer", "grouped_answer", "grouped_program", "own_names"]

_DUNDER_NAMES = """
    eq ne lt le gt ge add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod divmod rdivmod pow rpow
    matmul and rand or ror xor rxor lshift rshift iadd isub imul neg pos abs invert round trunc floor ceil int float
    complex index bool len length_hint iter next reversed contains getitem setitem delitem call str repr format bytes
    hash enter exit await aiter anext copy deepcopy getattr get instancecheck subclasscheck dir sizeof fspath array
    reduce_ex class_getitem init_subclass
"""
_DUNDERS = _DUNDER_NAMES.split()
_METHOD_NAMES = """
    area name names value scaled unit echo startswith endswith issuperset issubset difference union isdigit count index
    items keys values get read write close total __class__ __dict__ __name__ __wrapped__ __eq__ real imag append lower
"""
_METHODS = _METHOD_NAMES.split()
_PLAIN_TEXT = """
    0|1|-1|2|3|0.0|1.0|1e-12|-0.0|float("inf")|float("nan")|True|False|None|""|"a"|b""|[]|[0]|()|(0,)|(0, 0)|{}|{0: 0}
    |set()|1j|0j|NotImplemented|...|range(3)|object()|10**40|"0"|[None]|[[]]|int|str|len|print|type|Exception
"""
_PLAIN = [value.strip() for value in _PLAIN_TEXT.split("|")]
_ERROR_NAMES = """
    ValueError TypeError AttributeError IndexError KeyError StopIteration StopAsyncIteration AssertionError RuntimeError
    RecursionError OSError NotImplementedError ZeroDivisionError SystemExit KeyboardInterrupt GeneratorExit
    BaseException MemoryError ImportError ModuleNotFoundError UnicodeDecodeError ExceptionGroup
"""
_ERRORS = _ERROR_NAMES.split()
_BASE_NAMES = "object object object int float str list dict tuple set bytes complex Exception"
_BASES = _BASE_NAMES.split()
_NAMES = liar_kit.NAMES
_SHADOW_NAMES = "math abs round sorted pytest unittest isinstance len AssertionError copy set"
_SHADOWS = _SHADOW_NAMES.split()
_GROUP_SHADOWS = ("math", "abs", "round", "sorted", "pytest", "unittest", "copy", "asyncio", "Exception", "sum", "list")
"""Names that tests use and `tests.soak.liar_kit` does not, or no more."""
_ENDS = {"__next__": "StopIteration", "__anext__": "StopAsyncIteration", "__getitem__": "IndexError"}
_VERBS = ["ok", "raised", "large", "callback", "call", "get", "op", "load", "x", ""]


_OWN_NAME = re.compile(
    rf"""(?<![\w."'])(?<!    def )(?<!    async def )({"|".join([*_NAMES, "Error", "seen", r"L[0-9]"])})(?![\w"'])"""
)
"""Names that each liar of a group has for itself. A method of such a name, and what is in quotes, stays as it is."""
_GROUP = """
MESSAGES = {messages}
for _index, _seed in enumerate({seeds}):
    globals().update({{f"{{_name}}_{{_index}}": _value for _name, _value in lie(_seed, MESSAGES).items()}})
{shadow}

def f(number, *args):
    found = globals()[f"f_{{number}}"]
    try:
        return found(3)
    except TypeError:
        return found
"""
_PROGRAM = """
MESSAGES = {messages}
globals().update(lie({seeds}[int(input())], MESSAGES))
try:
    print(f(3))
except AssertionError:
    print(total)
print(Circle(2), f)
"""
_MESSAGES = 100
"""Number of messages among which the liars of a group choose."""


def answer(seed: int) -> str:
    """Return the source of a lying answer; the same for the same seed."""
    return _Liar(random.Random(seed)).source()


def grouped_answer(seeds: range) -> str:
    """Return an answer that has one liar for each seed, built at run time (`tests.soak.liar_kit`).

    The names of the liar with index 3 end in ``_3``. The function ``f`` gives what that liar says for the argument 3.
    """
    chance = random.Random(seeds.start)
    shadow = ""
    if chance.random() < 0.2:
        shadow = f"{chance.choice(_GROUP_SHADOWS)} = globals().get('Circle_0', f_1)"
    return _kit() + _GROUP.format(messages=_messages(chance), seeds=seeds, shadow=shadow)


def grouped_program(seeds: range) -> str:
    """Return a program that has one liar for each seed, and plays the one whose index it reads."""
    return _kit() + _PROGRAM.format(messages=_messages(random.Random(seeds.start)), seeds=seeds)


def _messages(chance: random.Random) -> list[bytes]:
    liar = _Liar(chance)
    return [liar.message() for _ in range(_MESSAGES)]


@functools.cache
def _kit() -> str:
    return inspect.getsource(liar_kit)


def own_names(source: str, index: int) -> str:
    """Return source that uses the names of one liar of a group."""
    return _OWN_NAME.sub(rf"\1_{index}", source)


class _Liar:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.classes = [f"L{number}" for number in range(chance.randint(1, 4))]

    def source(self) -> str:
        """Return an answer: some classes, and the names that tests use."""
        lines = ["import os", "seen = [0]", "class Error(Exception): pass"]
        for name in self.classes:
            lines += self.class_lines(name)
        names = [name for name in _NAMES if self.chance.random() < 0.9]
        if self.chance.random() < 0.2:
            names += self.chance.sample(_SHADOWS, 2)
        for name in names:
            lines += self.binding(name)
        if self.chance.random() < 0.1:
            lines += ["def __getattr__(name):", f"    {self.action()}"]
        if self.chance.random() < 0.05:
            lines.append(f"{self.value()}[0]")
        if self.chance.random() < 0.2:
            lines += [
                "try:",
                f"    print({self.value()})",
                f"    print(input(), {self.value()})",
                "except BaseException:",
                "    pass",
            ]
        return "\n".join(lines) + "\n"

    def class_lines(self, name: str) -> list[str]:
        base = self.chance.choice([*_BASES, *self.classes[: self.classes.index(name)]])
        lines = [f"class {name}({base}):", f"    x = {self.chance.choice(_PLAIN)}"]
        if self.chance.random() < 0.7:
            lines += ["    def __init__(self, *args, **kwargs):", "        self.n = 0"]
        elif self.chance.random() < 0.3:
            lines += ["    def __new__(cls, *args, **kwargs):", f"        {self.action(owner='object.__new__(cls)')}"]
        share = self.chance.choice([0.1, 0.4, 0.8, 1.0])
        for dunder in _DUNDERS:
            if self.chance.random() < share:
                lines += self.method(f"__{dunder}__")
        for method in _METHODS:
            if self.chance.random() < share:
                lines += self.method(method)
        return lines

    def method(self, name: str) -> list[str]:
        kind = self.chance.choice(["", "", "", "", "    @property", "    @staticmethod", "    @classmethod"])
        if name.startswith("__") and name != "__class__":
            kind = ""
        lines = [kind] if kind else []
        me = "seen" if "static" in kind else "self"
        parameters = "*args, **kwargs" if "static" in kind else "self, *args, **kwargs"
        prefix = "async " if self.chance.random() < 0.03 else ""
        head = [*lines, f"    {prefix}def {name}({parameters}):"]
        # An iteration without an end costs all the time that an answer has, and then no further test is played.
        if name in {"__next__", "__anext__", "__getitem__"}:
            head += ["        seen[0] += 1", f"        if seen[0] % 4 == 0: raise {_ENDS[name]}"]
        return [*head, f"        {self.action(owner=me)}"]

    def binding(self, name: str) -> list[str]:
        match self.chance.randrange(7):
            case 0:
                return [f"{name} = {self.chance.choice(self.classes)}"]
            case 1:
                return [f"class {name}({self.chance.choice(self.classes)}): pass"]
            case 2:
                return ["try:", f"    {name} = {self.value()}", "except BaseException:", f"    {name} = L0"]
            case 3:
                return [f"{name} = {self.chance.choice([*_ERRORS, *_PLAIN])}"]
            case _:
                prefix = "async " if self.chance.random() < 0.1 else ""
                return [f"{prefix}def {name}(*args, **kwargs):", f"    {self.action(owner='args')}"]

    def value(self, owner: str = "seen") -> str:
        match self.chance.randrange(8):
            case 0 | 1:
                return self.chance.choice(_PLAIN)
            case 2 | 3:
                return f"{self.chance.choice(self.classes)}()"
            case 4:
                return f"[{self.value(owner)}] * {self.chance.randint(0, 3)}"
            case 5:
                return f"{{{self.chance.choice(['0', repr('a')])}: {self.value(owner)}}}"
            case 6:
                return f"({self.value(owner)}, {self.value(owner)})"
            case _:
                return owner

    def action(self, owner: str = "seen") -> str:
        """Return a statement that ends a function."""
        arguments = "locals().get('args', ())"
        match self.chance.randrange(16):
            case 0 | 1 | 2 | 3:
                return f"return {owner}"
            case 4:
                return f"return ({arguments} or [{owner}])[-1]"
            case 5:
                return f"seen.append(({arguments} or [0])[-1]); return seen[{self.chance.choice([-1, -1, -2])}]"
            case 6:
                error = self.chance.choice([*_ERRORS, "Error"])
                return f"raise {error}({self.value()})" if self.chance.random() < 0.7 else f"raise {error}"
            case 7:
                return f"seen[0] += 1; return [{self.value(owner)}, {self.value(owner)}][seen[0] % 2]"
            case 8:
                return f"return iter([{self.value(owner)}] * {self.chance.randint(0, 3)})"
            case 9:
                return f"return lambda *args, **kwargs: {self.value(owner)}"
            case 10:
                return f"yield {self.value(owner)}"
            case 11 if self.chance.random() < 0.2:
                return f"return os.write({self.chance.choice([1, 2, 3, 3, 3, 4, 5])}, {self.message()!r})"
            case _:
                return f"return {self.value(owner)}"

    def message(self) -> bytes:
        """Return a message that the process was not asked for: a frame, half a frame, or noise."""
        values: list[object] = [None, True, 0, 1.5, "a", [], {}, ["a", 1], {"a": None}]
        fields = [self.chance.choice(values) for _ in range(self.chance.randrange(5))]
        payload = encode([self.chance.choice(_VERBS), *fields])
        match self.chance.randrange(5):
            case 0:
                return self.chance.randbytes(self.chance.randrange(1, 40))
            case 1:
                return frame(payload)[: self.chance.randrange(1, len(payload) + 4)]
            case 2:
                return frame(payload) * 3
            case 3 if self.chance.random() < 0.5:
                value = self.chance.choice([0, 1.0, True, None, "a", [], [0], {"a": 0}, ["x", 7], 10**30, float("nan")])
                return frame(encode(["ok", value, None])) * self.chance.choice([1, 1, 2, 5])
            case 3:
                text = self.chance.choice(
                    [b'["ok", {"r": [1, "L0", true, 5]}, null]', b'["ok"', b"[]", b"7", b'{"r": 1}']
                )
                return frame(text)
            case _:
                return frame(payload)
