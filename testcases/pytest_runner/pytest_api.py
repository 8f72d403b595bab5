"""The module ``pytest``, as far as tests of a solution need it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, NoReturn

from testcases.pytest_runner.approx import Approx
from testcases.pytest_runner.monkeypatch import MonkeyPatch
from testcases.pytest_runner.params import Mark, MarkGenerator, fixture, param
from testcases.pytest_runner.raises import ExceptionInfo, Failed, RaisesExc, RaisesGroup, Skipped, raises
from testcases.signals import BrokenTestError

__all__ = ["make_module"]

_TYPES = "CaptureFixture CaptureResult FixtureRequest LogCaptureFixture WarningsRecorder Config Item Function Class"


def fail(reason: str = "", pytrace: bool = True, msg: str | None = None) -> NoReturn:  # noqa: FBT001, FBT002, ARG001 - pytest's signature
    """End the test, failed."""
    raise Failed(reason or msg or "")


def skip(reason: str = "", *, allow_module_level: bool = False, msg: str | None = None) -> NoReturn:  # noqa: ARG001 - pytest's signature
    """End the test, which was not run."""
    raise Skipped(f"skipped: {reason or msg or ''}")


def xfail(reason: str = "") -> NoReturn:
    """End the test, which was expected to fail, and so is not a pass."""
    raise Skipped(f"expected to fail: {reason}")


def importorskip(name: str, *_: Any, **__: Any) -> Any:
    """Import a module, or break the test: no answer is to blame for one that is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise BrokenTestError(f"a test cannot import: {error}") from None


def main(*_: Any, **__: Any) -> int:
    """Do nothing: the tests run anyway."""
    return 0


class _NamedClass:
    """Stands for a class of pytest that test code names in annotations."""

    def __class_getitem__(cls, _: Any) -> Any:
        return cls


def make_module() -> ModuleType:
    """Make a module ``pytest`` for one suite."""
    module = ModuleType("pytest")
    fail.Exception, skip.Exception, xfail.Exception = Failed, Skipped, Skipped  # type: ignore[attr-defined]  # as pytest has it
    names: dict[str, Any] = {
        "raises": raises, "approx": Approx, "fixture": fixture, "yield_fixture": fixture, "param": param,
        "mark": MarkGenerator(), "fail": fail, "skip": skip, "xfail": xfail, "importorskip": importorskip, "main": main,
        "RaisesGroup": RaisesGroup, "RaisesExc": RaisesExc, "ExceptionInfo": ExceptionInfo,
        "MonkeyPatch": MonkeyPatch, "Mark": Mark, "MarkDecorator": Mark,
        "__version__": "8.0", "version_tuple": (8, 0, 0),
    }  # fmt: skip
    names |= {name: type(name, (_NamedClass,), {}) for name in _TYPES.split()}
    for value in names.values():
        if isinstance(value, type) and value.__module__ == __name__:
            value.__module__ = "pytest"
    vars(module).update(names)
    module.__getattr__ = _missing  # type: ignore[method-assign]  # of a module (PEP 562)
    return module


def _missing(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise BrokenTestError(f"pytest.{name} is not offered")
