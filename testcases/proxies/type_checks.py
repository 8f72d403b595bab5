"""``isinstance``, ``issubclass`` and ``json.dumps`` of test code, for objects whose class derives from a standard one.

A proxy class does not derive from ``float`` or from `enum.Enum`: functions of the library would take the proxy itself
for one, and look for its data in the harness. So the built-in functions say no of it. Those that test code gets also
ask which standard classes the solution's class derives from, as its process has reported. That decides no comparison:
what an object is worth still depends on the plain data that it reports (`testcases.proxies.trust`).
"""

from __future__ import annotations

import builtins
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any, Final
from unittest import case

from testcases.proxies import observations
from testcases.proxies.proxy import Proxy, ProxyType
from testcases.proxies.session import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TYPE_CHECKS", "library_type_checks", "standard_classes"]

_OWN_PACKAGES: Final = frozenset({"unittest", "testcases", "sandbox", "grader"})
# Bound here, because test code may patch the built-in ones.
_isinstance, _issubclass = builtins.isinstance, builtins.issubclass


def standard_classes(mro: list[list[Any]]) -> tuple[type, ...]:
    """Return the standard classes among those that a class derives from, itself included, as it was described."""
    found = [_standard_class(module, name) for _, module, name in mro]
    return tuple(kind for kind in found if kind is not None and kind is not object)


def _standard_class(module: str, name: str) -> type | None:
    root = module.partition(".")[0]
    if root not in sys.stdlib_module_names or root in _OWN_PACKAGES:
        return None
    kind = getattr(sys.modules.get(module), name, None)
    return kind if type(kind) is not ProxyType and _isinstance(kind, type) else None


def _ancestors(kind: type) -> tuple[type, ...]:
    return tuple(one for base in kind.__mro__ for one in vars(base).get("__standard_classes__", ()))


def _is_instance(value: Any, kinds: Any) -> bool:
    """Return whether an object is an instance of a class, or of one of several."""
    return _isinstance(value, kinds) or (
        type(type(value)) is ProxyType and any(_issubclass(kind, kinds) for kind in _ancestors(type(value)))
    )


def _is_subclass(kind: Any, kinds: Any) -> bool:
    """Return whether a class derives from another, or from one of several."""
    return _issubclass(kind, kinds) or (
        type(kind) is ProxyType and any(_issubclass(one, kinds) for one in _ancestors(kind))
    )


TYPE_CHECKS: Final[Mapping[str, Any]] = {"isinstance": _is_instance, "issubclass": _is_subclass}
"""What test code has in the place of the built-in functions of these names."""


def _json_default(_: Any, value: Any) -> Any:
    """Return the plain data of an object whose class derives from a type that JSON has."""
    kind = observations.plain_base(value) if _issubclass(type(value), Proxy) else None
    if kind is None:
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    session = ref_of(value).session
    if kind in {int, float, str}:
        return observations.ask_once(session, "base", value)
    plain = observations.ask_once(session, "plain", value, kind.__name__)
    return plain if type(plain) in {list, dict} else None


@contextlib.contextmanager
def library_type_checks() -> Iterator[None]:
    """Have unittest's assertions and `json` treat the solution's objects by the standard classes that theirs have."""
    names, encoder = vars(case), json.JSONEncoder
    default = encoder.default
    names.update(TYPE_CHECKS)
    encoder.default = _json_default  # type: ignore[method-assign, assignment]  # for as long as test code runs
    try:
        yield
    finally:
        encoder.default = default  # type: ignore[method-assign]  # back to what it was
        for name in TYPE_CHECKS:
            names.pop(name, None)
