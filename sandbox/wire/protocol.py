"""The protocol between harness and solution process.

Each message is one frame that holds a list, encoded by `sandbox.wire.values`. The harness sends requests, and the
solution process replies to one after the other. The harness may send a request before the reply to the one before.

The first message to a process has the settings by which it loads the answer, packed by `LoadSettings`. It gets a
reply, too. Requests:

* ``["call", target, args, kwargs]``: a target is a dotted name, an object, or ``[object, name of its method]``. A
  number for the containers in the arguments, and the earlier numbers that are known, ask for later changes of them
* ``["get", target, attribute]``: the target ``None`` is the answer's module
* ``["op", name, operands]``: an operator or a built-in function (`sandbox.processes.solution.operations`)
* ``["describe", number]``: bases and members of a class
* ``["make", name, bases, members]``: a class that test code derives from the answer's
* ``["start", awaitable]``: run an awaitable beside others; ``["await", awaitable]``: its result
* ``["step"]``: the next test of the spec that is run in the solution process itself
* ``["public"]``: the names that a star import takes
* ``["share", number, changes]``: what test code did to the containers in a value that ``get`` or ``op`` returned for
  that number, their last field; with a ``call``'s number, and how many containers it stands for, to those arguments
* ``["drop", numbers]``: objects that test code no longer has; it gets no reply
* ``["files", changes]``: what test code has done to the files of the run; it gets no reply

Replies:

* ``["ok", value, changes]``, with what the call did to its arguments (`sandbox.wire.mutation`)
* ``["raised", *fields]`` (`ExceptionFields`)
* ``["large"]``: the value is larger than it may be
* ``["back", verb, fields]``: a request in turn, for an object of test code that the answer was given. Its reply is
  ``ok`` or ``raised``, maybe after more requests; then the reply to the first request is still to come.

The process sends its own changes of files along with a message: ``["files", changes, message]``.

Containers in arguments that both processes know by a call's number cross as references whose key begins with
`ARGUMENT_KEY`, from the harness only.

References have numbers where the object is in the solution process. Where it is in the harness, their key begins with
`HARNESS_KEY`. `GLOBAL_KEY` comes before the name of something that both have, such as a built-in function.

Replies come from a process that the answer controls. The harness trusts nothing in them but the values themselves.
"""

from __future__ import annotations

import marshal
from typing import Any, NamedTuple

__all__ = [
    "ARGUMENT_KEY",
    "AWAIT",
    "CALL",
    "CALLBACK",
    "DESCRIBE",
    "DROP",
    "ENTRY_MODULE",
    "FILES",
    "GET",
    "GLOBAL_KEY",
    "HARNESS_KEY",
    "LARGE",
    "MAKE",
    "OK",
    "OP",
    "PREAMBLE_FILE",
    "PUBLIC",
    "RAISED",
    "SHARE",
    "START",
    "STEP",
    "THREADS",
    "ExceptionFields",
    "LoadSettings",
    "key_of_name",
    "threads_for",
]

CALL, GET = "call", "get"
OP, DESCRIBE, MAKE, DROP, FILES = "op", "describe", "make", "drop", "files"
START, AWAIT, PUBLIC, STEP, SHARE = "start", "await", "public", "step", "share"
OK, RAISED, LARGE, CALLBACK = "ok", "raised", "large", "back"
HARNESS_KEY, GLOBAL_KEY, ARGUMENT_KEY = "t", "g:", "m"

PREAMBLE_FILE = "<prompt>"
ENTRY_MODULE = "solution"
"""Name of the module the answer becomes; a real entry of ``sys.modules``, which dataclasses and typing look up."""


def key_of_name(index: int) -> int:
    """Return the key of the function that a name of the settings means, by the name's index in `LoadSettings.names`."""
    # Other keys are addresses, which are never negative.
    return -1 - index


_MARSHAL_VERSION = 2
"""The last one that writes no references, which would be looked up for each object."""
_dump, _load = marshal.dumps, marshal.loads
"""Looked up here, once, because test code may patch the module, and a process that is locked down has another."""
THREADS = 64
"""Number of threads that are started for an answer that may use threads."""
_FEW_THREADS = 16
"""The same for an answer that may use the threads of an event loop only."""
_THREAD_WORDS = ("thread", "concurrent", "Thread")
_FEW_THREAD_WORDS = ("asyncio", "import_module", "__import__")


def threads_for(source: str) -> int:
    """Return how many threads a source may use, by its text alone, so that equal answers are treated alike."""
    # Threads are started before the answer is loaded, and each takes address space, so most answers should get none. A
    # word in a comment costs a few unused threads; a missing thread would fail a right answer.
    if any(word in source for word in _THREAD_WORDS):
        return THREADS
    return _FEW_THREADS if any(word in source for word in _FEW_THREAD_WORDS) else 0


class ExceptionFields(NamedTuple):
    """An exception on its way between answer and test code: the fields of a `RAISED` message, in this order."""

    type_name: str
    base: str
    """Name of the nearest built-in class it descends from. Of test code's exceptions there is, behind ``@``, also the
    global name of the nearest class of the standard library, if that is nearer."""
    text: str
    line: int = 0
    """1-based line of the answer it came from; 0 if it came from elsewhere."""
    reference: Any = None
    """Reference to the exception itself; ``None`` if its class is a built-in one, or it cannot be handed out."""
    args: tuple[Any, ...] | None = None
    """Its ``args``; ``None`` if they cannot cross."""
    cause: list[Any] | None = None
    """Fields of its ``__cause__``, as a list."""
    context: list[Any] | None = None
    """Fields of its ``__context__``, as a list; ``None`` if it has a cause, too."""
    notes: list[str] | None = None
    """Its ``__notes__``."""
    hides_context: bool = False
    """Its ``__suppress_context__``."""
    attributes: dict[str, Any] | None = None
    """Attributes of test code's exception that are plain data."""

    def pack(self) -> list[Any]:
        """Return the message, for `sandbox.wire.values.encode`."""
        return [RAISED, *self]

    def without_objects(self) -> ExceptionFields:
        """Return what crosses in any case: plain names, text and line."""
        return ExceptionFields(self.type_name, self.base, self.text, self.line)


class LoadSettings(NamedTuple):
    """Settings by which a solution process loads the answer.

    They cross by `marshal`, in a third of the page faults that the value codec takes: a process reads its first message
    before there is an answer in it.
    """

    source: str
    preamble: str = ""
    """Python that runs first in the same module; what the answer then defines wins."""
    own_names: tuple[str, ...] = ()
    """Names that must come from the answer: forgotten after the preamble has run."""
    names: tuple[str, ...] = ()
    """Names whose values are returned; functions and classes as references."""
    program: bool = False
    """True for a whole program, to be run as ``__main__``; the reply comes when it has ended."""
    cpu_s: float = 60.0
    memory_mb: int = 512
    value_bytes: int = 16 << 20
    threads: int = 0
    """Number of threads to start for the answer, which can start none itself."""
    modules: tuple[str, ...] = ()
    """Modules to load for the answer, which can load none itself (`sandbox.wire.modules_on_demand`)."""
    in_process_spec: bytes = b""
    """Encoded spec whose tests run in this very process, one at each request ``step``; empty if there is none. Its
    ``word`` marks genuine results."""
    files: bytes = b""
    """Files that are there already, as encoded changes; empty if there are none."""
    code: bytes = b""
    """The compiled source, marshalled; empty: compile it."""
    preamble_code: bytes = b""
    """The same of the preamble."""
    requests: int = 0
    """Number of requests after which the process ends by itself; 0 if it serves as many as come."""

    @property
    def needs_few_modules(self) -> bool:
        """True if the small zygote has what the settings name, the sources aside."""
        return not (self.threads or self.modules or self.in_process_spec)

    def pack(self) -> bytes:
        """Return the message."""
        return _dump(tuple(self), _MARSHAL_VERSION)

    @classmethod
    def unpack(cls, message: bytes) -> LoadSettings:
        """Return the settings that `pack` was called on. The message is the harness's, so it is trusted."""
        return cls(*_load(message))
