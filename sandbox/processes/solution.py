"""The solution process: runs the answer. It knows inputs, never expected values.

Nothing here protects the grade: whatever this process says is only a value that is compared elsewhere. The walls are
put up before a byte of the answer is compiled.
"""

from __future__ import annotations

import _sitebuiltins
import atexit
import builtins
import contextlib
import gc
import os
import random
import socket
import sys
import threading
import types
from os import closerange, dup, dup2
from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.channel import frame, receive_descriptors, receive_frame
from sandbox.errors import ValueCodecError
from sandbox.processes import parked_threads, plain_event_loop, streams
from sandbox.processes.protocol import CALL, ENTRY_MODULE, GET, LARGE, LOAD, OK, RAISED, LoadSettings
from sandbox.values import Reference, decode, encode
from sandbox.walls import audit, functions, rlimits

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import TextIOWrapper

__all__ = ["prepare"]

_FIRST_READ = 1 << 16
_TEXT_CHARS = 500
_RECURSION_LIMIT = sys.getrecursionlimit()
_MUTABLE = (list, dict, set, bytearray)
_FILE = "<answer>"
_QUITTERS = tuple(_sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)") for name in ("exit", "quit"))
"""What the module ``site`` would have made."""


def prepare() -> Callable[[int], None]:
    """The program, with all made ready that can be before the fork. What is made once costs no child anything."""
    out = streams.prepare()
    plain_event_loop.install()
    base_bytes = rlimits.address_space_bytes()
    sys.argv[:] = ["solution.py"]
    decode(encode([LOAD, LoadSettings("").plain()]))
    random.seed(0)

    def main(channel: int) -> None:
        """Serve the examiner at the other end of ``channel`` until it hangs up."""
        first, descriptors = receive_descriptors(socket.socket(fileno=dup(channel)), _FIRST_READ, 3)
        if not first:
            os._exit(0)
        for number, descriptor in enumerate(descriptors):
            dup2(descriptor, number)
        closerange(channel + 1, 64)
        verb, fields = decode(receive_frame(channel, prefix=first))
        if verb != LOAD:
            os._exit(1)
        _Solution(channel, LoadSettings(*fields), out, base_bytes).serve()

    return main


class _Solution:
    """The answer, loaded, and the objects it has handed out."""

    def __init__(self, channel: int, settings: LoadSettings, out: TextIOWrapper, base_bytes: int) -> None:
        self.out = out
        self.base_bytes = base_bytes
        self.channel = channel
        self.settings = settings
        self.kept: dict[int, Any] = {}
        self.code: types.CodeType | None = None
        self.module = types.ModuleType("__main__" if settings.program else ENTRY_MODULE)
        self._write, self._getrecursionlimit, self._setrecursionlimit = (
            os.write,
            sys.getrecursionlimit,
            sys.setrecursionlimit,
        )

    def serve(self) -> NoReturn:
        self.put_up_walls()
        self.answer(self.load)
        while request := receive_frame(self.channel):
            verb, *fields = decode(request)
            if verb == CALL:
                self.answer(self.call, *fields)
            elif verb == GET:
                self.answer(self.get, *fields)
            else:
                self.answer(self.run)
        os._exit(0)

    def put_up_walls(self) -> None:
        settings = self.settings
        parked_threads.park(settings.threads)
        sys.modules.pop("resource", None)  # the zygote's own wait4(2) needs it
        builtins.exit, builtins.quit = _QUITTERS
        gc.enable()
        sys.modules[self.module.__name__] = self.module
        self.module.__dict__["__builtins__"] = builtins
        base_bytes = self.base_bytes + settings.threads * parked_threads.STACK_BYTES
        rlimits.put_up(rlimits.ResourceLimits(settings.cpu_s, settings.memory_mb), base_bytes=base_bytes)
        functions.seal()
        audit.put_up()

    def load(self) -> dict[str, Any]:
        settings, namespace = self.settings, self.module.__dict__
        if settings.preamble:
            exec(compile(settings.preamble, "<prompt>", "exec", dont_inherit=True), namespace)
            for name in settings.own_names:
                namespace.pop(name, None)
        code = compile(settings.source.removeprefix("\ufeff"), _FILE, "exec", dont_inherit=True)
        if settings.program:
            self.code = code
            return {}
        exec(code, namespace)
        found = {}
        for name in settings.names:
            with contextlib.suppress(KeyError, AttributeError):
                found[name] = self.find(name)
        return found

    def run(self) -> None:
        """Run the program, and then end it as the interpreter would."""
        code, self.code = self.code, None
        assert code is not None
        end = SystemExit()
        try:
            exec(code, self.module.__dict__)
        except SystemExit as error:
            end = error
        _finish_threads()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        self.module.__dict__.clear()  # files that the program has left open write what they hold
        gc.collect()
        if end.code is not None and end.code != 0:
            raise end

    def call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any] | None]:
        args = [self.revive(value) for value in args]
        mutable = any(type(value) in _MUTABLE for value in args)
        before = [encode(value, self.keep) if type(value) in _MUTABLE else b"" for value in args] if mutable else []
        value = self.find(target)(*args, **{name: self.revive(item) for name, item in kwargs.items()})
        if not mutable:
            return value, None
        after = [encode(value, self.keep) if type(value) in _MUTABLE else b"" for value in args]
        if before == after:
            return value, None
        return value, [item if old != new else None for item, old, new in zip(args, before, after, strict=True)]

    def get(self, target: Any, attribute: str) -> Any:
        return getattr(self.find(target), attribute)

    def find(self, target: Any) -> Any:
        if type(target) is not str:
            return self.kept[target.key]
        first, *rest = target.split(".")
        namespace = self.module.__dict__
        if first not in namespace and "Solution" in namespace:
            first, rest = "Solution", [first, *rest]  # as contest sites have it
        found = namespace[first]
        for name in rest:
            found = getattr(found() if isinstance(found, type) else found, name)
        return found

    def revive(self, value: Any) -> Any:
        return self.find(value) if type(value) is Reference else value

    def keep(self, value: Any) -> Reference:
        key = id(value)
        self.kept[key] = value
        return Reference(key, type(value).__name__, callable(value))

    def answer(self, verb: Any, *fields: Any) -> None:
        """Do what was asked and send what came of it."""
        try:
            result = verb(*fields)
            value, args = result if verb == self.call else (result, None)
            self.calm()
            reply = encode([OK, value, args], self.keep)
            if len(reply) > self.settings.value_bytes:
                reply = encode([LARGE])
        except BaseException as error:  # noqa: BLE001 - whatever the answer raises is a value here
            reply = self.raised(error)
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            self.out.flush()
        self.send(reply)

    def calm(self) -> None:
        """Give our own code a stack to work on, whatever the answer did to the limit."""
        if self._getrecursionlimit() < _RECURSION_LIMIT:
            self._setrecursionlimit(_RECURSION_LIMIT)

    def raised(self, error: BaseException) -> bytes:
        self.calm()
        kind = type(error)
        base = next((entry.__name__ for entry in kind.__mro__ if entry.__module__ == "builtins"), "Exception")
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == _FILE:
                line = trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, ValueCodecError):
            base = "TypeError"
        try:
            text = str(error)[:_TEXT_CHARS]
        except BaseException as failure:  # noqa: BLE001 - a hostile __str__
            text = f"<{type(failure).__name__} in its own text>"
        try:
            return encode([RAISED, kind.__name__[:100], base, text, line])
        except BaseException:  # noqa: BLE001 - a hostile str subclass
            return encode([RAISED, "Exception", "Exception", "", line])

    def send(self, reply: bytes) -> None:
        view = memoryview(frame(reply))
        while view:
            view = view[self._write(self.channel, view) :]


def _finish_threads() -> None:
    """End threads as the interpreter does: executors stop their workers, threads that are no daemons are awaited."""
    for stop in reversed(getattr(threading, "_threading_atexits", ())):
        stop()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
