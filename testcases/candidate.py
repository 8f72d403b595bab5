"""The answer as test code meets it: stand-ins whose calls cross to another process."""

from __future__ import annotations

import builtins
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "AnswerError",
    "BrokenTestError",
    "Candidate",
    "CandidateLostError",
    "Handle",
    "Named",
    "Reply",
    "verdict_of",
]


class Raised(Protocol):
    """An exception of the answer, as far as it crosses."""

    type_name: str
    base: str
    text: str


class Reply(Protocol):
    """What came of one request to the answer."""

    status: str
    """Name of a status of the sandbox; `STATUS_VERDICTS` knows them all."""
    value: Any
    args: Sequence[Any] | None
    raised: Raised | None
    detail: str


class Candidate(Protocol):
    """The answer, in a process of its own. What the sandbox gives a conductor."""

    alive: bool
    spent: bool

    def load(self, *, preamble: str = "", own_names: Sequence[str] = (), names: Sequence[str] = ()) -> Reply:
        """Start a process and load the answer as a module; the value is a dict of those names it has."""

    def run(self, stdin: bytes) -> Reply:
        """Run the answer as a program in a process of its own; the value is its output."""

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Reply:
        """Call a function."""

    def get(self, target: Any, attribute: str) -> Reply:
        """Read an attribute."""


STATUS_VERDICTS: Mapping[str, Verdict] = {
    "raised": Verdict.EXCEPTION,
    "exited": Verdict.EXCEPTION,
    "timeout": Verdict.TIMEOUT,
    "memory": Verdict.MEMORY,
    "output_limit": Verdict.OUTPUT_LIMIT,
    "crashed": Verdict.CRASHED,
    "policy": Verdict.POLICY,
    "not_run": Verdict.NOT_RUN,
}
"""What a request that returned nothing makes of the test that made it. ``returned`` is missing: there is a value to
look at."""


class AnswerError(Exception):
    """The answer raised; test code may wait for it, as for the exception itself."""

    verdict = Verdict.EXCEPTION


class CandidateLostError(BaseException):
    """The answer's process is gone. No handler of test code can take it for an exception of the answer's."""

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.ends_the_test = verdict is Verdict.NOT_RUN


class BrokenTestError(BaseException):
    """The test asks what cannot be asked across processes."""

    ends_the_test = True


def verdict_of(error: BaseException) -> Verdict:
    """The verdict of a test that ended with this error: an error of test code itself is a wrong answer met by it."""
    verdict: Verdict = getattr(error, "verdict", Verdict.WRONG_ANSWER)
    return verdict


class _Remote:
    """Something of the answer's that can be called and asked for attributes."""

    __slots__ = ("__reference__", "_candidate")

    def __init__(self, candidate: _Loading, target: Any) -> None:
        self._candidate = candidate
        self.__reference__ = target

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        sent = [_crossing(value) for value in args]
        candidate = self._candidate.ready()
        try:
            reply = candidate.call(self.__reference__, sent, {name: _crossing(value) for name, value in kwargs.items()})
        except Exception as error:  # noqa: BLE001 - whatever the codec says of them
            raise BrokenTestError(f"arguments that cannot be passed: {error}") from None
        value = _value_of(reply, self._candidate)
        if reply.args is not None:
            for mine, theirs in zip(args, reply.args, strict=False):
                _mirror(mine, theirs)
        return value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _value_of(self._candidate.ready().get(self.__reference__, name), self._candidate)


class Named(_Remote):
    """A function or class of the answer, by its name, so that it outlives the process that had it."""

    __slots__ = ()


class Handle(_Remote):
    """An object that lives in the answer's process. It equals itself and nothing else, least of all plain data."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and self.__reference__ == other.__reference__

    def __hash__(self) -> int:
        return hash(self.__reference__)


class _Loading(Protocol):
    """Who has the candidate loaded before it is asked."""

    def ready(self) -> Candidate:
        """The candidate, with a process. Raises `CandidateLostError` when there cannot be one."""


def _value_of(reply: Reply, loading: _Loading) -> Any:
    if reply.status != "returned":
        raise_for(reply)
    return wrap(reply.value, loading)


def wrap(value: Any, loading: _Loading) -> Any:
    """The value as test code is to see it."""
    return Handle(loading, value) if is_reference(value) else value


def is_reference(value: Any) -> bool:
    """Whether the value stands for an object that stayed in the answer's process."""
    return type(value).__name__ == "Reference"


def raise_for(reply: Reply) -> NoReturn:
    """Raise in test code what the reply means.

    Raises:
        AnswerError: the answer raised; also an instance of the nearest built-in class.
        CandidateLostError: its process is gone.
    """
    verdict = STATUS_VERDICTS[reply.status]
    if reply.raised is None:
        raise CandidateLostError(verdict, reply.detail)
    kind = _exception_class(reply.raised.type_name, reply.raised.base, verdict)
    try:
        error = kind(reply.raised.text)
    except TypeError:  # a class that wants other arguments, such as UnicodeDecodeError
        error = _exception_class(reply.raised.type_name, "Exception", verdict)(reply.raised.text)
    raise error


@lru_cache(maxsize=256)
def _exception_class(type_name: str, base_name: str, verdict: Verdict) -> type[AnswerError]:
    base = getattr(builtins, base_name, Exception)
    if not (isinstance(base, type) and issubclass(base, Exception)):
        base = Exception
    bases = (AnswerError,) if base is Exception else (AnswerError, base)
    try:
        return type(type_name, bases, {"verdict": verdict})
    except TypeError:
        return type(type_name, (AnswerError,), {"verdict": verdict})


def _crossing(value: Any) -> Any:
    return value.__reference__ if isinstance(value, _Remote) else value


def _mirror(mine: Any, theirs: Any) -> None:
    """Have a mutable argument look as the answer has left it."""
    if theirs is None or type(mine) is not type(theirs):
        return
    if isinstance(mine, list | bytearray):
        mine[:] = theirs
    elif isinstance(mine, dict | set):
        mine.clear()
        mine.update(theirs)
