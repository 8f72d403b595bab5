"""Rules on the objects of test code that may be exported to the solution, and on what it may do with them.

The solution may call functions of test code back, and use the public attributes of its objects. What exists in both
processes, such as ``len`` or `math.sqrt`, is sent by name, and the solution uses its own. Everything else is refused:
from a module, a frame or a code object of test code the answer could reach the expected values.
"""

from __future__ import annotations

import _collections_abc
import builtins
import collections
import contextlib
import datetime as dt
import decimal
import functools
import inspect
import io
import json
import operator
import random
import re
import sys
import threading
import types
import unittest.mock
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.standard_values import form_name
from sandbox.wire.values import Construction
from testcases.proxies.awaiting import finish, next_of
from testcases.signals import TEST_MODULES, BrokenTestError, FinalError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "BUILT_IN_CLASSES",
    "OPERATIONS",
    "STAY",
    "GlobalRef",
    "abilities_of",
    "built_in_base",
    "construction_of",
    "context_arguments",
    "function_facts",
    "global_name",
    "is_public",
    "plain_attributes",
]

_TEXT_CHARS = 500
_DOC_CHARS = 10_000
# Modules of the harness and of test libraries: nothing in them is sent by name.
_OWN_PACKAGES = frozenset({"testcases", "sandbox", "grader", "pytest", "_pytest", "unittest"})
_ABILITY_NAMES: Final = """
    iter next len getitem setitem delitem contains eq ne lt le gt ge hash bool str repr int float index add sub mul
    truediv neg abs reversed aenter aexit aiter anext
"""


def _special(one: Any, name: str) -> Any:
    """Return a special method as the interpreter finds it: of the class, bound to the object."""
    # Not `type(one).__exit__`: what a mock has there must be bound, and takes no other argument for the object.
    kind = type(one)
    member = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    if member is None:
        raise TypeError(f"{kind.__name__!r} object does not support the context manager protocol")
    return member.__get__(one, kind) if hasattr(member, "__get__") else member


_ABILITIES: Final = {f"__{name}__": name for name in _ABILITY_NAMES.split()}
_OPERATORS = "getitem setitem delitem contains eq ne lt le gt ge index add sub mul truediv neg"
OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "iter": iter, "next": next, "len": len, "hash": hash, "bool": bool, "str": str, "repr": repr, "int": int,
    "float": float, "abs": abs, "reversed": reversed,
    "isinstance": lambda kind, one: isinstance(one, kind), "issubclass": lambda kind, one: issubclass(one, kind),
    "enter": lambda one: _special(one, "__enter__")(),
    "exit": lambda one, _: _special(one, "__exit__")(None, None, None),
    "await": finish, "aenter": lambda one: type(one).__aenter__(one), "anext": next_of, "aiter": aiter,
    "aexit": lambda one, _: type(one).__aexit__(one, None, None, None),
    **{name: getattr(operator, name) for name in _OPERATORS.split()},
}  # fmt: skip
"""Functions that perform the operations on exported objects, by name."""
_SIMPLE = frozenset({str, int, float, bool, type(None)})
_MARKS = frozenset({"comes_from_solution", "has_passed_solution", "verdict"})
"""Attributes that `testcases` itself gives to exceptions."""
_CONTAINERS = (
    list, dict, set, collections.deque, bytearray, collections.OrderedDict, collections.Counter,
    collections.defaultdict,
)  # fmt: skip
_IMMUTABLE_TYPES = (
    str, bytes, int, float, complex, tuple, frozenset, range, Decimal, Fraction, dt.date, dt.datetime, dt.time,
    dt.timedelta,
)  # fmt: skip
_OF_PROXIES = frozenset({types.FunctionType, types.MethodType, property, classmethod, super})
"""Types of the members that proxy classes have."""
_CACHED_FUNCTION: Final = type(functools.lru_cache(lambda: None))
_STATEFUL = (random.Random, types.SimpleNamespace, collections.ChainMap)
_METHOD_TYPES = (types.BuiltinMethodType, types.MethodType, types.MethodWrapperType)
_EXPORTABLE_TYPES: tuple[type, ...] = (
    io.StringIO, io.BytesIO, random.Random, re.Match, types.GeneratorType, map, filter, zip, enumerate,
    unittest.mock.NonCallableMock, types.AsyncGeneratorType,
    type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")),
    type(iter(range(0))), type({}.keys()), type({}.values()), type({}.items()), type(threading.Lock()), threading.Event,
    type(threading.RLock()), threading.Condition, threading.Semaphore, threading.Barrier,
    types.SimpleNamespace, type(unittest.mock.sentinel.any), reversed, type(iter(b"")), type(iter(bytearray())),
    type(iter("é")),
    type(iter(range(1 << 99))),
    type(iter(int, 1)), type(reversed([])), type(reversed({})), type(reversed({}.values())), type(reversed({}.items())),
    type(iter({}.values())), type(iter({}.items())), type(iter(collections.deque())),
)  # fmt: skip
_EXPORTABLE_MODULES: Final = frozenset({"itertools", "asyncio.queues", "asyncio.locks", "queue", "_queue"})
"""Modules all of whose objects may be exported."""
_DATA_TYPES: tuple[type, ...] = (
    bool, bytearray, bytes, complex, dict, float, frozenset, int, list, object, range, set, slice, str, tuple,
)  # fmt: skip
_ERRORS = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)]
BUILT_IN_CLASSES: Final[Mapping[str, type]] = {kind.__name__: kind for kind in (*_DATA_TYPES, *_ERRORS)}
"""Classes that the answer may pass to test code by name. Calling them does no harm: they only make data."""


STAY: Final = frozenset({types.SimpleNamespace, collections.defaultdict})
"""Types whose objects stay in the harness although they could cross as data: the answer may change them for the test to
see, or, of a `defaultdict`, its factory is test code."""


_NAMED_ELSEWHERE: Final = {
    id(kind): f"{module_name}:{name}"
    for module_name, module in (("_collections_abc", _collections_abc), ("types", types))
    for name, kind in vars(module).items()
    if type(kind) is type and kind.__module__ == "builtins" and not hasattr(builtins, kind.__name__)
}
"""Types such as that of functions, which are not in the module that they say."""


class GlobalRef:
    """Refers to an object in the solution's process by ``module:name``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _note_of(note: Any) -> str | None:
    """Return what the answer sees of an annotation: the name of a built-in class; in quotes, a text; or nothing."""
    if note is None:
        return "None"
    return repr(note) if type(note) is str and len(note) <= _TEXT_CHARS else _builtin_name(note)


def _parameter_facts(parameter: inspect.Parameter) -> list[Any]:
    """Return name, kind and default value: a simple one as it is, a function by a mark, nothing for none."""
    default: list[Any] = []
    if parameter.default is not parameter.empty:
        default = [parameter.default] if _is_json(parameter.default) else [None, callable(parameter.default)]
    return [parameter.name, int(parameter.kind), default]


def _is_json(value: Any) -> bool:
    return type(value) in _SIMPLE and len(repr(value)) <= _TEXT_CHARS


def _builtin_name(kind: Any) -> str | None:
    name = kind.__name__ if isinstance(kind, type) else ""
    return name if name and vars(builtins).get(name) is kind else None


def function_facts(value: Any) -> str:
    """Return what the answer may read of a function of test code besides its name, as JSON."""
    notes = {name: _note_of(note) for name, note in value.__annotations__.items()}
    doc = value.__doc__ if type(value.__doc__) is str else None
    facts = {"doc": doc and doc[:_DOC_CHARS], "qualname": value.__qualname__, "annotations": notes}
    with contextlib.suppress(TypeError, ValueError):
        facts["parameters"] = [_parameter_facts(one) for one in inspect.signature(value).parameters.values()]
    return json.dumps(facts | ({"async": True} if inspect.iscoroutinefunction(value) else {}))


def argument_error(kind: type) -> FinalError:
    """Return the error of a test that passes an object of this type to the solution, although it cannot cross."""
    # No answer could be given it. But an answer decides which of our own objects an attribute of its class is.
    if kind in _OF_PROXIES or kind.__module__.startswith("testcases."):
        return RefusedError(f"arguments that cannot be passed: {kind.__name__} is not plain data")
    return BrokenTestError(f"a test passes an argument that cannot be passed: {kind.__name__} is not plain data")


def construction_of(value: Any) -> Construction | None:
    """Return the call that makes an object of test code in the solution's process; ``None`` for one that stays.

    Such an object is a function made of others, and has no state that test code could look at afterwards.
    """
    kind = type(value)
    if kind is functools.partial:
        # A container would be copied, and the test would not see what its own function puts into it.
        if abilities_of(value.func) == "function" and any(
            isinstance(arg, _CONTAINERS) for arg in (*value.args, *value.keywords.values())
        ):
            return None
        return _call("functools:partial", value.func, *value.args, **value.keywords)
    if kind in {operator.itemgetter, operator.attrgetter, operator.methodcaller}:
        function, args = value.__reduce__()
        if kind is operator.methodcaller and type(function) is functools.partial:  # as it does for keywords
            return _call("operator:methodcaller", *function.args, *args, **function.keywords)
        return _call(f"operator:{kind.__name__}", *args)
    if kind in {types.GenericAlias, types.UnionType} or (kind.__module__ == "typing" and hasattr(value, "__origin__")):
        return _type_construction(value)
    if kind is re.Pattern:
        return _call("re:compile", value.pattern, value.flags & ~re.DEBUG)
    if kind is collections.defaultdict:
        return _call("collections:defaultdict", value.default_factory, dict(value))
    # A method of a value that crosses as data, such as ", ".join, or of a class that crosses by name.
    if kind is decimal.Context:
        return _call("decimal:Context", *context_arguments(value))
    owner = getattr(value, "__self__", None) if kind in _METHOD_TYPES else None
    if isinstance(owner, type) and global_name(owner) is not None:
        return _call("builtins:getattr", owner, value.__name__)
    is_data = type(owner) in _IMMUTABLE_TYPES or (form_name(type(owner)) is not None and type(owner) not in _STATEFUL)
    return _call("builtins:getattr", owner, value.__name__) if is_data else None


def context_arguments(context: decimal.Context) -> tuple[Any, ...]:
    """Return the arguments that make a context of `decimal` again, without the flags that calculations have set."""
    limits = context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp
    return (*limits, [], [kind for kind, is_set in context.traps.items() if is_set])


def _type_construction(value: Any) -> Construction | None:
    """Return the call that makes a type with arguments, such as ``list[int]`` or ``int | None``."""
    if type(value) is types.UnionType:
        return _call("functools:reduce", operator.or_, list(value.__args__))
    if type(value) is types.GenericAlias:
        return _call("types:GenericAlias", value.__origin__, value.__args__)
    try:
        function, args = value.__reduce__()
    except (TypeError, ValueError):
        return None
    return _call("operator:getitem", *args) if function is operator.getitem else None


def _call(name: str, *args: Any, **kwargs: Any) -> Construction:
    return Construction(GlobalRef(name), args, kwargs)


def global_name(value: Any) -> str | None:
    """Return ``module:name`` of an object that the solution's process has, too; ``None`` for all others."""
    if type(value) is GlobalRef:
        return value.name
    if isinstance(value, types.ModuleType):
        return f"{value.__name__}:" if _is_standard(value.__name__) else None
    if isinstance(value, types.MethodDescriptorType | types.WrapperDescriptorType):
        owner = value.__objclass__
        return (
            f"builtins:{owner.__name__}.{value.__name__}"
            if _is_same_object("builtins", owner.__name__, owner)
            else None
        )
    if type(value) is _numpy_function_type():
        return f"numpy:{value.__name__}" if _is_same_object("numpy", value.__name__, value) else None
    if id(value) in _NAMED_ELSEWHERE:
        return _NAMED_ELSEWHERE[id(value)]
    if type(value).__module__ == "typing" and type(getattr(value, "_name", None)) is str:
        return f"typing:{value._name}" if _is_same_object("typing", value._name, value) else None  # noqa: SLF001 - it has no public name
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        module, name = value.__module__ or "builtins", value.__qualname__
        return f"{module}:{name}" if _is_standard(module) and _is_same_object(module, name, value) else None
    return None


def _numpy_function_type() -> Any:
    """Return the type of functions such as ``numpy.sin``, where numpy is loaded."""
    return getattr(sys.modules.get("numpy"), "ufunc", GlobalRef)


def _is_standard(module: str) -> bool:
    root = module.partition(".")[0]
    return (root in sys.stdlib_module_names or root == "numpy") and root not in _OWN_PACKAGES and module in sys.modules


def _is_same_object(module: str, path: str, value: Any) -> bool:
    # Not every `__module__` and `__qualname__` is true: both can be set, and test code may have patched the name.
    named: Any = sys.modules[module] if module != "builtins" else builtins
    for name in path.split("."):
        named = getattr(named, name, None)
    return named is value


def abilities_of(value: Any) -> str | None:
    """Return the operations that the answer may use on an object; ``None`` if the object may not be exported.

    They are words separated by spaces: ``function``; ``type`` for a class; ``class`` or ``exception`` with a built-in
    base, and the arguments of the exception as JSON; or operations.
    """
    # type(), not isinstance(): a mock with a spec, or a proxy, reports another class as its `__class__`.
    kind = type(value)
    if kind is types.FunctionType or kind is _CACHED_FUNCTION:
        # A mock with autospec= is a function that has the mock, and the module of none.
        is_mock = issubclass(type(vars(value).get("mock")), unittest.mock.NonCallableMock)
        return "function" if is_mock or _is_test_module(value.__module__) else None
    if kind is functools.partial:
        harmless = getattr(value.func, "__module__", "") in {"_operator", "math"}
        return "function" if harmless or abilities_of(value.func) == "function" else None
    if kind is types.CoroutineType:
        return "coroutine"
    # A bound method gives access to its object, so it may be exported only if the object may.
    if kind is types.MethodType:
        return "function" if abilities_of(value.__self__) is not None else None
    if issubclass(kind, types.BuiltinMethodType):  # some are of a subclass, such as those of `re.Pattern`
        return "function" if _has_open_methods(type(value.__self__)) else None
    if kind is types.MethodWrapperType:
        return "function" if _has_open_methods(type(value.__self__)) else None
    if isinstance(value, type):
        if issubclass(value, BaseException):
            return f"class {built_in_base(value)}"
        return "type" if _is_test_module(value.__module__) else None
    if isinstance(value, BaseException):
        return f"exception {built_in_base(kind)} {_args_text(value)}"
    return _abilities_of_object(kind)


def _has_open_methods(owner: type) -> bool:
    """Return whether test code may hand out methods of this built-in type, such as the ``__next__`` of an iterator."""
    return owner in _CONTAINERS or issubclass(owner, _EXPORTABLE_TYPES) or owner.__module__ in {"_queue", "itertools"}


def _abilities_of_object(kind: type) -> str | None:
    if (
        kind is object
        or _is_test_module(kind.__module__)
        or issubclass(kind, _EXPORTABLE_TYPES)
        or kind.__module__ in _EXPORTABLE_MODULES
    ):
        words = [
            word
            for name, word in _ABILITIES.items()
            if (found := getattr(kind, name, None)) is not None and found is not getattr(object, name, None)
        ]
        fields = vars(kind).get("__dataclass_fields__") if _is_test_module(kind.__module__) else None
        if type(fields) is dict:  # `dataclasses` works on them in the answer, too
            words.append("fields:" + ",".join(filter(is_public, fields)))
        return " ".join(words)
    return None


def _args_text(error: BaseException) -> str:
    """Return the arguments of an exception as JSON; only its text where they are not simple."""
    if all(type(arg) in _SIMPLE for arg in error.args):
        text = json.dumps(list(error.args))
        if len(text) <= _TEXT_CHARS:
            return text
    return json.dumps([str(error)[:_TEXT_CHARS]])


def built_in_base(kind: type) -> str:
    """Return the name of the nearest built-in class that a class derives from.

    Behind ``@`` is the global name of the nearest class of the standard library, where that is nearer.
    """
    built_in = next((base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"), "Exception")
    for base in kind.__mro__:
        if base.__module__ == "builtins":
            break
        if (name := global_name(base)) is not None:
            return f"{built_in}@{name}"
    return built_in


def plain_attributes(error: BaseException) -> dict[str, Any] | None:
    """Return the attributes of an exception that the answer may read; ``None`` if there are none."""
    attributes = vars(error) if type(vars(error)) is dict else {}
    found = {name: value for name, value in attributes.items() if is_public(name) and _is_simple(value)}
    return {name: value for name, value in found.items() if name not in _MARKS} or None


def _is_simple(value: Any) -> bool:
    kind = type(value)
    return kind in _SIMPLE or kind is bytes or (kind in {list, tuple} and all(type(item) in _SIMPLE for item in value))


def is_public(name: Any) -> bool:
    """Return whether an answer may use an attribute of this name.

    With ``__globals__`` or ``__self__`` of a callback it could reach everything in the harness process.
    """
    return type(name) is str and name.isidentifier() and not name.startswith("_")


def _is_test_module(module: Any) -> bool:
    return module in TEST_MODULES
