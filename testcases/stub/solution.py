"""A solution of the stub: it has every name that tests use, and each of them is agreeable."""

from __future__ import annotations

import builtins
from types import ModuleType
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.monkeypatch import RemotePatcher
from testcases.pytest_runner.solution_module import is_special
from testcases.solution import checked_namespace
from testcases.source.parsing import NOT_PYTHON, free_names
from testcases.stub.agreeable import Agreeable, AskedCounter
from testcases.stub.tracking import SEE_NAME, tracked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["LocalPatcher", "StubModule", "StubSolution"]


class StubSolution:
    """The stub, as test code and its runners use a solution; also the session of a suite, which asks nothing.

    Args:
        spec: the test spec.
        names: names of the solution that tests use.
        modules: modules that tests use without importing them.
    """

    def __init__(self, spec: dict[str, Any], names: Iterable[str], modules: Mapping[str, ModuleType]) -> None:
        self.entry_point: str | None = spec["entry_point"]
        self.counter = AskedCounter()
        self.always_asked = False
        """True once anything that test code has may come from the stub, so that no later failure is the tests' own."""
        setattr(builtins, SEE_NAME, self.counter.see)  # prompt, setup and tests have a namespace each
        self._prompt = self.tracked(spec["prompt_code"])
        self._setup = self.tracked(spec["setup"])
        self._names = {*names, *free_names(spec["setup"])} - set(vars(builtins))
        self._modules = dict(modules)
        if self.entry_point:
            self._names |= {self.entry_point, self.entry_point.partition(".")[0]}
        self._namespace: dict[str, Any] | None = None

    @property
    def asked_count(self) -> int:
        """Number of times that test code has used the stub."""
        self.counter.asked_count += self.always_asked
        return self.counter.asked_count

    def namespace(self) -> dict[str, Any]:
        """Return the namespace of test code.

        Raises:
            BrokenTestError: prompt or setup does not run, and has not used the stub.
        """
        if self._namespace is None:
            asked_before = self.asked_count
            names: dict[str, Any] = {name: Agreeable(self.counter) for name in sorted(self._names)}
            names |= self._modules
            self._namespace = checked_namespace(
                self._prompt, self._setup, names, self.entry_point, lambda: self.asked_count
            )
            self.always_asked = self.asked_count > asked_before
        return self._namespace

    def tracked(self, source: str) -> str:
        """Return test code that counts what it asks."""
        try:
            return tracked(source)
        except NOT_PYTHON:  # it cannot be written as text again
            self.always_asked = True
            return source

    def ask(self, verb: str, *fields: Any) -> Any:
        """Return nothing."""

    def call(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Return nothing."""


class StubModule(ModuleType):
    """The module that test code imports the stub from."""

    def __init__(self, name: str, stub: StubSolution, used_names: Iterable[str]) -> None:
        super().__init__(name)
        vars(self)["__stub__"] = stub
        vars(self)["__all__"] = sorted(used_names)

    @property
    def __doc__(self) -> Any:  # type: ignore[override]  # the answer's, and not that of this class
        return Agreeable(vars(self)["__stub__"].counter)

    @property
    def __annotations__(self) -> Any:  # type: ignore[override]  # as above
        return Agreeable(vars(self)["__stub__"].counter)

    def __getattr__(self, name: str) -> Any:
        if is_special(name):
            raise AttributeError(name)
        stub: StubSolution = vars(self)["__stub__"]
        return Agreeable(stub.counter)


class LocalPatcher(RemotePatcher):
    """Leaves patches alone: there is no other process that they have to reach."""

    is_remote = False

    def __init__(self, stub: StubSolution) -> None:
        super().__init__(stub)

    def patch(self, target: Any, name: str) -> None:
        """Do nothing."""

    def restore(self, target: Any, name: str) -> None:
        """Do nothing."""
