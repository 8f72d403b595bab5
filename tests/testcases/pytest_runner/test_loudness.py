"""What the runner lacks of pytest breaks a test, by name: it is neither a pass nor a fault of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from testcases.pytest_runner import pytest_api
from testcases.pytest_runner.cases import Case
from testcases.pytest_runner.fixtures import Cache, Capture, Config, Request, Scope, Scopes, TestContext
from testcases.pytest_runner.log_capture import LogCapture
from testcases.pytest_runner.metafunc import Metafunc
from testcases.pytest_runner.monkeypatch import MonkeyPatch
from testcases.pytest_runner.params import param
from testcases.pytest_runner.raises import ExceptionInfo, RaisesExc
from testcases.pytest_runner.temporary import TemporaryFolders
from testcases.pytest_runner.warning_checks import WarningsRecorder
from testcases.signals import BrokenTestError
from testcases.source.pytest_unsupported import BUILTIN_FIXTURES, unsupported_features

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

NAMED_ONLY = ("CaptureFixture", "FixtureRequest", "Config", "Item", "Function", "Class")


def ours() -> ModuleType:
    return pytest_api.make_module()


def a_test() -> None:
    """Stand for a test function."""


def context() -> TestContext:
    scopes = Scopes(Scope(), Scope(), Scope())
    return TestContext("test_a", Case(), a_test, None, ours(), {}, scopes, MonkeyPatch)


def closed(make: Callable[[], Any]) -> Any:
    made = make()
    made.close()
    return made


STAND_INS: dict[str, tuple[Any, Callable[[], Any]]] = {
    "capsys": (pytest.CaptureFixture, lambda: closed(Capture)),
    "caplog": (pytest.LogCaptureFixture, lambda: closed(LogCapture)),
    "recwarn": (pytest.WarningsRecorder, WarningsRecorder),
    "request": (pytest.FixtureRequest, lambda: Request(context(), None)),
    "request.node": (pytest.Function, context),
    "config": (pytest.Config, Config),
    "cache": (pytest.Cache, Cache),
    "monkeypatch": (pytest.MonkeyPatch, MonkeyPatch),
    "metafunc": (pytest.Metafunc, lambda: Metafunc(ours(), None, a_test)),
    "tmp_path_factory": (pytest.TempPathFactory, TemporaryFolders),
    "exception": (pytest.ExceptionInfo, ExceptionInfo),
    "raises": (pytest.RaisesExc, lambda: RaisesExc(ValueError)),
    "mark": (pytest.Mark, lambda: ours().mark.skip),
    "mark with arguments": (pytest.MarkDecorator, lambda: ours().mark.skip(reason="no")),
    "param": (type(pytest.param(1)), lambda: param(1)),
}


@pytest.mark.parametrize("name", [name for name in dir(pytest) if not name.startswith("_")])
def test_every_name_of_pytest_is_offered_or_breaks_the_test_that_asks_for_it(name: str) -> None:
    if name in vars(ours()):
        return
    with pytest.raises(BrokenTestError, match=f"pytest.{name} is not offered"):
        getattr(ours(), name)


def test_names_that_pytest_never_had_break_the_test_as_well() -> None:
    with pytest.raises(BrokenTestError):
        ours().no_such_name  # noqa: B018 - it is asked for


@pytest.mark.parametrize("name", NAMED_ONLY)
def test_classes_that_are_there_for_annotations_can_do_nothing_else(name: str) -> None:
    kind = getattr(ours(), name)
    for use in (kind, lambda: isinstance(1, kind), lambda: kind.from_parent):
        with pytest.raises(BrokenTestError, match="for annotations only"):
            use()
    assert kind[str] is kind


@pytest.mark.parametrize("name", STAND_INS)
def test_every_attribute_of_pytests_objects_is_offered_or_breaks_the_test(name: str) -> None:
    original, make = STAND_INS[name]
    stand_in = make()
    fields = {field for field in getattr(original, "__annotations__", {}) if not field.startswith("_")}
    absent = []
    for attribute in sorted({*(one for one in dir(original) if not one.startswith("_")), *fields}):
        try:
            getattr(stand_in, attribute)
        except BrokenTestError:
            absent.append(attribute)
        except AssertionError:  # a property that says that it is too early to ask
            continue
    assert "no_such_attribute" not in absent
    with pytest.raises(BrokenTestError, match="no_such_attribute is not offered"):
        stand_in.no_such_attribute  # noqa: B018 - it is asked for


def test_a_request_without_a_parameter_has_none_as_in_pytest() -> None:
    assert getattr(Request(context(), None), "param", "none") == "none"


def test_every_fixture_of_pytest_and_its_plugins_is_offered_or_refused_by_its_name(
    request: pytest.FixtureRequest,
) -> None:
    manager = vars(request._fixturemanager)
    known = {name for attribute, table in manager.items() if attribute.startswith("_arg2") for name in table}
    public = sorted(name for name in known if name.isidentifier() and not name.startswith("_"))
    assert {"capsys", "tmpdir", "caplog", "doctest_namespace"} <= set(public)
    for name in public:
        refused = unsupported_features(f"def test_a({name}):\n    assert f({name})\n")
        assert bool(refused) is (name not in BUILTIN_FIXTURES), name
        assert not refused or f"fixture {name}" in refused[0][1]
