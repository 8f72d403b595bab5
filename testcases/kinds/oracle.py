"""Expected values from the data set's own solution, where the data set gives inputs only.

The solution is the data set's, and trusted. It runs in the harness process, beside the tests.
"""

from __future__ import annotations

import copy
import marshal
from collections import OrderedDict
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sandbox.wire.values import encode
from testcases.describe import describe_arguments
from testcases.signals import BrokenTestError
from testcases.source.parsing import compile_quietly
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import CodeType

__all__ = ["InputRefusedError", "Oracle", "compile_oracle"]

_MAX_CACHED = 4096
_TEXT_CHARS = 200
_MOST_BYTES_FOR_ONE = 16
"""A control character is one byte for marshal, and six when it crosses; a number in a set takes still more."""

# A harness grades many answers to one problem, with the same calls in the same order.
_known: OrderedDict[tuple[str, str, bytes], Any] = OrderedDict()
"""Expected values by source, name and arguments; the oldest go first."""


class InputRefusedError(BrokenTestError):
    """The oracle raises an exception for one input."""


class Oracle:
    """A solution that is right by definition.

    Args:
        source: Python that defines what is called.
        value_bytes: size of the largest value that an answer may return; ``None`` for any.
    """

    def __init__(self, source: str, value_bytes: int | None = None) -> None:
        self._source = source
        self._value_bytes = value_bytes
        self._namespace: dict[str, Any] | None = None

    def expected(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return the value of a function, or of a method of a new object: ``Class.method``.

        Raises:
            InputRefusedError: it raises, or its value is larger than one of an answer may be.
            BrokenTestError: it takes too long, or is not there.
        """
        key = self._source, name, _fingerprint(args, kwargs)
        if key not in _known:
            value = self._call(name, args, kwargs)
            if self._value_bytes is not None and _is_larger(value, self._value_bytes):
                call = _text_of_call(name, args, kwargs)
                raise InputRefusedError(f"the oracle returns more than an answer may: {call}")
            _known[key] = value
            if len(_known) > _MAX_CACHED:
                _known.popitem(last=False)
        return _known[key]

    def _call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        call = _text_of_call(name, args, kwargs)
        try:
            function = self._function(name)
        except OutOfTimeError:
            raise BrokenTestError(f"the oracle takes too long over {call}") from None
        except BaseException as error:  # noqa: BLE001 - the data set's own code, whatever it raises
            raise BrokenTestError(f"the oracle fails over {call}: {type(error).__name__}: {error}") from None
        try:
            # Copies: the function may change its arguments, and the tests still need them.
            return function(*copy.deepcopy(list(args)), **copy.deepcopy(dict(kwargs)))
        except OutOfTimeError:
            raise BrokenTestError(f"the oracle takes too long over {call}") from None
        except BaseException as error:  # noqa: BLE001 - as above
            raise InputRefusedError(f"the oracle fails over {call}: {type(error).__name__}: {error}") from None

    def _function(self, name: str) -> Callable[..., Any]:
        if self._namespace is None:
            namespace: dict[str, Any] = {"__name__": "oracle"}
            exec(compile_oracle(self._source), namespace)
            self._namespace = namespace
        owner, _, member = name.rpartition(".")
        function: Callable[..., Any] = getattr(self._namespace[owner](), member) if owner else self._namespace[member]
        return function


@lru_cache(maxsize=64)
def compile_oracle(source: str) -> CodeType:
    """Compile the source of an oracle.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the source cannot be compiled.
    """
    # Unlike test code its handlers report nothing: it never meets an exception of the answer.
    return compile_quietly(source, "<oracle>")


def _text_of_call(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    return f"{name}({describe_arguments(list(args), dict(kwargs))})"[:_TEXT_CHARS]


def _is_larger(value: Any, limit: int) -> bool:
    """Return whether a value takes more bytes than the limit when it crosses from the answer's process."""
    try:
        # Most values are small, and marshal says so in a tenth of the time. Version 2 writes equal texts again.
        if len(marshal.dumps(value, 2)) * _MOST_BYTES_FOR_ONE < limit:
            return False
    except ValueError:
        pass  # of a class that marshal does not know
    try:
        return len(encode(value)) > limit
    except ValueError:  # a codec error: it is not plain data
        return False


def _fingerprint(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    return sha256(marshal.dumps((list(args), dict(kwargs)))).digest()
