"""Stand-ins for what an answer returns. They agree to what test code does with them, and write down what it is."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Observations", "StandIn", "UnforeseenError"]

_MAX_OPERATIONS: Final = 20_000
_IMMUTABLE: Final = frozenset({type(None), bool, int, float, complex, str, bytes})


class UnforeseenError(BaseException):
    """Test code does what depends on the answer. Not an `Exception`, so that its handlers do not catch it."""

    ends_the_test = True


class Observations:
    """What test code has done with stand-ins."""

    def __init__(self) -> None:
        self.operands: list[tuple[int, Any]] = []
        """Values that were combined or compared with the result of a call, each with the number of that call."""
        self.alive = 0
        """Number of stand-ins that test code still holds."""
        self.is_foreseen = True
        """True as long as nothing depended on the answer."""
        self._operations_left = _MAX_OPERATIONS

    def record(self, call: int, operands: tuple[Any, ...]) -> int:
        """Record the other operands of an operation, and return the number of the earliest call that has a part in it.

        Raises:
            UnforeseenError: there are too many operations, as in a loop that a stand-in never ends.
        """
        self._operations_left -= 1
        if self._operations_left < 0:
            self.give_up()
        for operand in operands:
            if type(operand) is StandIn:
                call = min(call, operand.call)
        for operand in operands:
            if type(operand) is not StandIn:
                self.operands.append((call, operand if type(operand) in _IMMUTABLE else copy.deepcopy(operand)))
        return call

    def give_up(self) -> None:
        """Say that what comes next cannot be foreseen.

        Raises:
            UnforeseenError: always; the mark stays even if test code swallows it.
        """
        self.is_foreseen = False
        raise UnforeseenError


class StandIn:
    """Stands for the result of a call, or for what was computed from it."""

    __slots__ = ("call", "observations")

    def __init__(self, observations: Observations, call: int) -> None:
        self.observations = observations
        self.call = call
        observations.alive += 1

    def __del__(self) -> None:
        self.observations.alive -= 1


def _computing(self: StandIn, *operands: Any) -> StandIn:
    observations = self.observations
    return StandIn(observations, observations.record(self.call, operands))


def _agreeing(self: StandIn, *operands: Any) -> bool:
    self.observations.record(self.call, operands)
    return True


def _depending(self: StandIn, *_: Any, **__: Any) -> Any:
    self.observations.give_up()


_ARITHMETIC = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor"
_UNARY = "getitem neg pos abs round invert"
_COMPARISONS = "eq ne lt le gt ge bool contains"
_DEPENDING = """
    iter next len int float index complex bytes str repr format hash call getattr enter exit reversed trunc floor ceil
    setitem delitem missing await aiter anext aenter aexit fspath instancecheck subclasscheck length_hint copy deepcopy
    reduce_ex
"""
# The last are all that lead Python to code by what the answer gave, or to a value of its own.
_METHODS: dict[str, Callable[..., Any]] = {
    **{f"__{side}{name}__": _computing for name in _ARITHMETIC.split() for side in ("", "r")},
    **{f"__{name}__": _computing for name in _UNARY.split()},
    **{f"__{name}__": _agreeing for name in _COMPARISONS.split()},
    **{f"__{name}__": _depending for name in _DEPENDING.split()},
}
for _name, _method in _METHODS.items():
    setattr(StandIn, _name, _method)
