"""Modules that are loaded in the process of an answer that names them, before its isolation layers are applied.

In the zygote they would cost each start and each fork, used or not. Which ones an answer names is found by its words
(`sandbox.wire.modules_on_demand.modules_named_in`), so it has no other choice than among those of the list.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import marshal
import os
import sys
from contextlib import suppress
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.isolation import imports
from sandbox.processes.solution import time_zones, tracing
from sandbox.wire.modules_on_demand import EXTENSIONS, ON_DEMAND, REPLACED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, ModuleType

__all__ = ["prepare"]

_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120 - pathlib would be more to load
_REPLACEMENTS = os.path.join(os.path.dirname(__file__), "replacements")  # noqa: PTH118, PTH120 - as above
_HEADER_BYTES = 16
"""Bytes of a .pyc file before its code (PEP 552)."""
_TIME_ZONES = "zoneinfo"
_DEBUGGERS = frozenset({"bdb", "doctest", "pdb", "trace"})
"""Modules that take trace functions away."""
_open: Callable[..., Any] = io.open
"""The real function: files of answers are in memory."""


class _Code(NamedTuple):
    data: bytes
    """Bytecode, or source text if there is none."""
    path: str
    is_source: bool
    is_package: bool


def prepare() -> Callable[[Sequence[str]], None]:
    """Prepare what can be prepared before the fork, and return the function that loads modules in a child."""
    library = _Library()
    # A zygote that was started by root gives up its privileges, and may then not be able to read its own library.
    if os.geteuid() == 0:
        library.keep()

    def load(names: Sequence[str]) -> None:
        if names:
            library.load(names)

    return load


class _Library:
    """Finder and loader of the modules on demand."""

    def __init__(self) -> None:
        self._kept: dict[str, _Code | None] = {}

    def keep(self) -> None:
        """Read everything now: bytecode only, no module."""
        for name in ON_DEMAND:
            if name not in sys.modules or name in REPLACED:
                self._kept[name] = _read(name)
        # A library can be loaded from its file only.
        for name in EXTENSIONS:
            with suppress(ImportError):
                importlib.import_module(name)

    def load(self, names: Sequence[str]) -> None:
        """Load modules. Those that this version of Python lacks are skipped."""
        if _TIME_ZONES in names:
            time_zones.install(time_zones.read(_open))
        if not _DEBUGGERS.isdisjoint(names):
            tracing.install()
        imports.revert()
        hidden = {name: sys.modules.pop(name) for name in REPLACED if name in sys.modules}
        sys.meta_path.insert(0, self)
        for name in names:
            with suppress(Exception):
                importlib.import_module(name)
        sys.meta_path.remove(self)
        loaded = {name: sys.modules[name] for name in names if name in sys.modules}
        imports.apply()
        del hidden
        sys.modules.update(loaded)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - the protocol
        """Find a module that may be loaded on demand."""
        if name in EXTENSIONS:
            return _find_extension(name)
        if name not in ON_DEMAND:
            return None
        code = self._kept[name] if name in self._kept else _read(name)
        if code is None:
            return None
        spec = ModuleSpec(name, self, origin=None, is_package=code.is_package)  # type: ignore[arg-type]  # it has what the import system calls
        spec.loader_state = code
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - the protocol
        """Return ``None``: the import system makes the module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run a module. It keeps nothing that leads here, nor a path of the host."""
        spec = module.__spec__
        assert spec is not None
        code: _Code = spec.loader_state
        spec.loader_state = spec.loader = None
        vars(module)["__loader__"] = None
        exec(_compiled(code), vars(module))


def _read(name: str) -> _Code | None:
    folder, stem = _LIBRARY, name.replace(".", "/")
    if name in REPLACED:
        folder, stem = _REPLACEMENTS, REPLACED[name]
    for path, is_package in ((f"{folder}/{stem}.py", False), (f"{folder}/{stem}/__init__.py", True)):
        cached = importlib.util.cache_from_source(path)
        for file, is_source in ((cached, False), (path, True)):
            with suppress(OSError), _open(file, "rb") as stream:
                data = stream.read()
                if is_source or data.startswith(importlib.util.MAGIC_NUMBER):
                    return _Code(data if is_source else data[_HEADER_BYTES:], path, is_source, is_package)
    return None


def _compiled(code: _Code) -> CodeType:
    if code.is_source:
        return compile(code.data, code.path, "exec", dont_inherit=True)
    compiled: CodeType = marshal.loads(code.data)  # noqa: S302 - the library's own
    return compiled


def _find_extension(name: str) -> ModuleSpec | None:
    if name in sys.builtin_module_names:
        return None
    for folder in (f"{_LIBRARY}/lib-dynload", _LIBRARY):
        for suffix in EXTENSION_SUFFIXES:
            path = f"{folder}/{name}{suffix}"
            with suppress(OSError), _open(path, "rb"):
                loader = ExtensionFileLoader(name, path)
                return ModuleSpec(name, loader, origin=path)
    return None
