"""Annotations of the solution's functions, classes and module, which its process reads and evaluates.

An annotation may be a text. The functions of the library that evaluate one would run code of the answer in the harness,
so those of test code ask the solution's process about everything that is the solution's.
"""

from __future__ import annotations

import inspect
import sys
import typing
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import OP
from testcases.proxies.exportable import GlobalRef
from testcases.proxies.proxy import SPECIAL_METHODS, ProxyType
from testcases.proxies.proxy_classes import ClassMethod
from testcases.proxies.signatures import is_of_solution, session_of
from testcases.replacements import replaced
from testcases.signals import BrokenTestError, RefusedError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from testcases.solution_client import SolutionClient

__all__ = ["SOLUTION_MODULE", "annotate", "names_annotations", "solution_annotations"]

SOLUTION_MODULE: Final = "solution:"
"""Global name of the solution's module, in its own process."""
_WORDS: Final = ("__annotations__", "get_annotations", "type_hints", "fields(")
# Bound here, because they are patched.
_get_type_hints, _get_annotations = typing.get_type_hints, inspect.get_annotations


def names_annotations(source: str) -> bool:
    """Return whether test code may look at annotations of members of classes."""
    return any(word in source for word in _WORDS)


def solution_annotations() -> AbstractContextManager[None]:
    """Have the library ask the solution's process for the annotations of what is the solution's."""

    def get_type_hints(obj: Any, globalns: Any = None, localns: Any = None, *extras: Any, **options: Any) -> Any:
        if not _is_answerable(obj):
            return _get_type_hints(obj, globalns, localns, *extras, **options)
        options |= dict(zip(["include_extras"], extras, strict=False))
        return _reported("type_hints", obj, options, (globalns, localns))

    def get_annotations(obj: Any, *, globals: Any = None, locals: Any = None, **options: Any) -> Any:  # noqa: A002 - their names
        if not _is_answerable(obj):
            return _get_annotations(obj, globals=globals, locals=locals, **options)
        return _reported("annotations", obj, options, (globals, locals))

    owners = [(typing, "get_type_hints", get_type_hints), (inspect, "get_annotations", get_annotations)]
    if (library := sys.modules.get("annotationlib")) is not None:  # since Python 3.14
        owners.append((library, "get_annotations", get_annotations))
    return replaced(owners)


def _is_answerable(one: Any) -> bool:
    return is_of_solution(one) or _is_module(one)


def _is_module(one: Any) -> bool:
    return issubclass(type(one), ModuleType) and "__solution__" in vars(one)


def _reported(operation: str, one: Any, options: dict[str, Any], namespaces: tuple[Any, Any]) -> dict[str, Any]:
    """Return what the solution says.

    Raises:
        BrokenTestError: test code gives names of its own, or texts in a class that it has derived.
        RefusedError: it is no dict of annotations.
        Exception: the solution finds none, or cannot evaluate one.
    """
    if namespaces != (None, None):
        raise BrokenTestError("annotations of the answer are not evaluated with names of test code")
    is_module = _is_module(one)
    session = vars(one)["__solution__"].proxies if is_module else session_of(one)
    own: dict[str, Any] = {}
    if isinstance(one, ProxyType) and session.classes.is_derived(one):
        own = one.__annotations__  # which the class has in this process only
        if operation == "annotations" and not options.get("eval_str"):
            return own
        if any(type(note) is str for note in own.values()):
            raise BrokenTestError("annotations that a class of test code adds to one of the answer must not be texts")
    given = {name: int(value) for name, value in options.items() if value is not None}
    found = session.ask(OP, operation, [GlobalRef(SOLUTION_MODULE) if is_module else one, given])
    if type(found) is not dict or not all(type(name) is str for name in found):
        raise RefusedError("it reports annotations that are none")
    return found | own


def annotate(client: SolutionClient, kind: type) -> None:
    """Give the methods of a proxy class the annotations of the solution's, and its fields their types and defaults.

    Methods are functions of this process, whose annotations cannot be read only when test code asks for them.
    """
    notes, fields = _parts(client.ask(OP, "annotations_of_members", [kind]).value, [{}, {}])  # no value: an error
    for name, found in notes.items() if type(notes) is dict else ():
        if type(found) is dict and all(type(note) is str for note in found):
            _annotate_member(kind, name, found)
    own = vars(kind).get("__dataclass_fields__", {})
    for name, facts in fields.items() if type(fields) is dict else ():
        if name in own:
            own[name].type, *rest = _parts(facts, [Any, False, None, False, None])
            has_default, default, has_factory, factory = rest
            if has_default is True:
                own[name].default = default
            if has_factory is True:
                own[name].default_factory = factory


def _parts(reported: Any, instead: list[Any]) -> list[Any]:
    """Return a list that was reported, if it has as many items as it should."""
    return reported if type(reported) is list and len(reported) == len(instead) else instead


def _annotate_member(kind: type, name: Any, notes: dict[str, Any]) -> None:
    member: Any = vars(kind).get(name)
    if type(member) is property and type(member.fget) is FunctionType:
        member.fget.__annotations__ = notes
    elif type(member) is FunctionType and member is SPECIAL_METHODS.get(name):
        # It is shared by all classes.
        own: Any = FunctionType(member.__code__, member.__globals__, name, member.__defaults__, member.__closure__)
        own.__annotations__, own.__solution_class__ = notes, kind  # as other methods have it
        type.__setattr__(kind, name, own)
    elif type(member) is FunctionType or isinstance(member, ClassMethod):
        member.__annotations__ = notes
