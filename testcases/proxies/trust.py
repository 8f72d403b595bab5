"""Decides which operations the solution's objects may perform for test code, and which of their results are believed.

An answer that is optimised against its tests exploits every comparison that its own code decides. So the rule behind
all others: the test's own plain data is compared in the harness process, with plain data, and the answer does not see
it before. `testcases.proxies.trust_table` has the rule for each operation and origin of an object.

Terms:

- A class is *known* if test code names it, or derives it from a class that it names.
- An object is *constructed* if test code called a known class that is meant as a class. An answer may write a class
  where a function was asked for; what that returns is handed out (`testcases.proxies.class_registry`). So is whatever a
  function, a method or an attribute gives, even an object that the test constructed: for test code it is another proxy.
- *Forwarded*: the solution's process performs the operation. *Local*: this process performs it, on plain data that the
  object was converted to.
- A *stranger* is a bare ``object()`` in the solution's process. No honest object is equal to it, holds it, or computes
  with it, nor with an object of its own class whose attributes are strangers.

A refusal is not an exception that test code could catch (`testcases.signals.RefusedError`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import GET, OP
from testcases.proxies import contents, observations, searches
from testcases.proxies.session import ref_of
from testcases.proxies.trust_table import (
    CLAIMS,
    SEARCHES,
    TABLE,
    TEXT_CONVERSIONS,
    Operation,
    Origin,
    Rule,
    Treatment,
    weakest,
)
from testcases.signals import RefusedError, is_from_solution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from testcases.proxies.session import Session

__all__ = [
    "ITEMS",
    "NUMBERS",
    "PLAIN",
    "TEXTS",
    "as_plain",
    "base_value",
    "calculated_number",
    "call_method",
    "computes_with_a_stranger",
    "contains",
    "convert",
    "get_attribute",
    "is_said_of_a_stranger",
    "plain_types_of",
    "refusal",
    "refuse_claim",
    "require_int",
    "require_str",
    "rule_for",
    "value_as",
    "what_came_of",
]

NUMBERS = frozenset({bool, int, float, complex})
TEXTS = frozenset({str, bytes})
ITEMS = frozenset({list, tuple, set, frozenset})
PLAIN = NUMBERS | ITEMS | TEXTS | {dict}


def rule_for(session: Session, operation: Operation, proxy: Any, *others: Any) -> Rule:
    """Return the rule for an operation on an object, and on others of the solution."""
    proxies = [proxy, *others]
    if others and not all(session.is_known(one) for one in proxies):
        return TABLE[operation][Origin.UNNAMED]
    origin = weakest([ref_of(one).origin for one in proxies])
    if origin is Origin.HANDED_OUT and not session.is_known(proxy):
        origin = Origin.UNNAMED
    return TABLE[operation][origin]


def refusal(operation: Operation) -> RefusedError:
    """Return the error of an operation that is refused."""
    return RefusedError(f"what an object of the solution claims is not believed: {operation.value}")


def is_said_of_a_stranger(session: Session, operation: str, proxy: Any, result: Any) -> bool:
    """Return whether the class of an object says the same of a stranger, or of an object of its own without contents.

    An honest class that reads ``other.x`` raises for a stranger, and so says nothing of it.
    """
    return any(said is result for said in _said_of_strangers(session, operation, proxy, is_left=True))


def computes_with_a_stranger(session: Session, operation: str, proxy: Any, *, is_left: bool) -> bool:
    """Return whether the class of an object computes with a stranger, whatever the result."""
    return any(True for _ in _said_of_strangers(session, operation, proxy, is_left=is_left))


def _said_of_strangers(session: Session, operation: str, proxy: Any, *, is_left: bool) -> Iterator[Any]:
    # A container says nothing of other containers, and only of what is in it.
    for kind in ("stranger",) if operation == "contains" else ("stranger", "kin"):
        try:
            yield session.ask(OP, kind, [proxy, operation, is_left])
        except Exception as error:
            if not is_from_solution(error):
                raise


def what_came_of(session: Session, proxy: Any, value: Any) -> Any:
    """Return what an attribute, a call or an iteration of an object gave, with its origin."""
    rule = rule_for(session, Operation.READ, proxy)
    return value if rule.gives is Origin.HANDED_OUT else session.view(value, rule.gives)


def convert(session: Session, operation: str, proxy: Any, *operands: Any) -> Any:
    """Return an object converted to a number, a text or a truth value."""
    row = Operation.TEXT if operation in TEXT_CONVERSIONS else Operation.NUMBER
    rule = rule_for(session, Operation.LENGTH if operation == "len" else row, proxy)
    if rule.treatment is Treatment.CALCULATED:
        return observations.convert_plain(operation, calculated_number(proxy, row), *operands)
    value = observations.convert(session, operation, proxy, *operands)
    if rule.treatment is Treatment.FILLED and not value:
        raise refusal(Operation.LENGTH)
    if operation == "bool" and value is True:
        contents.note_claim(session, proxy)
    elif operation == "len" and type(value) is int:
        note = contents.note_claim if value else contents.note_empty
        note(session, proxy)
    return session.view(value, rule.gives)


def calculated_number(proxy: Any, operation: Operation) -> Any:
    """Return the number that this process has calculated, for an object that is a difference.

    Raises:
        RefusedError: it has calculated none.
    """
    number = ref_of(proxy).number
    if number is None:
        raise refusal(operation)
    return number


def value_as(session: Session, proxy: Any, kind: type) -> Any:
    """Return an object converted to a plain type; ``None`` if it cannot be."""
    if kind in NUMBERS:
        return observations.as_number(session, proxy)
    try:
        value = observations.ask_once(session, "plain", proxy, kind.__name__)
        return kind(value) if kind in ITEMS else value
    except Exception as error:
        if not is_from_solution(error) and not isinstance(error, TypeError):
            raise
        return None


def plain_types_of(session: Session, proxy: Any) -> frozenset[type]:
    """Return the plain types that an object handed out may be compared with.

    They are of one kind, so that the object equals one value: it must not be 3 to one test and "three" to the next.
    """
    kind = observations.plain_base(proxy)
    if kind is not None:
        return next((group for group in (NUMBERS, ITEMS) if kind in group), frozenset({kind}))
    if any(observations.has_member(proxy, f"__{name}__") for name in ("index", "float", "complex")):
        return NUMBERS
    if session.is_known(proxy):
        return PLAIN - NUMBERS
    if observations.has_member(proxy, "keys"):
        return frozenset({dict})
    if observations.has_member(proxy, "__iter__") or observations.has_member(proxy, "__getitem__"):
        return ITEMS
    return frozenset({bytes} if observations.has_member(proxy, "__bytes__") else {str})


def base_value(session: Session, proxy: Any) -> Any:
    """Return the number or text that an object is by its class; ``None`` if it is none."""
    if observations.plain_base(proxy) not in NUMBERS | TEXTS:
        return None
    try:
        return observations.ask_once(session, "base", proxy)
    except Exception as error:
        if not is_from_solution(error):
            raise
        return None


def contains(session: Session, proxy: Any, item: Any) -> bool:
    """Return whether an item is in an object."""
    rule = rule_for(session, Operation.CONTAINS, proxy)
    if rule.treatment is Treatment.REFUSED:
        raise refusal(Operation.CONTAINS)
    if rule.treatment is Treatment.CONTROLLED:
        is_in = session.ask(OP, "contains", [proxy, item]) is True
        return is_in and not is_said_of_a_stranger(session, "contains", proxy, is_in)
    if observations.plain_base(proxy) in TEXTS:
        return item in observations.ask_once(session, "base", proxy)
    if not hasattr(type(proxy), "__iter__"):
        raise refusal(Operation.CONTAINS)
    spelled: list[str] | None = []
    for element in proxy:
        if element is item or element == item:
            return True
        if spelled is not None and type(element) is str and len(element) == 1:
            spelled.append(element)
        else:
            spelled = None
    # The items of a text are its characters, and a word is in it if they spell it.
    return type(item) is str and bool(spelled) and item in "".join(spelled or ())


def call_method(session: Session, proxy: Any, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a method."""
    refuse_claim(session, proxy, name, args)
    plain = observations.plain_value_with(session, proxy, name)
    if plain is not None:
        return getattr(plain, name)(*args, **kwargs)
    result = session.call([proxy, name], args, kwargs)
    if (
        name in SEARCHES
        and type(result) is int
        and args
        and searches.finds_anything(session, proxy, name, args, result)
    ):
        raise RefusedError(f"{name}() of an object of the solution is not believed: it says the same of anything")
    return what_came_of(session, proxy, result)


def get_attribute(session: Session, proxy: Any, name: str) -> Any:
    """Return an attribute."""
    plain = observations.plain_value_with(session, proxy, name)
    if plain is not None:
        refuse_claim(session, proxy, name)
        return getattr(plain, name)
    value = session.ask(GET, proxy, name)
    refuse_claim(session, proxy, name)
    if name in SEARCHES and callable(value):  # such as what a `__getattr__` makes up

        def search(*args: Any, **kwargs: Any) -> Any:
            return call_method(session, proxy, name, args, kwargs)

        return search
    return what_came_of(session, proxy, value)


def refuse_claim(session: Session, proxy: Any, name: str, args: Sequence[Any] = ()) -> None:
    """Refuse a method of an object or class if its result would decide the test although it is only a claim.

    Raises:
        RefusedError: the method is one of plain data, and neither the object nor an argument makes it harmless.
    """
    is_class = isinstance(proxy, type)
    if (name not in CLAIMS and not (is_class and name in SEARCHES)) or any(session.is_proxy(arg) for arg in args):
        return
    if is_class:
        is_believed = session.classes.is_constructible(proxy)
    else:
        treatment = rule_for(session, Operation.CLAIM, proxy).treatment
        is_believed = treatment is Treatment.FORWARDED or (
            treatment is Treatment.BASE and observations.plain_value_with(session, proxy, name) is not None
        )
    if not is_believed:
        raise RefusedError(f"{name}() of an object of the solution is not believed: it is not plain data")


def as_plain(session: Session, proxy: Any, kind: type) -> Any:
    """Return an object converted to a list, a dict or a number; the object itself if the conversion fails."""
    if ref_of(proxy).origin is Origin.DIFFERENCE:
        return calculated_number(proxy, Operation.NUMBER)
    try:
        if kind is float:
            return observations.ask_once(session, "base", proxy)
        return observations.ask_once(session, "plain", proxy, kind.__name__)
    except Exception as error:
        if not is_from_solution(error):
            raise
        return proxy


# If a proxy's `__len__` returned a text, Python would raise a TypeError, and test code that expects one of the solution
# would catch it. Test code cannot catch a refusal.


def require_int(value: Any) -> int:
    """Return an int as it is, and refuse any other type."""
    if type(value) is not int:
        raise RefusedError("a whole number is needed, and the solution returned something else")
    return value


def require_str(value: Any) -> str:
    """Return a str as it is, and refuse any other type."""
    if type(value) is not str:
        raise RefusedError("a text is needed, and the solution returned something else")
    return value
