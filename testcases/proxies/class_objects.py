"""Classes of the solution as objects of test code: what they hold, and what their attributes are.

An answer may hand out a class in the place of a list or a text, and its metaclass decides what is in it. So the rules
are those of `testcases.proxies.trust` for objects: the test's own plain data is compared in the harness process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import GET, OP
from testcases.proxies import trust
from testcases.proxies.session import ref_of
from testcases.proxies.trust_table import Operation
from testcases.signals import RefusedError, is_from_solution

if TYPE_CHECKING:
    from testcases.proxies.session import Session

__all__ = ["class_annotations", "class_attribute", "class_contains", "class_slots"]

_own_annotations = vars(type)["__annotations__"].__get__
"""Read past the property of proxy classes (`ProxyType.__annotations__`)."""


def class_contains(session: Session, kind: Any, item: Any) -> bool:
    """Return whether an item is in a class, such as a member in an enumeration.

    Raises:
        RefusedError: the class cannot be iterated over, and is none that the test means as one.
    """
    try:
        items = iter(kind)
    except TypeError as error:
        if not is_from_solution(error):
            raise
    else:
        # Since Python 3.12 an enumeration also holds the values of its members.
        return any(one is item or one == item or getattr(one, "value", one) == item for one in items)
    if not session.classes.is_constructible(kind):
        raise trust.refusal(Operation.CONTAINS)
    is_in = session.ask(OP, "contains", [kind, item]) is True
    return is_in and not trust.is_said_of_a_stranger(session, "contains", kind, is_in)


def class_attribute(session: Session, kind: Any, name: str) -> Any:
    """Return an attribute of a class.

    Raises:
        RefusedError: it is a method by which tests decide, of a class that is none that the test means as one.
    """
    trust.refuse_claim(session, kind, name)
    return session.class_attribute(kind, name)


def class_annotations(kind: Any) -> Any:
    """Return the annotations of a class: those of the solution's class, or those in the body of a derived one.

    Raises:
        RefusedError: they are no dict.
    """
    if _is_of_harness(kind):
        return _own_annotations(kind)
    notes = ref_of(kind).session.ask(GET, kind, "__annotations__")
    if type(notes) is not dict:
        raise RefusedError("it reports annotations that are none")
    return notes


def class_slots(kind: Any) -> Any:
    """Return the slots of a class, as `class_annotations` does."""
    return vars(kind).get("__slots__", ()) if _is_of_harness(kind) else ref_of(kind).session.ask(GET, kind, "__slots__")


def _is_of_harness(kind: Any) -> bool:
    """Return whether a proxy class is a base of this package, or one that test code has derived."""
    ref = vars(kind).get("__class_ref__")
    return ref is None or ref.key < 0 or ref.session.classes.is_derived(kind)
