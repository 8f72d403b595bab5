"""The rehearsal of tests: they run once with stand-ins for what an answer returns, and their calls are written down."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.wire.protocol import CALL, key_of_name
from sandbox.wire.values import Reference, encode
from testcases.foresight.stand_ins import Observations, StandIn
from testcases.kinds.checks import run_assertion, run_check
from testcases.proxies.argument_changes import ARGUMENT_CHANGES
from testcases.solution import checked_namespace
from testcases.source.parsing import bound_names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

__all__ = ["Call", "Rehearsal"]

_MAX_CALLS: Final = 2000
_CPU_S: Final = 0.2
"""CPU seconds for all tests. What takes longer is not worth it, as it takes as long again with the answer."""
_signal, _setitimer = signal.signal, signal.setitimer
_CALLED_AS: Final = "function"
"""What the class of a proxy for a function is called (`testcases.proxies.class_registry`)."""


class Call(NamedTuple):
    """A call that tests make of every answer."""

    request: bytes
    """The request, encoded."""
    arguments: tuple[Any, ...]


class Rehearsal:
    """Tests that are code, with an answer that agrees to everything; in the place of a `testcases.solution.Solution`.

    Args:
        spec: the test spec.
        names: the names that the answer is loaded with, in that order.
        modules: modules that tests use without importing them.
    """

    def __init__(self, spec: dict[str, Any], names: Sequence[str], modules: dict[str, ModuleType]) -> None:
        self.entry_point: str | None = spec["entry_point"]
        self.calls: list[Call] = []
        self.observations = Observations()
        self._prompt: str = spec["prompt_code"]
        self._setup: str = spec["setup"]
        self._index = names.index(self.entry_point) if self.entry_point in names else -1
        self._has_others = not bound_names_in(self._prompt).union([self.entry_point]).issuperset(names)
        """True if tests use names of the answer besides the entry point."""
        self._modules = modules
        self._namespace: dict[str, Any] | None = None

    @property
    def asked_count(self) -> int:
        """Number of calls so far."""
        return len(self.calls)

    def namespace(self) -> dict[str, Any]:
        """Return the names that test code has without binding them."""
        if self._namespace is None:
            if self._index < 0 or self._has_others:
                self.observations.give_up()
            names = {**self._modules, str(self.entry_point): self._call}
            self._namespace = checked_namespace(
                self._prompt, self._setup, names, self.entry_point, lambda: self.asked_count
            )
        return self._namespace

    def run(self, kind: str, source: str) -> bool:
        """Run a test; return whether all that it does was foreseen."""
        with self._limited():
            try:
                if kind == "assert":
                    run_assertion(self, source)
                else:
                    list(run_check(self, source))
            except BaseException:  # noqa: BLE001 - tests that are broken are found to be so when an answer is there
                self.observations.is_foreseen = False
        return self.observations.is_foreseen

    def _call(self, *args: Any, **kwargs: Any) -> StandIn:
        if ARGUMENT_CHANGES.is_watching:
            args = tuple(ARGUMENT_CHANGES.originals(args))
        target = Reference(key_of_name(self._index), _CALLED_AS)
        try:
            request = encode([CALL, target, list(args), kwargs])
        except ValueError:  # it holds a stand-in, or what only an answer's process has
            self.observations.give_up()
        if len(self.calls) >= _MAX_CALLS:
            self.observations.give_up()
        self.calls.append(Call(request, (*args, *kwargs.values())))
        return StandIn(self.observations, len(self.calls) - 1)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        # Of the timers, the one that the watchdog of the tests leaves free. It repeats, as test code may swallow it.
        before = _signal(signal.SIGVTALRM, lambda *_: self.observations.give_up())
        _setitimer(signal.ITIMER_VIRTUAL, _CPU_S, _CPU_S)
        try:
            yield
        finally:
            _setitimer(signal.ITIMER_VIRTUAL, 0)
            _signal(signal.SIGVTALRM, before)
