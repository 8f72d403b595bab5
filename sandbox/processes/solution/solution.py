"""The solution process: runs the answer. It knows inputs, never expected values.

Nothing here protects the grade: whatever this process sends is only a value that is compared elsewhere. The isolation
layers are applied before a byte of the answer is compiled. Everything that may run code of the answer is a call that
goes through the trampoline (`sandbox.processes.solution.trampoline`), so that the answer finds no frame of ours below
its own.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import marshal
import operator
import os
import sys
import threading
import types
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError
from sandbox.processes.memory_files.exchange import apply_changes as apply_file_changes
from sandbox.processes.memory_files.exchange import take_changes as take_file_changes
from sandbox.processes.memory_files.tree import current as current_files
from sandbox.processes.solution.exceptions import ANSWER_FILE, CallbackErrors, encode_exception
from sandbox.processes.solution.harness_objects import HarnessObjects
from sandbox.processes.solution.objects import Objects
from sandbox.processes.solution.program_end import finish_threads, means_success
from sandbox.processes.solution.trampoline import CallFailedError, call, on_base_frame
from sandbox.wire.framing import HEADER_BYTES, FrameReader, frame_length, receive_descriptors, send_frame
from sandbox.wire.mutation import apply_changes, containers_in, track
from sandbox.wire.protocol import (
    CALL,
    CALLBACK,
    DESCRIBE,
    DROP,
    ENTRY_MODULE,
    FILES,
    GET,
    LARGE,
    MAKE,
    OK,
    OP,
    PREAMBLE_FILE,
    PUBLIC,
    RAISED,
    SHARE,
    LoadSettings,
)
from sandbox.wire.values import decode, encode, restore

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Mapping
    from io import TextIOWrapper

    from sandbox.processes.solution.trampoline import Steps
    from sandbox.wire.mutation import Tracked

__all__ = ["Solution"]

_FIRST_READ = 1 << 12
"""Bytes to receive at first. For a larger buffer the allocator would first merge its free chunks, all over the heap."""
_MAX_TAKEN = 32
"""Values of test code that are watched for changes, the latest."""
_RECURSION_LIMIT = sys.getrecursionlimit()
# Functions that are used after the answer has run are looked up here, once: it may have replaced them in their modules.
_leave, _close, _collect, _run_exit_functions = os._exit, os.close, gc.collect, atexit._run_exitfuncs
_count_exit_functions, _load_code = atexit._ncallbacks, marshal.loads
_FILE = "/run/solution.py"
"""File of the answer, as its module says it. There is none."""
_FRAMES = 40
"""Frames for a request that is served while the answer waits for the reply to a callback."""
_FINALIZER_WORDS = "__del__", "weakref", "open", "yield", "async"
"""Words of which a source has at least one if it can print when its last objects are freed.

Only then is there a collection at the end, because it visits all objects and copies hundreds of pages."""
_recursion_limit, _set_recursion_limit = sys.getrecursionlimit, sys.setrecursionlimit
_flush = operator.methodcaller("flush")


class Solution:
    """The loaded answer, and the requests about it."""

    def __init__(self, channel: int, out: TextIOWrapper, more_verbs: Mapping[str, Callable[..., Steps]]) -> None:
        self.channel = channel
        self.reader = FrameReader(channel)
        self.out = out
        self.settings = LoadSettings("")
        self.module, self.program = (_blank_module(name) for name in (ENTRY_MODULE, "__main__"))
        """Modules for an answer that is imported, and for one that is run as a program."""
        self.code: types.CodeType | None = None
        self.preamble: types.CodeType | None = None
        self.exit_functions = _count_exit_functions()
        self.is_serving = False
        """True while the harness waits for the reply to a request."""
        self.depth = 0
        """Number of requests that are being served, each called back from the one before."""
        self.taken: dict[int, Tracked] = {}
        """Containers that the answer took from attributes of test code's objects, by the number of the reply."""
        self.requests_left = 0
        """Number of requests until this process ends by itself; none or less if it serves as many as come."""
        self.lock = threading.RLock()
        self.harness_objects = HarnessObjects(on_base_frame(self.call_back))
        self.callback_errors = CallbackErrors(self.harness_objects)
        self.objects = Objects(self.module, self.harness_objects)
        self.verbs: dict[str, Callable[..., Steps]] = {
            CALL: self.objects.call, GET: self.objects.get, OP: self.objects.operate,
            DESCRIBE: self.objects.describe, MAKE: self.objects.make, PUBLIC: self.objects.public_names,
            SHARE: self.objects.take_changes,
            **more_verbs,
        }  # fmt: skip

    def receive_settings(self, link: _socket.socket) -> list[int]:
        """Receive the first message, which has the settings, and return the descriptors that came with it."""
        first, descriptors = receive_descriptors(link, _FIRST_READ, 3)
        link.detach()
        if not first:
            _leave(0)
        # Most first messages come whole, and a reader would copy them, page by page.
        end = HEADER_BYTES + frame_length(first) if len(first) >= HEADER_BYTES else len(first) + 1
        if len(first) >= end:
            message = first[HEADER_BYTES:end]
            self.reader = FrameReader(self.channel, first[end:])
        else:
            self.reader = FrameReader(self.channel, first)
            message = self.reader.receive()
        self.settings = LoadSettings.unpack(message)
        if self.settings.program:
            self.module = self.objects.module = self.program
        # Now, because the lockdown ends a process that loads code. It has not been through this process's hands.
        if self.settings.code:
            self.code = _load_code(self.settings.code)
        if self.settings.preamble_code:
            self.preamble = _load_code(self.settings.preamble_code)
        return descriptors

    def serve(self) -> Steps:
        """Load the answer, serve requests, and end this process when the harness hangs up."""
        # os._exit and not sys.exit: the interpreter's finalization would run exit functions and free all objects, one
        # copied page after the other. A program has had its exit functions run by then (`run`).
        try:
            yield from self.load_and_listen()
            # The harness may wait for this, and goes on while the kernel frees the memory.
            _close(self.channel)
            _leave(0)
        finally:
            _leave(1)

    def load_and_listen(self) -> Steps:
        """Load the answer, and serve the requests that are announced, or all until the harness hangs up."""
        self.requests_left = self.settings.requests
        yield from self.reply(self.load())
        # A program has done all that it was started for.
        if not self.settings.program:
            yield from self.listen()

    def listen(self) -> Steps:
        """Serve requests until the reply to a callback of ours comes, or the harness hangs up."""
        while request := self.reader.receive():
            self.is_serving = True
            try:
                verb, *fields = self.parse_message(request)
            except Exception as error:  # noqa: BLE001 - test code names something that does not exist
                yield from self.reply(_raise(error))
                continue
            if verb in {OK, RAISED}:
                return [verb, *fields]
            if verb == DROP:
                self.objects.drop(*fields)
                continue
            if verb == FILES:
                apply_file_changes(current_files.tree, *fields)
                continue
            nested, self.depth = self.depth, self.depth + 1
            if nested:
                _set_recursion_limit(_recursion_limit() + _FRAMES)
            yield from self.reply(self.verbs[verb](*fields), with_changes=verb == CALL)
            self.depth = nested
            self.is_serving = nested > 0
            if nested:
                _set_recursion_limit(max(_recursion_limit() - _FRAMES, _RECURSION_LIMIT))
            else:
                self.requests_left -= 1
                if self.requests_left == 0:
                    break
        return None

    def parse_message(self, request: bytes) -> list[Any]:
        """Return the fields of a request, with the objects that it refers to."""
        fields: list[Any] = decode(request)
        # Most requests hold no references; a search for their JSON key is quicker than a walk through all values.
        if b'{"r":' in request or b'{"N":' in request:
            restore(fields, self.objects.resolve)
        return fields

    def call_back(self, verb: str, *fields: Any) -> Steps:
        """Request something of an object in the harness, and wait for the reply; serve its requests meanwhile."""
        # A thread of the answer may call while the harness waits for nothing: then no one would read the message.
        if not self.is_serving:
            raise RuntimeError("the test calls nothing, and so cannot be called back")
        # One thread at a time. Reentrant, because the harness may call the answer in turn, which calls back again.
        with self.lock:
            if self.taken or self.objects.arguments:
                yield from self.tell_changes()
            values = [*fields[1], *fields[2].values()] if verb == CALL else fields
            watched = containers_in(values)
            send_frame(self.channel, _with_files(encode([CALLBACK, verb, list(fields)], self.objects.keep)))
            reply = yield from self.listen()
            if reply is None:
                _leave(0)
            if reply[0] == RAISED:
                raise CallFailedError(self.callback_errors.exception(reply[1:]))
            _, value, changes, *numbers = reply
            if changes:
                apply_changes(changes, watched, lambda reference: reference)
            for number in numbers:
                if (tracked := track([value])) is not None:
                    self.taken[number] = tracked
                    for old in list(self.taken)[:-_MAX_TAKEN]:
                        del self.taken[old]
            return value

    def tell_changes(self) -> Steps:
        """Tell the harness what the answer has changed in containers of test code."""
        for table in (self.taken, self.objects.arguments):
            for number, tracked in list(table.items()):
                if not tracked.is_changed:
                    continue
                with suppress(ValueCodecError, RecursionError):  # of what cannot cross, test code sees nothing
                    changes = tracked.changes()
                    tracked.renew()
                    fields = [number, changes, len(tracked.containers)]
                    message = encode([CALLBACK, SHARE, fields], self.objects.keep)
                    reply = None
                    if len(message) <= self.settings.value_bytes:
                        send_frame(self.channel, _with_files(message))
                        reply = yield from self.listen()
                    if reply is None or reply[1] is not True:
                        table.pop(number, None)

    def load(self) -> Steps:
        """Load the answer; return the values of the names that were asked for."""
        settings, namespace = self.settings, self.module.__dict__
        if settings.files:
            apply_file_changes(current_files.tree, decode(settings.files))
        if settings.preamble:
            preamble = self.preamble or compile(settings.preamble, PREAMBLE_FILE, "exec", dont_inherit=True)
            yield call(exec, preamble, namespace)
            for name in settings.own_names:
                namespace.pop(name, None)
        code = self.code
        if code is None:
            code = yield call(compile, settings.source.removeprefix("\ufeff"), ANSWER_FILE, "exec", dont_inherit=True)
        if settings.program:
            yield from self.run(code)
            return {}
        yield call(exec, code, namespace)
        values = {}
        for index, name in enumerate(settings.names):
            try:
                values[name] = yield from self.objects.find(name)
                self.objects.number(index, values[name])
            except KeyError:
                continue
            except CallFailedError as failure:
                if not issubclass(type(failure.error), KeyError | AttributeError):
                    raise
        return values

    def run(self, code: types.CodeType) -> Steps:
        """Run the program, and then finish it as the interpreter would."""
        # In the order of Py_FinalizeEx: threads are joined, exit functions run, streams are flushed, and the objects of
        # the main module are freed, whose finalizers may still print.
        exit_failure: CallFailedError | None = None
        try:
            yield call(exec, code, self.module.__dict__)
        except CallFailedError as failure:
            if not issubclass(type(failure.error), SystemExit):
                raise
            exit_failure = failure
        del code
        source = self.settings.source
        yield from finish_threads()
        # `logging` registers its exit function when it is imported, which the zygote has done.
        if _count_exit_functions() != self.exit_functions or "logging" in source:
            yield call(_run_exit_functions)
        yield from self.flush()
        # Frees files that the program has left open, which then write their buffers.
        yield call(self.module.__dict__.clear)
        if any(word in source for word in _FINALIZER_WORDS):
            yield call(_collect)
        if exit_failure is not None and not means_success(exit_failure.error):
            raise exit_failure

    def reply(self, steps: Steps, *, with_changes: bool = False) -> Steps:
        """Run the steps of a request, and send the reply.

        Args:
            steps: return the value to send.
            with_changes: they return a pair instead: the value, and the changes made to arguments.
        """
        try:
            result = yield from steps
            value, changes = result if with_changes else (result, None)
            self.restore_recursion_limit()
            reply = encode([OK, value, changes], self.objects.keep)
            if len(reply) > self.settings.value_bytes:
                reply = encode([LARGE])
        except CallFailedError as failure:
            self.restore_recursion_limit()
            reply = yield from encode_exception(failure.error, self.objects.keep)
        except Exception as error:  # noqa: BLE001 - there is no such name, or a value that cannot cross
            self.restore_recursion_limit()
            reply = yield from encode_exception(error, self.objects.keep)
        if self.taken or self.objects.arguments:
            yield from self.tell_changes()
        # Before the reply, so that the harness finds all output of a request in the pipes when it has the reply.
        yield from self.flush()
        send_frame(self.channel, _with_files(reply))

    def flush(self) -> Steps:
        """Flush our standard output, and the streams that the answer may have put in the place of ours."""
        streams = [self.out, getattr(sys, "stdout", None), getattr(sys, "stderr", None)]
        if streams[1] is self.out:
            del streams[1]
        # One call for all streams, since each call copies memory. If one of them fails, each is flushed by itself.
        try:
            yield call(deque, map(_flush, streams), 0)
        except CallFailedError:
            for stream in streams:
                with suppress(CallFailedError):
                    yield call(_flush, stream)

    def restore_recursion_limit(self) -> None:
        """Raise the recursion limit to its default if the answer has lowered it, so that our own code can run."""
        if _recursion_limit() < _RECURSION_LIMIT:
            _set_recursion_limit(_RECURSION_LIMIT)


def _with_files(message: bytes) -> bytes:
    """Return a message with the changes of files since the last one, if there are any."""
    tree = current_files.tree
    if not tree.changed and not tree.moved:
        return message
    return b'["%s",%s,%s]' % (FILES.encode(), encode(take_file_changes(tree)), message)


def _blank_module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module)["__builtins__"] = builtins
    vars(module)["__file__"] = _FILE
    return module


def _raise(error: Exception) -> Steps:
    """Return steps that raise an exception."""
    yield from ()
    raise error
