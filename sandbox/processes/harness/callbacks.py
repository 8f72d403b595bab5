"""Objects of test code in the hands of the answer: what crosses on the examiner's side besides plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sandbox.errors import ValueCodecError
from sandbox.processes.harness.callback_budget import CallbackBudgetError
from sandbox.wire.mutation import apply_changes, containers_in, track
from sandbox.wire.protocol import CALL, OK, ExceptionFields
from sandbox.wire.values import NamedItems, Reference, encode, restore

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CallbackHost", "Callbacks"]

_MAX_DEPTH = 25
"""Levels to which answer and test code may call each other back."""


class CallbackHost(Protocol):
    """Whose objects the answer may be lent."""

    def export(self, value: Any) -> Reference | None:
        """Return a reference to an object of test code; ``None`` if the answer may not have it."""

    def adopt(self, reference: Any) -> Any:
        """What test code is to see for an object of the answer's (`sandbox.wire.values.Reference`)."""

    def adopt_tuple(self, reference: Any, names: Sequence[str], items: tuple[Any, ...]) -> Any:
        """What test code is to see for a named tuple."""

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Do with a lent object what the answer asks."""

    def report(self, error: BaseException) -> ExceptionFields:
        """Describe an exception of `serve` to the answer."""

    def dropped(self) -> list[int]:
        """Numbers of objects that test code has let go since it was last asked."""


class Callbacks:
    """Encodes what is asked of the answer, and reads what it says, for a host or for none."""

    def __init__(self) -> None:
        self.host: CallbackHost | None = None
        self._depth = 0

    def request(self, fields: list[Any]) -> bytes:
        """A request, encoded.

        Raises:
            ValueCodecError: something in it can neither cross nor be lent.
        """
        return encode(fields, None if self.host is None else self._export)

    def dropped(self) -> list[int]:
        """What the answer's process need not keep any longer."""
        return self.host.dropped() if self.host is not None else []

    def adopt(self, value: Any) -> Any:
        """A value as the host's test code is to see it."""
        return restore(value, self._adopt)

    def change(self, changes: Any, values: Sequence[Any]) -> None:
        """Have arguments look as the answer has left them."""
        if self.host is not None and type(changes) is list:
            apply_changes(changes, containers_in(values), self._adopt)

    def serve(self, question: Any) -> bytes:
        """Answer a question of the answer's, encoded; whatever it is.

        Raises:
            OutOfPatienceError: it has kept us waiting for too long.
        """
        self._depth += 1
        try:
            return self._served(question)
        finally:
            self._depth -= 1

    def _served(self, question: Any) -> bytes:
        if self.host is None or self._depth > _MAX_DEPTH:
            return encode(ExceptionFields("RecursionError", "RecursionError", "called back too deeply").pack())
        try:
            match question:
                case [str(verb), list(fields)]:
                    operands = self.adopt(fields)
                    values = [*operands[1], *operands[2].values()] if verb == CALL else operands
                    watched = track(values)
                    value = self.host.serve(verb, operands)
                    return self.request([OK, value, watched.changes() if watched is not None else None])
            raise ValueError("no such question")  # noqa: TRY301 - the answer gets to see it like any other
        except CallbackBudgetError:
            raise
        except BaseException as error:  # noqa: BLE001 - it is the answer's to see; the host knows which ones are not
            raised = self.host.report(error)
        try:
            return self.request(raised.pack())
        except ValueCodecError:
            return encode(raised.without_objects().pack())

    def _export(self, value: Any) -> Reference | None:
        assert self.host is not None
        return self.host.export(value)

    def _adopt(self, found: Reference | NamedItems) -> Any:
        if type(found) is NamedItems:
            return (
                found.items if self.host is None else self.host.adopt_tuple(found.reference, found.names, found.items)
            )
        return found if self.host is None else self.host.adopt(found)
