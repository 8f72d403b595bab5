"""The harness side of callbacks: objects of test code that the answer can use, and objects of the answer in test code.

Plain data crosses as it is. An object of one process crosses as a reference, and becomes a proxy in the other.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.errors import ValueCodecError
from sandbox.processes.harness.callback_budget import CallbackBudgetError
from sandbox.wire.mutation import apply_changes, containers_in, merge_shared, returned_container, track
from sandbox.wire.protocol import CALL, GET, OK, SHARE, ExceptionFields
from sandbox.wire.values import Construction, NamedItems, Reference, encode, restore

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CallbackHost", "Callbacks"]

_MAX_DEPTH = 400
"""Levels to which answer and test code may call each other back, such as a function of the test that calls itself by
what the answer's decorator has made of it. In plain Python about as many fit into the recursion limit."""
_FRAMES = 40
"""Python's frames in this process for one of these levels, with those that test code may have in between."""
_get_limit, _set_limit = sys.getrecursionlimit, sys.setrecursionlimit
"""Looked up here, once, because test code may patch the module."""


class CallbackHost(Protocol):
    """Test code's side of objects that cross; `testcases.proxies` has one."""

    @property
    def stay(self) -> frozenset[type]:
        """Types of data whose objects are exported all the same."""

    def export(self, value: Any) -> Reference | Construction | None:
        """Return a reference to an object of test code, or a call that makes it; ``None`` if it may not cross."""

    def adopt(self, reference: Any) -> Any:
        """Return what test code sees in place of a `sandbox.wire.values.Reference` to an object of the answer."""

    def adopt_tuple(self, reference: Any, names: Sequence[str], items: tuple[Any, ...]) -> Any:
        """Return what test code sees in place of a named tuple of the answer."""

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Do what the answer requests of an exported object, and return the result."""

    def hand_out(self, value: Any) -> int | None:
        """Remember the containers in an attribute that the answer has read; return their number, if there are any."""

    def take_changes(self, number: int, changes: list[Any], count: int) -> bool:
        """Change containers of that number as the answer has changed its copies.

        Returns:
            Whether both processes know the same containers by that number, of which the answer's says it knows so many.
        """

    def report(self, error: BaseException) -> ExceptionFields:
        """Describe an exception of `serve` to the answer."""

    def dropped(self) -> list[int]:
        """Return the keys of the answer's objects that test code has freed since the last call."""


class Callbacks:
    """Encodes requests to the answer, decodes its replies, and serves its callbacks.

    Without a host only plain data crosses, and callbacks are refused.
    """

    def __init__(self) -> None:
        self.host: CallbackHost | None = None
        self._depth = 0

    def encode_request(self, fields: list[Any]) -> bytes:
        """Encode a request.

        Raises:
            ValueCodecError: something in it can neither cross nor be exported.
        """
        return encode(fields) if self.host is None else encode(fields, self.host.export, self.host.stay)

    def dropped(self) -> list[int]:
        """Return the keys of objects that the solution process need not keep any longer."""
        return self.host.dropped() if self.host is not None else []

    def adopt(self, value: Any) -> Any:
        """Return a value as test code sees it: references are replaced by what the host makes of them."""
        return restore(value, self._adopt)

    def apply_changes(self, changes: Any, values: Sequence[Any]) -> Any:
        """Change arguments in place as the answer has changed its copies.

        Returns:
            The container among the arguments that the answer has returned, if it says so: as in Python, it is that
            object, and no copy. ``None`` for any other value.
        """
        if self.host is None or type(changes) is not list:
            return None
        containers = containers_in(values)
        apply_changes(changes, containers, self._adopt)
        return returned_container(changes, containers)

    def merge_shared(self, changes: Any, value: Any) -> Any:
        """Return what a call has returned, with the containers in it that are one object there as one here, too."""
        return value if self.host is None else merge_shared(changes, value)

    def serve(self, request: Any) -> bytes:
        """Serve a callback, whatever the answer has sent, and return the encoded reply.

        Raises:
            CallbackBudgetError: the answer has kept the harness waiting for too long.
        """
        self._depth += 1
        before = _get_limit()
        _set_limit(before + _FRAMES)
        try:
            return self._serve(request)
        finally:
            self._depth -= 1
            _set_limit(before)

    def _serve(self, request: Any) -> bytes:
        if self.host is None or self._depth > _MAX_DEPTH:
            return encode(ExceptionFields("RecursionError", "RecursionError", "called back too deeply").pack())
        try:
            match request:
                case [str(verb), [int(taken), list(changed), int(count)]] if verb == SHARE:
                    return encode([OK, self.host.take_changes(taken, changed, count), None])
                case [str(verb), list(fields)]:
                    operands = self.adopt(fields)
                    values = [*operands[1], *operands[2].values()] if verb == CALL else operands
                    watched = track(values)
                    value = self.host.serve(verb, operands)
                    changes = watched.changes() if watched is not None else None
                    number = self.host.hand_out(value) if verb == GET else None
                    return self.encode_request([OK, value, changes, *([] if number is None else [number])])
            raise ValueError("no such request")  # noqa: TRY301 - the answer gets to see it like any other
        except CallbackBudgetError:
            raise
        # Everything that test code raises crosses to the answer, because the call came from there. The host keeps those
        # exceptions that must end the test even if the answer swallows them.
        except BaseException as error:  # noqa: BLE001 - see above
            raised = self.host.report(error)
        try:
            return self.encode_request(raised.pack())
        except ValueCodecError:
            return encode(raised.without_objects().pack())

    def _adopt(self, value: Reference | NamedItems | Construction) -> Any:
        if type(value) is Construction:
            raise ValueCodecError("only the harness may have something called in the other process")
        if type(value) is NamedItems:
            return (
                value.items if self.host is None else self.host.adopt_tuple(value.reference, value.names, value.items)
            )
        return value if self.host is None else self.host.adopt(value)
