"""What examiner and solution process say to each other.

Each message is one frame holding a list encoded by `sandbox.wire.values`. The harness asks, the solution process
answers, one at a time.

Requests:

* ``["load", settings]``
* ``["call", target, args, kwargs]``: a target is a dotted name, an object, or ``[object, name of its method]``
* ``["get", target, attribute]``: the target ``None`` is the answer's module
* ``["op", name, operands]``: what Python does for an operator or a built-in function
  (`sandbox.processes.solution.operations`)
* ``["describe", number]``: what a class is made of
* ``["make", name, bases, members]``: a class that test code derives from the answer's
* ``["start", awaitable]``, ``["await", awaitable]``: to run beside others, and what it returns
* ``["step"]``: the next test of the exam that is held in the solution process itself
* ``["public"]``: the names that a star import takes
* ``["drop", numbers]``: objects that test code has let go; it gets no answer

Answers:

* ``["ok", value, changes]``, with what the call did to its arguments (`sandbox.wire.mutation`)
* ``["raised", *fields]`` (`ExceptionFields`)
* ``["large"]``
* ``["back", verb, fields]``: a question in turn, about an object of test code that the answer was given. It is
  answered with ``ok`` or ``raised``, maybe after more requests; then the first answer is still to come.

References have numbers where the object is in the solution process. Where it is in the examiner, their key begins with
`HARNESS_KEY`; `GLOBAL_KEY` stands before the name of something that both have, such as a built-in function.

Answers come from a process that the answer owns: the examiner believes nothing in them but the values themselves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "AWAIT",
    "CALL",
    "CALLBACK",
    "DESCRIBE",
    "DROP",
    "ENTRY_MODULE",
    "GET",
    "GLOBAL_KEY",
    "HARNESS_KEY",
    "LARGE",
    "LOAD",
    "MAKE",
    "OK",
    "OP",
    "PUBLIC",
    "RAISED",
    "START",
    "STEP",
    "THREADS",
    "ExceptionFields",
    "LoadSettings",
    "needs_threads",
]

LOAD, CALL, GET = "load", "call", "get"
OP, DESCRIBE, MAKE, DROP = "op", "describe", "make", "drop"
START, AWAIT, PUBLIC, STEP = "start", "await", "public", "step"
OK, RAISED, LARGE, CALLBACK = "ok", "raised", "large", "back"
HARNESS_KEY, GLOBAL_KEY = "t", "g:"

ENTRY_MODULE = "solution"
"""Name of the module the answer becomes; a real entry of ``sys.modules``, which dataclasses and typing look up."""


THREADS = 16
"""How many threads wait for an answer that may use threads."""
_THREAD_WORDS = ("thread", "concurrent", "asyncio", "import_module", "__import__")


def needs_threads(source: str) -> bool:
    """Whether a source may use threads, by its text alone, so that equal answers are treated alike."""
    return any(sign in source for sign in _THREAD_WORDS)


class ExceptionFields(NamedTuple):
    """An exception on its way between answer and test code: the fields of a `RAISED` message, in this order."""

    type_name: str
    base: str
    """Name of the nearest built-in class it descends from."""
    text: str
    line: int = 0
    """1-based line of the answer it came from; 0 if it came from elsewhere."""
    reference: Any = None
    """Reference to the exception itself; ``None`` if its class is a built-in one, or it cannot be handed out."""
    args: tuple[Any, ...] | None = None
    """What it was made of; ``None`` if that cannot cross."""
    cause: list[Any] | None = None
    """Fields of its ``__cause__``, as a list."""

    def pack(self) -> list[Any]:
        """Return the message, for `sandbox.wire.values.encode`."""
        return [RAISED, *self]

    def without_objects(self) -> ExceptionFields:
        """Return what crosses in any case: plain names, text and line."""
        return ExceptionFields(self.type_name, self.base, self.text, self.line)


class LoadSettings(NamedTuple):
    """How a solution process is to load the answer; a tuple, because that is how it crosses."""

    source: str
    preamble: str = ""
    """Python that runs first in the same module; what the answer then defines wins."""
    own_names: tuple[str, ...] = ()
    """Names that must come from the answer: forgotten after the preamble has run."""
    names: tuple[str, ...] = ()
    """Names to report the values of; functions and classes come back as references."""
    program: bool = False
    """A whole program, to be run as ``__main__``; the answer comes when it has ended."""
    cpu_s: float = 60.0
    memory_mb: int = 512
    value_bytes: int = 16 << 20
    threads: int = 0
    """Threads to have ready for the answer, which can start none itself."""
    in_process_spec: dict[str, Any] | None = None
    """An exam to hold in this very process, by the request ``step``, and under ``word`` what to say it with."""
