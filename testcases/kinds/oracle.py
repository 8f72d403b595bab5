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

# A harness grades many answers to one problem, with the same calls in the same order.
_known: OrderedDict[tuple[str, str, bytes], Any] = OrderedDict()
"""Expected values by source, name and arguments; the oldest go first."""


class InputRefusedError(BrokenTestError):
    """The oracle raises an exception for one input."""


class Oracle:
    """A solution that is right by definition.

    Args:
        source: Python that defines what is called.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._namespace: dict[str, Any] | None = None

    def expected(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return the value of a function, or of a method of a new object: ``Class.method``.

        Raises:
            InputRefusedError: it raises.
            BrokenTestError: it takes too long, or is not there.
        """
        key = self._source, name, _fingerprint(args, kwargs)
        if key not in _known:
            _known[key] = self._call(name, args, kwargs)
            if len(_known) > _MAX_CACHED:
                _known.popitem(last=False)
        return _known[key]

    def _call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        call = f"{name}({describe_arguments(list(args), dict(kwargs))})"[:_TEXT_CHARS]
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


def _fingerprint(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    return sha256(marshal.dumps((list(args), dict(kwargs)))).digest()
