"""What the answer was lent of test code's objects."""

from __future__ import annotations

from typing import Any

from testcases.objects.attributes import may_be_called, may_get, may_set
from testcases.objects.lending import OPERATIONS, abilities_of, is_public

__all__ = ["Loans"]

_LENT = "t"


class Loans:
    """Objects that stay in the examiner while the answer has keys for them."""

    def __init__(self) -> None:
        self._lent: dict[str, Any] = {}
        self._keys: dict[int, str] = {}

    def key_of(self, value: Any) -> str:
        """The key by which the answer knows an object, which from now on is lent and kept alive."""
        key = self._keys.get(id(value))
        if key is None:
            key = self._keys[id(value)] = f"{_LENT}{len(self._lent)}"
            self._lent[key] = value
        return key

    def by_key(self, key: str) -> Any:
        """The object of a key; ``None`` for one that was never given."""
        return self._lent.get(key)

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Do with a lent object what the answer asks.

        Args:
            verb: ``call``, ``op``, ``get`` or ``set``.
            fields: the object, and what the verb takes: arguments; a word and operands; a name, and a value to set.

        Raises:
            TypeError: the object was not lent, or cannot do that.
            AttributeError: the attribute is not the answer's to see, or to set.
            Exception: what the object itself raises.
        """
        lent, *rest = fields if verb != "op" else [fields[1], fields[0], *fields[2:]]
        if self._keys.get(id(lent)) is None:
            raise TypeError("not an object of the test's")
        if verb == "call":
            args, kwargs = rest
            if not may_be_called(lent, args, kwargs):
                raise TypeError(f"{lent!r} takes no arguments here")
            return lent(*args, **kwargs)
        if verb == "op":
            word, *operands = rest
            if word not in str(abilities_of(lent)).split() and word not in {"enter", "exit"}:
                raise TypeError(f"{type(lent).__name__!r} object cannot do that")
            return OPERATIONS[word](lent, *operands)
        name, *value = rest
        if not is_public(name) or abilities_of(lent) == "function" or not may_get(lent, name):
            raise AttributeError(f"{type(lent).__name__!r} object has no attribute {name!r}")
        if verb == "get":
            return getattr(lent, name)
        if not may_set(lent, name, *value):
            raise AttributeError(f"{name!r} of a {type(lent).__name__!r} object of the test's cannot be set to that")
        return setattr(lent, name, *value)
