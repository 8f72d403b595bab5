"""Named tuples of the solution: their items are plain data here, and the rest is read in the solution's process."""

from __future__ import annotations

import collections
import keyword
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import OP
from testcases.proxies import observations, trust
from testcases.proxies.proxy import ProxyType
from testcases.proxies.trust_table import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from testcases.proxies.session import RemoteRef

__all__ = ["make_named_tuple_class"]


def make_named_tuple_class(
    name: str, names: tuple[str, ...], namespace: dict[str, Any], slots: Collection[str] = ()
) -> type | None:
    """Make a class of named tuples that read all attributes but their fields in the solution's process.

    The items were sent as plain data, so these tuples are compared in the harness process, like any tuple.

    Args:
        name: of the class.
        names: of its fields.
        namespace: what it has besides.
        slots: special methods that the solution's class defines.
    """
    usable = len(set(names)) == len(names) and all(
        field.isidentifier() and not keyword.iskeyword(field) and not field.startswith("_") for field in names
    )
    if not usable or not name.isidentifier():
        return None
    plain = collections.namedtuple(name, names)  # type: ignore[misc]  # noqa: PYI024 - its names are known now
    special: dict[str, Any] = {}
    if "__class_ref__" in namespace:
        del plain._field_defaults  # it is read in the solution's process
        special = {slot: method for slot, method in _SPECIAL.items() if slot in slots}
    return type.__new__(ProxyType, name, (plain,), {**namespace, **special, "__getattr__": _attribute})


def _ref(self: Any) -> RemoteRef | None:
    """Return the reference of a tuple; one that was made here, as by `_replace`, is made there, too."""
    if "__ref__" not in self.__dict__ and "__class_ref__" in vars(type(self)):
        kind = type(self)
        made = vars(kind)["__class_ref__"].session.call(kind, tuple(self), {})
        if type(made) is kind and tuple.__eq__(made, self):
            self.__dict__["__ref__"] = made.__dict__.get("__ref__")
    ref: RemoteRef | None = self.__dict__.get("__ref__")
    return ref


def _attribute(self: Any, name: str) -> Any:
    if (name.startswith("__") and name.endswith("__")) or (ref := _ref(self)) is None:
        raise AttributeError(name)
    return trust.get_attribute(ref.session, self, name)


def _text(operation: str) -> Callable[..., Any]:
    local: Callable[..., Any] = getattr(tuple, f"__{operation}__")

    def method(self: Any, *operands: Any) -> Any:
        if (ref := _ref(self)) is None:
            return local(self, *operands)
        return trust.require_str(observations.ask_once(ref.session, operation, self, *operands))

    return method


def _computing(operation: str, *, reflected: bool = False) -> Callable[..., Any]:
    """Make an operator that is the solution's between its tuples, or with a factor, and gives another of its tuples.

    It could stand for a comparison with the test's data otherwise: those it sees as a tuple does.
    """
    local = getattr(tuple, f"__{'r' * reflected}{operation.rstrip('_')}__", lambda *_: NotImplemented)

    def method(self: Any, *others: Any) -> Any:
        ref = _ref(self)
        is_theirs = all(_is_theirs(other) or (operation == "mul" and type(other) in {int, float}) for other in others)
        if ref is None or not is_theirs or not ref.session.is_known(self):
            return local(self, *others)
        result = ref.session.ask(OP, operation, [*others, self] if reflected else [self, *others])
        if not _is_theirs(result) and result is not NotImplemented:
            raise trust.refusal(Operation.COMBINE_OBJECT)
        return result

    return method


def _is_theirs(value: Any) -> bool:
    return issubclass(type(type(value)), ProxyType) and issubclass(type(value), tuple)


_NAMES: Final = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor")
_SPECIAL: Final[dict[str, Any]] = {
    **{f"__{name}__": _text(name) for name in ("str", "repr", "format")},
    **{f"__{name}__": _computing(name) for name in ("neg", "pos", "invert")},
    **{f"__{name.rstrip('_')}__": _computing(name) for name in _NAMES},
    **{f"__r{name.rstrip('_')}__": _computing(name, reflected=True) for name in _NAMES},
}
