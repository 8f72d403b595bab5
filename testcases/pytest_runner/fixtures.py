"""Fixtures: values that tests request by the names of their parameters."""

from __future__ import annotations

import inspect
import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from testcases.pytest_runner.hooks import parameters_of
from testcases.pytest_runner.log_capture import LogCapture
from testcases.pytest_runner.loud import Loud
from testcases.pytest_runner.temporary import TemporaryFolders
from testcases.pytest_runner.warning_checks import WarningsRecorder
from testcases.signals import BrokenTestError, FailureWatch, take_failure
from testcases.source.pytest_unsupported import BUILTIN_FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from testcases.pytest_runner.cases import Case
    from testcases.pytest_runner.monkeypatch import MonkeyPatch
    from testcases.pytest_runner.params import Fixture, Mark

__all__ = ["Scope", "Scopes", "TestContext"]


class Captured(NamedTuple):
    """Texts that were printed."""

    out: str
    err: str


class Capture(Loud):
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

    @contextmanager
    def disabled(self) -> Iterator[None]:
        """Do not capture inside the block."""
        sys.stdout, sys.stderr = self._before
        try:
            yield
        finally:
            sys.stdout, sys.stderr = self._streams

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


class Config(Loud):
    """``request.config``: that of a run of pytest without options."""

    def getini(self, name: str) -> Any:
        """Return a value of the configuration, which is empty."""
        return [] if name in {"markers", "addopts", "testpaths", "filterwarnings"} else ""

    def getoption(self, _: str, default: Any = None, skip: bool = False) -> Any:  # noqa: FBT001, FBT002, ARG002 - pytest's signature
        """Return the value of an option, which is not set."""
        return default


class Cache(Loud):
    """The fixture ``cache``: values that are kept until the module has run."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str, default: Any) -> Any:
        """Return a value that was set before."""
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keep a value."""
        self._values[key] = value


class Request(Loud):
    """The fixture ``request``: tells a fixture about the test that uses it."""

    _absent = frozenset({"param"})

    def __init__(
        self, test: TestContext, fixture: Fixture | None, param: Any = None, *, has_param: bool = False
    ) -> None:
        self._test = test
        self._fixture = fixture
        self.fixturename = fixture.function.__name__ if fixture is not None else None
        self.scope = fixture.scope if fixture is not None else "function"
        self.node = test
        self.config = test.config
        self.function, self.cls, self.instance, self.module = test.function, test.cls, test.instance, test.module
        if has_param:
            self.param = param

    def getfixturevalue(self, name: str) -> Any:
        """Return the value of another fixture."""
        return self._test.value(name, self._fixture)

    def addfinalizer(self, finalizer: Callable[[], Any]) -> None:
        """Have a function called when the fixture is no longer used."""
        self._test.scopes.of(self.scope).at_end(finalizer)


class TestContext(Loud):
    """One case of a test, with the fixtures it may use.

    Args:
        name: of the function.
        case: the case.
        function: the test.
        instance: of its class; ``None`` for a function of a module.
        module: it is in.
        fixtures: by name.
        scopes: where values live.
        monkeypatch: makes that fixture.
        marks: on the test, the nearest first.
    """

    __test__ = False

    def __init__(  # noqa: PLR0913, PLR0917 - a test is told by as many properties
        self,
        name: str,
        case: Case,
        function: Callable[..., Any],
        instance: Any,
        module: Any,
        fixtures: dict[str, Fixture],
        scopes: Scopes,
        monkeypatch: Callable[[], MonkeyPatch],
        marks: Sequence[Mark] = (),
    ) -> None:
        self.originalname = name
        self.name = f"{self.originalname}[{case.name}]" if case.params else self.originalname
        self.config = Config()
        self._marks = marks
        self.function, self.instance, self.module = function, instance, module
        self.cls = type(instance) if instance is not None else None
        self.fixtures = fixtures
        self.scopes = scopes
        self._params = case.params
        self._direct = case.direct
        self._monkeypatch = monkeypatch

    def iter_markers(self, name: str | None = None) -> Iterator[Mark]:
        """Yield the marks of this name, the nearest first."""
        return (mark for mark in self._marks if name in {None, mark.name})

    def get_closest_marker(self, name: str, default: Any = None) -> Any:
        """Return the nearest mark of this name."""
        return next(self.iter_markers(name), default)

    def value(self, name: str, asker: Fixture | None = None) -> Any:
        """Return what a name means for this case."""
        if name == "request":
            return self.request(asker)
        if asker is not None and name == asker.name:
            return self._overridden_value(asker, name)
        if name in self._direct:
            return self._params[name][1]
        if name in self.fixtures:
            return self._fixture_value(self.fixtures[name])
        if name in BUILTIN_FIXTURES:
            return self._builtin_value(name)
        raise BrokenTestError(f"fixture {name!r} is not offered")

    def _overridden_value(self, fixture: Fixture, name: str) -> Any:
        """Return the value of what a fixture has replaced, and requests by the name that both have."""
        if fixture.overridden is not None:
            return self._fixture_value(fixture.overridden)
        if name in BUILTIN_FIXTURES:
            return self._builtin_value(name)
        raise BrokenTestError(f"fixture {name!r} requests itself")

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
            elif name == "pytestconfig":
                values[name] = self.config
            elif name == "cache":
                return self.scopes.module.values.setdefault(name, Cache())
            elif name == "caplog":
                values[name] = LogCapture()
                self.scopes.function.at_end(values[name].close)
            elif name == "recwarn":
                values[name] = WarningsRecorder().__enter__()
                self.scopes.function.at_end(lambda: values[name].__exit__(None, None, None))
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
            if name in self._direct:
                yield name
            elif name in self.fixtures and name != fixture.name:
                yield from self._behind(self.fixtures[name])
            elif name == fixture.name and fixture.overridden is not None:
                yield from self._behind(fixture.overridden)

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
