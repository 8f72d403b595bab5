"""The solution in a process of its own, as the sandbox hands it to the runner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.wire.limits import Limits
    from sandbox.wire.replies import Reply

__all__ = ["Callbacks", "SolutionClient"]


class Callbacks(Protocol):
    """The part of a client that deals with objects of test code."""

    host: Any
    """Exports them and adopts the solution's: a `testcases.proxies.host.ProxyHost`, or ``None`` for plain data only."""

    def adopt(self, value: Any) -> Any:
        """Return a value with proxies in the place of the references in it."""


class SolutionClient(Protocol):
    """The solution, in one process at a time."""

    alive: bool
    """True while there is a process to ask."""
    budget_spent: bool
    """True once the budget of the sample is used up."""
    limits: Limits
    generation: int
    """Number of the process. References of another generation mean nothing."""
    request_count: int
    """Number of requests and callbacks so far."""
    asked_s: float
    """Seconds that requests have taken so far, callbacks left out."""
    written: tuple[bytearray, bytearray]
    """Standard output and standard error of the present process so far."""
    callbacks: Callbacks
    load_failure: str
    """Reason why the answer could never be loaded, by its own doing, or has nothing that tests can call."""
    source: str
    """The answer."""
    tests_are_traceless: bool
    """True if the tests leave nothing behind in the process that runs them, and reach no library but the plain ones."""
    mispredicted: bool
    """True if the answer was sent requests that the tests have not made. The results mean nothing."""
    is_foreseen: bool
    """True if there are requests left that were foreseen."""
    sends_ahead: bool
    """True if requests that are foreseen may be sent before the tests make them."""

    def foresee(self, batches: Sequence[Sequence[bytes]], *, are_all: bool) -> None:
        """Name the requests that the tests are going to make, encoded, before the answer is loaded.

        Those of one batch may be sent together. With `are_all` the tests make no others, whatever the answer is.
        """

    def load(
        self,
        *,
        preamble: str = "",
        own_names: Sequence[str] = (),
        names: Sequence[str] = (),
        in_process_spec: Any = None,
    ) -> Reply:
        """Start a process and load the answer as a module; the value is a dict of those `names` that it has.

        With `in_process_spec` the process also runs tests, one for each request ``step``.
        """

    def close(self) -> None:
        """End the process."""

    def run(self, stdin: bytes, *, preamble: str = "") -> Reply:
        """Run the answer as a program in a process of its own; the value is its output.

        The preamble is code that runs first in its namespace.
        """

    def call(
        self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any], fields: Sequence[Any] | None = None
    ) -> Reply:
        """Call a function. Changes it makes to its arguments in place are made to these, too.

        If there are `fields`, they are sent in place of the others.
        """

    def ask(self, verb: str, *fields: Any) -> Reply:
        """Send another request (`sandbox.wire.protocol`)."""
