"""The solution process: runs the answer. It knows inputs, never expected values.

Nothing here protects the grade: whatever this process says is only a value that is compared elsewhere. The walls are
put up before a byte of the answer is compiled. Whatever may run code of the answer's is a call that our own code asks
for (`sandbox.processes.solution.trampoline`), so that the answer finds no frame of ours below its own.
"""

from __future__ import annotations

import _socket
import atexit
import builtins
import gc
import operator
import os
import random
import sys
import threading
import types
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sandbox.processes.solution import event_loop, lockdown, warm_up
from sandbox.processes.solution.event_loop import Coroutines
from sandbox.processes.solution.exceptions import ANSWER_FILE, CallbackErrors, encode_exception
from sandbox.processes.solution.in_process import WORD, isolate_builtins, load_in_process_runner, step_function
from sandbox.processes.solution.objects import Objects
from sandbox.processes.solution.proxies import Proxies
from sandbox.processes.solution.trampoline import CallFailedError, Task, call, on_base_frame
from sandbox.wire.framing import receive_descriptors, receive_frame, send_frame
from sandbox.wire.mutation import apply_changes, containers_in
from sandbox.wire.protocol import (
    AWAIT,
    CALL,
    CALLBACK,
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
    START,
    STEP,
    LoadSettings,
)
from sandbox.wire.values import decode, encode, restore
from sandbox.wire.zygote_protocol import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import TextIOWrapper

    from sandbox.processes.solution.trampoline import Steps

__all__ = ["prepare"]

_FIRST_READ = 1 << 12
"""Bytes; a larger buffer has the allocator tidy up first."""
_RECURSION_LIMIT = sys.getrecursionlimit()
_leave, _collect, _run_exit_functions = os._exit, gc.collect, atexit._run_exitfuncs
_count_exit_functions = atexit._ncallbacks
_FINALIZER_WORDS = "__del__", "weakref", "open", "yield", "async"
"""What a program must use to say anything when its last objects go; looking for those copies hundreds of pages."""
_recursion_limit, _set_recursion_limit = sys.getrecursionlimit, sys.setrecursionlimit
_flush = operator.methodcaller("flush")
_exit_code_of = SystemExit.__dict__["code"].__get__


def prepare(in_process_runner: str = "") -> Callable[[int], Callable[[], Any]]:
    """The program, with all made ready that can be before the fork.

    A child starts in memory that is not its own yet: each page it writes to is copied first, be it only to count one
    more user of an object. So children make little, and do nothing for the first time.

    Args:
        in_process_runner: what holds exams in this very process, ``module:class``; none when there are none.
    """
    make_runner = load_in_process_runner(in_process_runner)
    out = warm_up.prepare_streams()
    event_loop.install_event_loop()
    sys.argv[:] = ["solution.py"]
    random.seed(0)
    warm_up.serve_trial_answer(lambda channel: _Solution(channel, out))
    connect, dup2, closerange, lock_down = _socket.socket, os.dup2, os.closerange, lockdown.prepare()
    solution = _Solution(CHANNEL, out)
    take = Task(solution.serve()).take

    def main(channel: int) -> Callable[[], Any]:
        """Be ready to serve the examiner at the other end of ``channel``; returns what `ground.stand` takes."""
        for number, descriptor in enumerate(solution.begin(connect(fileno=channel))):
            dup2(descriptor, number)
        closerange(channel + 1, 64)
        lock_down(solution.settings, solution.module)
        if make_runner is not None and (spec := solution.settings.in_process_spec) is not None:
            isolate_builtins(solution.module)
            word = spec.pop(WORD)
            solution.verbs[STEP] = step_function(make_runner(spec), solution.module, word)
        return take

    return main


class _Solution:
    """The answer, loaded, and the objects it has handed out."""

    def __init__(self, channel: int, out: TextIOWrapper) -> None:
        self.channel = channel
        self.out = out
        self.settings = LoadSettings("")
        self.module, self.program = (_blank_module(name) for name in (ENTRY_MODULE, "__main__"))
        """Where the answer will be, as a module and as a program."""
        self.exit_functions = _count_exit_functions()
        self.busy = False
        """Whether the examiner waits for an answer."""
        self.depth = 0
        self.lock = threading.RLock()
        self.proxies = Proxies(on_base_frame(self.ask))
        self.callback_errors = CallbackErrors(self.proxies)
        self.objects = Objects(self.module, self.proxies)
        coroutines = Coroutines()
        self.verbs: dict[str, Callable[..., Steps]] = {
            CALL: self.objects.call, GET: self.objects.get, OP: self.objects.operate,
            DESCRIBE: self.objects.describe, MAKE: self.objects.make, PUBLIC: self.objects.public,
            START: coroutines.start, AWAIT: coroutines.finish,
        }  # fmt: skip

    def begin(self, link: _socket.socket) -> list[int]:
        """Take the first message, which says what to load, and return the descriptors that came with it."""
        first, descriptors = receive_descriptors(link, _FIRST_READ, 3)
        link.detach()
        if not first:
            _leave(0)
        verb, fields = decode(receive_frame(self.channel, prefix=first))
        if verb != LOAD:
            _leave(1)
        self.settings = LoadSettings(*fields)
        if self.settings.program:
            self.module = self.objects.module = self.program
        return descriptors

    def serve(self) -> Steps:
        """Load the answer, do what is asked, and end with the examiner's interest."""
        try:
            yield from self.load_and_listen()
            _leave(0)
        finally:
            _leave(1)

    def load_and_listen(self) -> Steps:
        """Load the answer, and do what is asked until the examiner hangs up."""
        yield from self.answer(self.load())
        yield from self.listen()

    def listen(self) -> Steps:
        """Do what is asked, until the answer to a question of ours comes, or the examiner hangs up."""
        while request := receive_frame(self.channel):
            self.busy = True
            try:
                verb, *fields = self.parse_message(request)
            except Exception as error:  # noqa: BLE001 - test code names something that is not there
                yield from self.answer(_raising(error))
                continue
            if verb in {OK, RAISED}:
                return [verb, *fields]
            if verb == DROP:
                self.objects.drop(*fields)
                continue
            nested, self.depth = self.depth, self.depth + 1
            yield from self.answer(self.verbs[verb](*fields), changing=verb == CALL)
            self.depth = nested
            self.busy = nested > 0
        return None

    def parse_message(self, request: bytes) -> list[Any]:
        fields: list[Any] = decode(request)
        if b'{"r":' in request or b'{"N":' in request:
            restore(fields, self.objects.revive)
        return fields

    def ask(self, verb: str, *fields: Any) -> Steps:
        """Ask the examiner about an object it has lent, and wait; it may ask in turn meanwhile."""
        if not self.busy:
            raise RuntimeError("the test calls nothing, and so cannot be called back")
        with self.lock:
            values = [*fields[1], *fields[2].values()] if verb == CALL else fields
            watched = containers_in(values)
            send_frame(self.channel, encode([CALLBACK, verb, list(fields)], self.objects.keep))
            reply = yield from self.listen()
            if reply is None:
                _leave(0)
            if reply[0] == RAISED:
                raise CallFailedError(self.callback_errors.exception(reply[1:]))
            _, value, changes = reply
            if changes:
                apply_changes(changes, watched, lambda reference: reference)
            return value

    def load(self) -> Steps:
        settings, namespace = self.settings, self.module.__dict__
        if settings.preamble:
            preamble = compile(settings.preamble, "<prompt>", "exec", dont_inherit=True)
            yield call(exec, preamble, namespace)
            for name in settings.own_names:
                namespace.pop(name, None)
        code = yield call(compile, settings.source.removeprefix("\ufeff"), ANSWER_FILE, "exec", dont_inherit=True)
        if settings.program:
            yield from self.run(code)
            return {}
        yield call(exec, code, namespace)
        found = {}
        for name in settings.names:
            try:
                found[name] = yield from self.objects.find(name)
            except KeyError:
                continue
            except CallFailedError as failure:
                if not issubclass(type(failure.error), KeyError | AttributeError):
                    raise
        return found

    def run(self, code: types.CodeType) -> Steps:
        """Run the program, and then end it as the interpreter would."""
        end: CallFailedError | None = None
        try:
            yield call(exec, code, self.module.__dict__)
        except CallFailedError as failure:
            if not issubclass(type(failure.error), SystemExit):
                raise
            end = failure
        del code
        source = self.settings.source
        yield from _finish_threads()
        if _count_exit_functions() != self.exit_functions or "logging" in source:
            yield call(_run_exit_functions)
        yield from self.flush()
        yield call(self.module.__dict__.clear)  # files that the program has left open write what they hold
        if any(word in source for word in _FINALIZER_WORDS):
            yield call(_collect)
        if end is not None and not _means_success(end.error):
            raise end

    def answer(self, work: Steps, *, changing: bool = False) -> Steps:
        """Do what was asked and send what came of it."""
        try:
            result = yield from work
            value, changes = result if changing else (result, None)
            self.calm()
            reply = encode([OK, value, changes], self.objects.keep)
            if len(reply) > self.settings.value_bytes:
                reply = encode([LARGE])
        except CallFailedError as failure:
            self.calm()
            reply = yield from encode_exception(failure.error, self.objects.keep)
        except Exception as error:  # noqa: BLE001 - there is no such name, or a value that cannot cross
            self.calm()
            reply = yield from encode_exception(error, self.objects.keep)
        yield from self.flush()
        send_frame(self.channel, reply)

    def flush(self) -> Steps:
        """Have everything written that was printed, also to streams that the answer has put in the place of ours."""
        streams = [self.out, getattr(sys, "stdout", None), getattr(sys, "stderr", None)]
        if streams[1] is self.out:
            del streams[1]
        try:
            yield call(deque, map(_flush, streams), 0)
        except CallFailedError:
            for stream in streams:
                with suppress(CallFailedError):
                    yield call(_flush, stream)

    def calm(self) -> None:
        """Give our own code a stack to work on, whatever the answer did to the limit."""
        if _recursion_limit() < _RECURSION_LIMIT:
            _set_recursion_limit(_RECURSION_LIMIT)


def _blank_module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module)["__builtins__"] = builtins
    return module


def _raising(error: Exception) -> Steps:
    """Work that fails."""
    yield from ()
    raise error


def _finish_threads() -> Steps:
    """End threads as the interpreter does: executors stop their workers, threads that are no daemons are awaited."""
    for stop in reversed(getattr(threading, "_threading_atexits", ())):
        yield call(stop)
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            yield call(thread.join)


def _means_success(end: BaseException) -> bool:
    code = _exit_code_of(end)
    return code is None or (issubclass(type(code), int) and int.__eq__(code, 0))
