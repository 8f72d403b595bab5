"""Patches of test code that reach the solution: what both processes have is patched in both."""

from __future__ import annotations

import importlib
import os
import sys
from abc import ABCMeta
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import mock

from sandbox.wire.protocol import GET, OP
from testcases.proxies.class_patches import is_patched, member_kind
from testcases.proxies.exportable import GlobalRef, global_name
from testcases.proxies.proxy import ProxyType
from testcases.pytest_runner.loud import Loud
from testcases.signals import is_from_solution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.proxies.session import Asking

__all__ = ["MonkeyPatch", "RemotePatcher", "patched_mocks"]

_OWN = frozenset({("sys", "stdout"), ("sys", "stderr"), ("sys", "stdin"), ("sys", "argv"), ("os", "environ")})
"""What stays: output of the solution is forwarded to the streams of the test's process, and what it reads of the rest
is sent when it changes (`testcases.proxies.process_state`)."""
_CLASSES = (type, ABCMeta)
_MISSING: Any = object()
_MEMBER: Any = object()
"""In place of the original of a class's member, which the solution's process keeps."""


class RemotePatcher:
    """Patches the modules of the solution's process."""

    is_remote = True
    """True if that is another process than this."""

    def __init__(self, session: Asking) -> None:
        self.session = session
        self._originals: dict[tuple[str, str], list[Any]] = {}

    def patch(self, target: Any, name: str) -> None:
        """Set an attribute of a module of the standard library, or of a class in it, there as it is here."""
        path = self._path(target, name)
        if path is None:
            return
        owner = GlobalRef(path[0])
        # As the class has it: to read a mock of a property counts as a call.
        value = vars(target)[name]
        # A stack: patches of the same attribute can be nested, and each must restore what it replaced.
        originals = self._originals.setdefault(path, [])
        try:
            if isinstance(target, type):
                self.session.ask(OP, "set_member", [owner, name, value, member_kind(value)])
                originals.append(_MEMBER)
            else:
                originals.append(self.session.ask(GET, owner, name))
                self.session.ask(OP, "setattr", [owner, name, value])
        except (KeyError, AttributeError) as error:
            # The solution has not loaded the module, so it cannot use it either.
            if not is_from_solution(error):
                raise
            originals.append(_MISSING)

    def restore(self, target: Any, name: str) -> None:
        """Undo the last patch of an attribute."""
        path = self._path(target, name)
        originals = self._originals.get(path) if path is not None else None
        if path is None or not originals or (original := originals.pop()) is _MISSING:
            return
        if original is _MEMBER:
            self.session.ask(OP, "restore_member", [GlobalRef(path[0]), name])
        else:
            self.session.ask(OP, "setattr", [GlobalRef(path[0]), name, original])

    @staticmethod
    def _path(target: Any, name: str) -> tuple[str, str] | None:
        """Return the global name of what is patched, and the attribute; ``None`` if it is not in both processes."""
        if type(target) is not ModuleType and type(target) not in _CLASSES:
            return None
        owner = global_name(target)
        return None if owner is None or (owner.removesuffix(":"), name) in _OWN else (owner, name)


@contextmanager
def patched_mocks(remote: RemotePatcher) -> Iterator[None]:
    """Have `unittest.mock.patch` patch the solution's process, too."""
    # unittest.mock does not export the class of what `patch` and `patch.object` return, so take it from an object.
    patcher: Any = type(mock.patch.object(os, "name"))
    enter, leave = patcher.__enter__, patcher.__exit__

    def reaching_enter(self: Any) -> Any:
        entered = enter(self)
        remote.patch(self.target, self.attribute)
        return entered

    def reaching_leave(self: Any, *failure: Any) -> Any:
        # Read first: the original __exit__ deletes the attribute.
        target = getattr(self, "target", None)
        left = leave(self, *failure)
        remote.restore(target, self.attribute)
        return left

    patcher.__enter__, patcher.__exit__ = reaching_enter, reaching_leave
    try:
        yield
    finally:
        patcher.__enter__, patcher.__exit__ = enter, leave


class MonkeyPatch(Loud):
    """The fixture ``monkeypatch``, and the class ``pytest.MonkeyPatch``; a subclass for each suite has its patcher."""

    _remote: RemotePatcher

    def __init__(self) -> None:
        self._undo: list[Any] = []

    @staticmethod
    def with_patcher(remote: RemotePatcher) -> type[MonkeyPatch]:
        """Return the class for one suite."""
        return type("MonkeyPatch", (MonkeyPatch,), {"_remote": remote, "__module__": "pytest"})

    def setattr(self, target: Any, name: Any, value: Any = _MISSING, raising: bool = True) -> None:  # noqa: FBT001, FBT002 - pytest's signature
        """Set an attribute, of an object or by its full name."""
        if value is _MISSING:
            target, name, value = *_resolve(target), name
        before = self._before(target, name)
        if before is _MISSING and raising:
            raise AttributeError(f"{target!r} has no attribute {name!r}")
        setattr(target, name, value)
        self._remote.patch(target, name)
        self._undo.append(lambda: self._put_back(target, name, before))

    def delattr(self, target: Any, name: Any = _MISSING, raising: bool = True) -> None:  # noqa: FBT001, FBT002 - pytest's signature
        """Delete an attribute."""
        if name is _MISSING:
            target, name = _resolve(target)
        before = self._before(target, name)
        if before is _MISSING:
            if raising:
                raise AttributeError(name)
            return
        delattr(target, name)
        self._undo.append(lambda: setattr(target, name, before))

    def setitem(self, target: Any, key: Any, value: Any) -> None:
        """Set an item."""
        before = target.get(key, _MISSING) if hasattr(target, "get") else target[key]
        target[key] = value
        self._undo.append(lambda: _put_item_back(target, key, before))

    def delitem(self, target: Any, key: Any, raising: bool = True) -> None:  # noqa: FBT001, FBT002 - pytest's signature
        """Delete an item."""
        if key not in target and not raising:
            return
        before = target[key]
        del target[key]
        self._undo.append(lambda: _put_item_back(target, key, before))

    def setenv(self, name: str, value: Any, prepend: str | None = None) -> None:
        """Set a variable of the environment."""
        before = os.environ.get(name)
        text = str(value) if prepend is None or before is None else f"{value}{prepend}{before}"
        _set_variable(name, text)
        self._undo.append(lambda: _set_variable(name, before))

    def delenv(self, name: str, raising: bool = True) -> None:  # noqa: FBT001, FBT002 - pytest's signature
        """Delete a variable of the environment."""
        before = os.environ.get(name)
        if before is None:
            if raising:
                raise KeyError(name)
            return
        _set_variable(name, None)
        self._undo.append(lambda: _set_variable(name, before))

    def chdir(self, path: Any) -> None:
        """Change the working directory, of both processes: it belongs to the files of the run."""
        before = os.getcwd()  # noqa: PTH109 - a text, as pytest keeps it
        os.chdir(path)
        self._undo.append(lambda: os.chdir(before))

    def syspath_prepend(self, path: Any) -> None:
        """Add a folder to the path of modules."""
        sys.path.insert(0, str(path))
        self._undo.append(lambda: sys.path.remove(str(path)))

    @classmethod
    @contextmanager
    def context(cls) -> Iterator[MonkeyPatch]:
        """Patch until the end of a block."""
        inner = cls()
        try:
            yield inner
        finally:
            inner.undo()

    def undo(self) -> None:
        """Undo all patches."""
        while self._undo:
            self._undo.pop()()

    def _before(self, target: Any, name: str) -> Any:
        # Of a class, vars() and not getattr(): that unwraps a staticmethod, and undo would restore a plain function.
        own = vars(target).get(name, _MISSING) if isinstance(target, type) else _MISSING
        return own if own is not _MISSING else getattr(target, name, _MISSING)

    def _put_back(self, target: Any, name: str, before: Any) -> None:
        if isinstance(target, ProxyType):
            if is_patched(target, name):
                delattr(target, name)  # puts the original back, as the class had it
        elif before is _MISSING:
            delattr(target, name)
        else:
            setattr(target, name, before)
            self._remote.restore(target, name)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _put_item_back(target: Any, key: Any, before: Any) -> None:
    if before is _MISSING:
        target.pop(key, None)
    else:
        target[key] = before


def _resolve(path: str) -> tuple[Any, str]:
    """Return the object that has the attribute of a full name, and the attribute's name."""
    first, *rest = path.split(".")
    found: Any = importlib.import_module(first)
    name = rest.pop()
    walked = first
    for part in rest:
        walked += f".{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(walked)
    return found, name
