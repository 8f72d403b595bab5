"""The answer as a conductor meets it: what it can be asked, what comes back, and how that reaches test code."""

from __future__ import annotations

import builtins
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "STATUS_VERDICTS",
    "AnswerError",
    "BrokenTestError",
    "Candidate",
    "CandidateLostError",
    "Raised",
    "Reply",
    "raise_for",
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
    name = type_name if type_name.isprintable() else base.__name__  # no class may be called just anything
    members = {"verdict": verdict, "__str__": Exception.__str__}  # the text as it came: KeyError would quote it again
    try:
        return type(name, bases, members)
    except TypeError:  # built-in classes that do not go together
        return type(name, (AnswerError,), members)
