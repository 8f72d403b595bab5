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
from sandbox.mutation import apply_changes, containers_in
from sandbox.processes import parked_threads, plain_event_loop, streams
from sandbox.processes.coroutines import Coroutines
from sandbox.processes.lent import Lending
from sandbox.processes.objects import Objects
from sandbox.processes.protocol import (
    AWAIT,
    BACK,
    CALL,
    DESCRIBE,
    DROP,
    ENTRY_MODULE,
    GET,
    LARGE,
    LOAD,
    MAKE,
    OK,
    OP,
    PUBLIC,
    RAISED,
    RUN,
    START,
    LoadSettings,
)
from sandbox.processes.raising import FILE, RaisedBack, message_of
from sandbox.values import decode, encode, restore
from sandbox.walls import audit, functions, rlimits

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import TextIOWrapper

__all__ = ["prepare"]

_FIRST_READ = 1 << 16
_RECURSION_LIMIT = sys.getrecursionlimit()
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
        self.code: types.CodeType | None = None
        self.module = types.ModuleType("__main__" if settings.program else ENTRY_MODULE)
        self.busy = False
        """Whether the examiner waits for an answer."""
        self.depth = 0
        self.turn = threading.RLock()
        self.lending = Lending(self.ask)
        self.raised_back = RaisedBack(self.lending)
        self.objects = Objects(self.module, self.lending)
        coroutines = Coroutines()
        self.verbs: dict[str, Any] = {
            CALL: self.objects.call, GET: self.objects.get, OP: self.objects.operate, RUN: self.run,
            DESCRIBE: self.objects.describe, MAKE: self.objects.make, PUBLIC: self.objects.public,
            START: coroutines.start, AWAIT: coroutines.finish,
        }  # fmt: skip
        self._write, self._getrecursionlimit, self._setrecursionlimit = (
            os.write,
            sys.getrecursionlimit,
            sys.setrecursionlimit,
        )

    def serve(self) -> NoReturn:
        self.put_up_walls()
        self.answer(self.load)
        self.listen()
        os._exit(0)

    def listen(self) -> list[Any] | None:
        """Do what is asked, until the answer to a question of ours comes, or the examiner hangs up."""
        while request := receive_frame(self.channel):
            self.busy = True
            verb, *fields = self.understood(request)
            if verb in {OK, RAISED}:
                return [verb, *fields]
            if verb == DROP:
                self.objects.drop(*fields)
                continue
            nested, self.depth = self.depth, self.depth + 1
            self.answer(self.verbs[verb], *fields)
            self.depth = nested
            self.busy = nested > 0
        return None

    def understood(self, request: bytes) -> list[Any]:
        fields: list[Any] = decode(request)
        if b'{"r":' in request or b'{"N":' in request:
            restore(fields, self.objects.revive)
        return fields

    def ask(self, verb: str, *fields: Any) -> Any:
        """Ask the examiner about an object it has lent, and wait; it may ask in turn meanwhile."""
        if not self.busy:
            raise RuntimeError("the test calls nothing, and so cannot be called back")
        with self.turn:
            values = [*fields[1], *fields[2].values()] if verb == CALL else fields
            watched = containers_in(values)
            self.send(encode([BACK, verb, list(fields)], self.objects.keep))
            reply = self.listen()
            if reply is None:
                os._exit(0)
            if reply[0] == RAISED:
                raise self.raised_back.exception(reply[1:])
            _, value, changes = reply
            if changes:
                apply_changes(changes, watched, lambda reference: reference)
            return value

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
        code = compile(settings.source.removeprefix("\ufeff"), FILE, "exec", dont_inherit=True)
        if settings.program:
            self.code = code
            return {}
        exec(code, namespace)
        found = {}
        for name in settings.names:
            with contextlib.suppress(KeyError, AttributeError):
                found[name] = self.objects.find(name)
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

    def answer(self, verb: Any, *fields: Any) -> None:
        """Do what was asked and send what came of it."""
        try:
            result = verb(*fields)
            value, changes = result if verb == self.verbs[CALL] else (result, None)
            self.calm()
            reply = encode([OK, value, changes], self.objects.keep)
            if len(reply) > self.settings.value_bytes:
                reply = encode([LARGE])
        except BaseException as error:  # noqa: BLE001 - whatever the answer raises is a value here
            self.calm()
            reply = message_of(error, self.objects.keep)
        for stream in (self.out, sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        self.send(reply)

    def calm(self) -> None:
        """Give our own code a stack to work on, whatever the answer did to the limit."""
        if self._getrecursionlimit() < _RECURSION_LIMIT:
            self._setrecursionlimit(_RECURSION_LIMIT)

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
