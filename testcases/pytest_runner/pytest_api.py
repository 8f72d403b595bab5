"""The module ``pytest``, as far as tests of a solution need it."""

from __future__ import annotations

import importlib
import re
from types import ModuleType
from typing import Any, NoReturn

from testcases.pytest_runner.approx import Approx
from testcases.pytest_runner.loud import named_class
from testcases.pytest_runner.monkeypatch import MonkeyPatch
from testcases.pytest_runner.params import Mark, MarkGenerator, fixture, param
from testcases.pytest_runner.raises import ExceptionInfo, Failed, RaisesExc, RaisesGroup, SelfSkipped, raises
from testcases.pytest_runner.warning_checks import WarningsRecorder, deprecated_call, warns
from testcases.signals import BrokenTestError

__all__ = ["make_module"]

_TYPES = "CaptureFixture CaptureResult FixtureRequest LogCaptureFixture Config Item Function Class"


def fail(reason: str = "", pytrace: bool = True, msg: str | None = None) -> NoReturn:  # noqa: FBT001, FBT002, ARG001 - pytest's signature
    """End the test, failed."""
    raise Failed(reason or msg or "")


def skip(reason: str = "", *, allow_module_level: bool = False, msg: str | None = None) -> NoReturn:  # noqa: ARG001 - pytest's signature
    """End the test, which was not run."""
    raise SelfSkipped(f"skipped: {reason or msg or ''}")


def xfail(reason: str = "") -> NoReturn:
    """End the test, which was expected to fail, and so is not a pass."""
    raise SelfSkipped(f"expected to fail: {reason}")


def importorskip(name: str, minversion: str | None = None, reason: str | None = None, **_: Any) -> Any:
    """Import a module, or skip the test: no answer is to blame for one that is missing."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise SelfSkipped(f"skipped: {reason or f'a test cannot import: {error}'}") from None
    if minversion is not None and _numbers(getattr(module, "__version__", "")) < _numbers(minversion):
        raise SelfSkipped(f"skipped: {reason or f'{name} is older than {minversion}'}")
    return module


def _numbers(version: Any) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", str(version))]


def main(*_: Any, **__: Any) -> int:
    """Do nothing: the tests run anyway."""
    return 0


def make_module() -> ModuleType:
    """Make a module ``pytest`` for one suite."""
    module = ModuleType("pytest")
    fail.Exception, skip.Exception, xfail.Exception = Failed, SelfSkipped, SelfSkipped  # type: ignore[attr-defined]  # as pytest has it
    names: dict[str, Any] = {
        "raises": raises, "approx": Approx, "fixture": fixture, "yield_fixture": fixture, "param": param,
        "mark": MarkGenerator(), "fail": fail, "skip": skip, "xfail": xfail, "importorskip": importorskip, "main": main,
        "warns": warns, "deprecated_call": deprecated_call, "WarningsRecorder": WarningsRecorder,
        "RaisesGroup": RaisesGroup, "RaisesExc": RaisesExc, "ExceptionInfo": ExceptionInfo,
        "MonkeyPatch": MonkeyPatch, "Mark": Mark, "MarkDecorator": Mark,
        "__version__": "8.0", "version_tuple": (8, 0, 0),
    }  # fmt: skip
    names |= {name: named_class(name) for name in _TYPES.split()}
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
