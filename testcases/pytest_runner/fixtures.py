"""Fixtures: values that tests request by the names of their parameters."""

from __future__ import annotations

import inspect
import io
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from testcases.pytest_runner.hooks import parameters_of
from testcases.pytest_runner.temporary import TemporaryFolders
from testcases.signals import BrokenTestError, FailureWatch, take_failure
from testcases.source.pytest_unsupported import BUILTIN_FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testcases.pytest_runner.monkeypatch import MonkeyPatch
    from testcases.pytest_runner.params import Fixture

__all__ = ["Scope", "Scopes", "TestContext"]


class Captured(NamedTuple):
    """Texts that were printed."""

    out: str
    err: str


class Capture:
    """The fixtures ``capsys`` and ``capfd``: they capture what the test and the solution print."""

    def __init__(self) -> None:
        self._before = sys.stdout, sys.stderr
        self._streams = io.StringIO(), io.StringIO()
        sys.stdout, sys.stderr = self._streams

    def readouterr(self) -> Captured:
        """Return what was printed since the last call."""
        texts = [stream.getvalue() for stream in self._streams]
        for stream in self._streams:
            stream.seek(0)
            stream.truncate()
        return Captured(*texts)

    def close(self) -> None:
        """Put the streams back that were there before."""
        sys.stdout, sys.stderr = self._before


class Scope:
    """Values that live for some time, and the functions to call at the end of it."""

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}
        """Values by fixture and parameters; an exception that was raised is kept as a `_Failure`."""
        self._finishers: list[Callable[[], Any]] = []

    def at_end(self, finisher: Callable[[], Any]) -> None:
        """Have a function called at the end; the last comes first."""
        self._finishers.append(finisher)

    def end(self) -> None:
        """Call all finishers, even if some fail.

        Raises:
            BaseException: the first failure.
        """
        failure: BaseException | None = None
        while self._finishers:
            try:
                self._finishers.pop()()
            except BaseException as error:  # noqa: BLE001 - the others are to be done, too
                failure = failure or error
        self.values.clear()
        if failure is not None:
            raise failure


class Scopes(NamedTuple):
    """The scopes of a test."""

    module: Scope
    owner: Scope
    function: Scope

    def of(self, name: str) -> Scope:
        """Return the scope of this name."""
        return {"function": self.function, "class": self.owner}.get(name, self.module)


class _Failure(NamedTuple):
    error: BaseException


class Request:
    """The fixture ``request``: tells a fixture about the test that uses it."""

    def __init__(
        self, test: TestContext, fixture: Fixture | None, param: Any = None, *, has_param: bool = False
    ) -> None:
        self._test = test
        self._fixture = fixture
        self.fixturename = fixture.function.__name__ if fixture is not None else None
        self.scope = fixture.scope if fixture is not None else "function"
        self.node = test
        self.function, self.cls, self.instance, self.module = test.function, test.cls, test.instance, test.module
        if has_param:
            self.param = param

    def getfixturevalue(self, name: str) -> Any:
        """Return the value of another fixture."""
        return self._test.value(name)

    def addfinalizer(self, finalizer: Callable[[], Any]) -> None:
        """Have a function called when the fixture is no longer used."""
        self._test.scopes.of(self.scope).at_end(finalizer)


class TestContext:
    """One case of a test, with the fixtures it may use.

    Args:
        name: of the case, for people.
        function: the test.
        instance: of its class; ``None`` for a function of a module.
        module: it is in.
        fixtures: by name.
        scopes: where values live.
        params: parameters of the case: of its ``parametrize`` marks, and of fixtures.
        monkeypatch: makes that fixture.
    """

    __test__ = False

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        instance: Any,
        module: Any,
        fixtures: dict[str, Fixture],
        scopes: Scopes,
        params: dict[str, tuple[str, Any]],
        monkeypatch: Callable[[], MonkeyPatch],
    ) -> None:
        self.name = self.originalname = name
        self.function, self.instance, self.module = function, instance, module
        self.cls = type(instance) if instance is not None else None
        self.fixtures = fixtures
        self.scopes = scopes
        self._params = params
        self._monkeypatch = monkeypatch

    def value(self, name: str, asker: Fixture | None = None) -> Any:
        """Return what a name means for this case."""
        if name == "request":
            return self.request(asker)
        if name in self._params and name not in self.fixtures:
            return self._params[name][1]
        if name in self.fixtures:
            return self._fixture_value(self.fixtures[name])
        if name in BUILTIN_FIXTURES:
            return self._builtin_value(name)
        raise BrokenTestError(f"fixture {name!r} is not offered")

    def request(self, fixture: Fixture | None) -> Request:
        """Return the request of a fixture, or of the test itself."""
        name = fixture.name if fixture is not None else None
        if name is not None and name in self._params:
            return Request(self, fixture, self._params[name][1], has_param=True)
        return Request(self, fixture)

    def _builtin_value(self, name: str) -> Any:
        values = self.scopes.function.values
        if name not in values:
            if name == "monkeypatch":
                values[name] = self._monkeypatch()
                self.scopes.function.at_end(values[name].undo)
            elif name == "tmp_path_factory":
                values[name] = TemporaryFolders()
            elif name == "tmp_path":
                values[name] = TemporaryFolders().for_test(self.function.__name__)
            elif name == "record_property":
                values[name] = lambda *_: None
            else:
                values[name] = Capture()
                self.scopes.function.at_end(values[name].close)
        return values[name]

    def _fixture_value(self, fixture: Fixture) -> Any:
        scope = self.scopes.of(fixture.scope)
        key = id(fixture), tuple(sorted((name, self._params[name][0]) for name in self._behind(fixture)))
        if key not in scope.values:
            # A fixture may serve many tests. A failure that this test has met so far is not the fixture's; one that
            # the fixture swallows is that of all tests that use it.
            if (earlier := take_failure()) is not None:
                raise earlier
            try:
                with FailureWatch() as watch:
                    value = self._make(fixture, scope)
                if (swallowed := watch.take()) is not None:
                    raise swallowed  # noqa: TRY301 - it is the fixture's, for all that use it
                scope.values[key] = value
            except BaseException as error:
                scope.values[key] = _Failure(error)
                raise
        found = scope.values[key]
        if isinstance(found, _Failure):
            raise found.error
        return found

    def _behind(self, fixture: Fixture) -> Iterator[str]:
        """Yield the parametrized fixtures that a fixture depends on, itself included."""
        if fixture.name in self._params:
            yield fixture.name
        for name in parameters_of(fixture.function):
            if name in self.fixtures and self.fixtures[name] is not fixture:
                yield from self._behind(self.fixtures[name])
            elif name in self._params and name not in self.fixtures:
                yield name

    def _make(self, fixture: Fixture, scope: Scope) -> Any:
        function = fixture.function
        wanted = parameters_of(function)
        bound = function.__get__(self.instance) if self.instance is not None and wanted[:1] == ["self"] else function
        values = {name: self.value(name, fixture) for name in wanted if name != "self"}
        if not inspect.isgeneratorfunction(function):
            return bound(**values)
        generator = bound(**values)
        value = next(generator)
        scope.at_end(lambda: _finish(generator))
        return value


def _finish(generator: Any) -> None:
    try:
        next(generator)
    except StopIteration:
        return
    raise BrokenTestError("a fixture yields more than once")
