"""Exceptions that decide a test: what the solution raised, and what fails the test though test code swallows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "STATUS_VERDICTS",
    "TEST_MODULES",
    "BrokenTestError",
    "FinalError",
    "Raised",
    "RefusedError",
    "Reply",
    "SolutionClient",
    "SolutionError",
    "SolutionLostError",
    "is_from_solution",
    "verdict_of",
]

TEST_MODULES: Final = frozenset({"exam", "test_solution"})
"""Names of the modules that test code runs as."""
_SOLUTION_MODULE: Final = "solution"
_MAX_WATCHED: Final = 100
_TESTED_MODULES: Final = TEST_MODULES | {_SOLUTION_MODULE}


class Raised(Protocol):
    """An exception of the answer, as far as it crosses."""

    type_name: str
    base: str
    """The nearest built-in class it descends from."""
    text: str
    reference: Any
    """What stands for the exception, when its class is no built-in one."""
    args: tuple[Any, ...] | None
    cause: Raised | None


class Reply(Protocol):
    """What came of one request to the answer."""

    status: str
    """Name of a status of the sandbox; `STATUS_VERDICTS` knows them all."""
    value: Any
    raised: Raised | None
    detail: str


class Limits(Protocol):
    """What a sample may use up."""

    total_cpu_s: float


class Hosting(Protocol):
    """What a candidate does with objects of test code."""

    host: Any
    """Lends them and adopts the answer's: `testcases.proxies.ProxyHost`."""

    def adopt(self, value: Any) -> Any:
        """A value with what the host makes of the references in it."""


class SolutionClient(Protocol):
    """The answer, in a process of its own. What the sandbox gives a conductor."""

    alive: bool
    budget_spent: bool
    limits: Limits
    generation: int
    """Changes with the process."""
    request_count: int
    """Number of requests and callbacks so far."""
    written: tuple[bytearray, bytearray]
    """What its present process has written to its standard output and errors."""
    callbacks: Hosting

    def load(
        self,
        *,
        preamble: str = "",
        own_names: Sequence[str] = (),
        names: Sequence[str] = (),
        in_process_spec: Any = None,
    ) -> Reply:
        """Start a process and load the answer as a module; the value is a dict of those names it has.

        With `inside` the process also holds tests, one at each request ``step``.
        """

    def close(self) -> None:
        """End the process."""

    def run(self, stdin: bytes) -> Reply:
        """Run the answer as a program in a process of its own; the value is its output."""

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Reply:
        """Call a function; what it does to its arguments in place is done to these."""

    def ask(self, verb: str, *fields: Any) -> Reply:
        """Ask something else: ``get``, ``op``, ``describe``, ``make``, ``start``, ``await``."""


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


class SolutionError(Exception):
    """The answer raised an exception of a class of its own; test code may wait for it, as for the exception itself.

    Where the class is a built-in one, test code meets that class; `is_from_solution` tells the two apart from its own.
    """

    verdict = Verdict.EXCEPTION
    comes_from_solution = True
    ends_the_test = False


class FinalError(BaseException):
    """Fails the test in which it is raised, whatever that waits for, and even if it swallows this."""

    _latest: ClassVar[FinalError | None] = None
    _unseen: ClassVar[list[BaseException]] = []

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        FinalError._latest = self

    @staticmethod
    def take() -> BaseException | None:
        """What fails the test, though it may have been swallowed; for who conducts a test, before it and after it.

        The last one made since this was asked before, or the first exception that is `watch`ed and was not `seen`.
        """
        latest, FinalError._latest = FinalError._latest, None
        unseen, FinalError._unseen = FinalError._unseen, []
        return latest or next(iter(unseen), None)

    @staticmethod
    def watch(error: BaseException) -> None:
        """Have an exception of the answer's fail the test, unless test code itself catches it.

        For those that Python takes for an end: ``all(map(f, ...))`` is true of an ``f`` that raises StopIteration.
        """
        if len(FinalError._unseen) < _MAX_WATCHED:  # one is enough; no test catches so many at once
            FinalError._unseen.append(error)

    @staticmethod
    def seen(error: BaseException | None) -> None:
        """Take note that test code has caught an exception, or what Python made of it."""
        chain: list[BaseException] = []
        while FinalError._unseen and error is not None and not any(error is known for known in chain):
            FinalError._unseen = [one for one in FinalError._unseen if one is not error]
            if isinstance(error, BaseExceptionGroup):
                for part in error.exceptions:
                    FinalError.seen(part)
            chain.append(error)
            error = None if is_from_solution(error) else error.__cause__ or error.__context__


class SolutionLostError(FinalError):
    """The answer's process is gone. No handler of test code can take it for an exception of the answer's."""

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.ends_the_test = verdict is Verdict.NOT_RUN


class RefusedError(FinalError):
    """Test code asks the answer for what it must not be believed, or gives it what it cannot have.

    It fails the test, whatever its handlers wait for: an exception that did not happen is no evidence.
    """

    verdict = Verdict.WRONG_ANSWER


class BrokenTestError(FinalError):
    """The test asks what no answer could give: the data set is at fault."""

    ends_the_test = True


def verdict_of(error: BaseException) -> Verdict:
    """The verdict of a test that ended with this error: an error of test code itself is a wrong answer met by it."""
    verdict: object = getattr(error, "verdict", None)
    if isinstance(verdict, Verdict) and verdict is not Verdict.PASSED:  # which only an answer in this process says
        return verdict
    return Verdict.EXCEPTION if _raised_in_solution(error) else Verdict.WRONG_ANSWER


def _raised_in_solution(error: BaseException) -> bool:
    """Whether code of an answer that is in this process was the last to run, but for that of libraries."""
    last, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__")
        last = name if name in _TESTED_MODULES else last
        trace = trace.tb_next
    return last == _SOLUTION_MODULE


def is_from_solution(error: BaseException) -> bool:
    """Whether it is an exception of the answer's, not of test code."""
    return getattr(error, "comes_from_solution", False) is True
