"""Conducts an exam: puts a candidate to each test and says what became of it.

Runs in a process that knows the expected values and never runs the answer; the candidate is in another.
"""

from __future__ import annotations

import ast
import builtins
import reprlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from testcases.assertions import RECORD_NAME, instrument
from testcases.candidate import (
    STATUS_VERDICTS,
    AnswerError,
    BrokenTestError,
    Candidate,
    CandidateLostError,
    verdict_of,
)
from testcases.compare import equal, same_output
from testcases.handles import Named, is_reference, wrap
from testcases.problem import Comparison
from testcases.python_source import bound_names
from testcases.tally import AssertionTally
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from testcases.assertions import Site

__all__ = ["Outcome", "conduct"]

_TEXT_CHARS = 400
_BUILTINS = frozenset(vars(builtins))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test."""

    verdict: Verdict
    name: str
    """What the test is, for people."""
    detail: str = ""
    """What came back or went wrong, for people."""

    def plain(self) -> list[str]:
        """As plain data."""
        return [self.verdict.value, self.name, self.detail]


def conduct(exam: dict[str, Any], candidate: Candidate) -> list[list[str]]:
    """Put the candidate to every test of the exam.

    Args:
        exam: what `testcases.exam.exam_of` made.
        candidate: the answer.

    Returns:
        For each test: verdict, name, detail. A check counts each of its assertions as a test.

    Raises:
        BrokenTestError: a test asks what cannot be asked.
        Exception: the exam's own code (setup, a test that is no Python) is broken.
    """
    return [outcome.plain() for outcome in _Examination(exam, candidate).outcomes()]


class _Examination:
    """One candidate in one exam."""

    def __init__(self, exam: dict[str, Any], candidate: Candidate) -> None:
        self.exam = exam
        self.candidate = candidate
        self.entry_point: str | None = exam["entry_point"]
        mode, float_abs, float_rel = exam["comparison"]
        self.comparison = Comparison(mode, float_abs, float_rel)
        self.failure: tuple[Verdict, str] | None = None
        """Why the answer cannot be loaded, once that is known."""
        self.namespace: dict[str, Any] | None = None
        """What assertions run in."""
        self.wanted = self._wanted_names()

    def outcomes(self) -> Iterator[Outcome]:
        for kind, *fields in self.exam["tests"]:
            if kind == "call":
                yield self._call(*fields)
            elif kind == "stdin":
                yield self._program(*fields)
            elif kind == "assert":
                yield self._assertion(*fields)
            else:
                yield from self._check(*fields)

    # Loading

    def ready(self) -> Candidate:
        """The candidate, with the answer loaded.

        Raises:
            CandidateLostError: it cannot be loaded, or its budget is spent.
        """
        if self.failure is None and (not self.candidate.alive or self.candidate.spent):
            self._load()
        if self.failure is not None:
            raise CandidateLostError(*self.failure)
        return self.candidate

    def _load(self) -> None:
        root = self.entry_point.partition(".")[0] if self.entry_point else None
        own = () if root is None else (root,)
        reply = self.candidate.load(preamble=self.exam["prompt"], own_names=own, names=self.wanted)
        if reply.status == "not_run":
            raise CandidateLostError(Verdict.NOT_RUN, reply.detail)
        if reply.status != "returned":
            self.failure = STATUS_VERDICTS[reply.status], reply.detail
        elif type(reply.value) is not dict:
            self.failure = Verdict.EXCEPTION, "what it says of its names is no answer"
        elif self.entry_point is not None and self.entry_point not in reply.value:
            self.failure = Verdict.EXCEPTION, f"{self.entry_point} is not defined"
        elif self.entry_point is not None and not _is_callable(reply.value[self.entry_point]):
            self.failure = Verdict.EXCEPTION, f"{self.entry_point} cannot be called"
        else:
            self.loaded: dict[str, Any] = reply.value

    def _wanted_names(self) -> tuple[str, ...]:
        wanted = {self.entry_point} if self.entry_point else set()
        if self.exam["setup"]:
            wanted |= _free_names(self.exam["setup"])
        for kind, *fields in self.exam["tests"]:
            if kind == "call" and fields[0]:
                wanted.add(fields[0])
            elif kind in {"assert", "check"}:
                wanted |= _free_names(fields[0])
        return tuple(sorted(wanted))

    # Tests

    def _call(self, function: str | None, args: list[Any], kwargs: dict[str, Any], right: list[Any]) -> Outcome:
        target = function or self.entry_point
        name = f"{target}({_call_text(args, kwargs)})"
        try:
            reply = self.ready().call(target, args, kwargs)
        except CandidateLostError as lost:
            return Outcome(lost.verdict, name, str(lost))
        if reply.status != "returned":
            return Outcome(STATUS_VERDICTS[reply.status], name, reply.detail)
        if any(equal(reply.value, expected, self.comparison) for expected in right):
            return Outcome(Verdict.PASSED, name)
        return Outcome(Verdict.WRONG_ANSWER, name, f"returned {_text(reply.value)}, expected {_text(right[0])}")

    def _program(self, stdin: str, stdout: str) -> Outcome:
        name = f"stdin {_text(stdin)}"
        reply = self.candidate.run(stdin.encode("utf-8", "surrogateescape"))
        if reply.status != "returned":
            return Outcome(STATUS_VERDICTS[reply.status], name, reply.detail)
        written = bytes(reply.value).decode("utf-8", "surrogateescape")
        if same_output(written, stdout, self.comparison):
            return Outcome(Verdict.PASSED, name)
        return Outcome(Verdict.WRONG_ANSWER, name, f"printed {_text(written)}, expected {_text(stdout)}")

    def _assertion(self, source: str) -> Outcome:
        name = source.strip()[:_TEXT_CHARS]
        code = _compiled(source)
        try:
            exec(code, self._test_namespace())
        except BrokenTestError:
            raise
        except (CandidateLostError, Exception) as error:  # noqa: BLE001 - whatever ended it is its outcome
            _blame_missing_module(error)
            return Outcome(verdict_of(error), name, _error_text(error))
        return Outcome(Verdict.PASSED, name)

    def _check(self, source: str) -> Iterator[Outcome]:
        check = instrument(source)
        tally = _TellingTally(len(check.sites))
        ending: Verdict | None = None
        detail = ""
        try:
            namespace = {**self._test_namespace(), RECORD_NAME: tally}
        except (CandidateLostError, Exception) as error:  # noqa: BLE001 - nothing can be asked
            for name in [_site_name(site) for site in check.sites] or ["check"]:
                yield Outcome(verdict_of(error), name, _error_text(error))
            return
        try:
            exec(check.code, namespace)
            if callable(namespace.get("check")):
                namespace["check"](namespace.get(self.entry_point or ""))
        except BrokenTestError:
            raise
        except (CandidateLostError, Exception) as error:  # noqa: BLE001 - whatever ended it is its outcome
            _blame_missing_module(error)
            ending, detail = verdict_of(error), _error_text(error)
        for site, verdict in tally.outcomes(ending):
            name = "check" if site is None else _site_name(check.sites[site])
            told = "" if verdict is Verdict.PASSED else tally.details.get(site, detail)
            yield Outcome(verdict, name, told)

    def _test_namespace(self) -> dict[str, Any]:
        """A namespace for test code: helpers of the prompt and the setup, and the answer's names that these lack."""
        self.ready()
        if self.namespace is None:
            helpers: dict[str, Any] = {"__name__": "exam"}
            self._prepare("prompt", helpers)
            for name in self.wanted:
                if name == self.entry_point:
                    helpers[name] = Named(self, name)
                elif name in self.loaded and name not in helpers:
                    value = self.loaded[name]
                    helpers[name] = Named(self, name) if _is_callable(value) else wrap(value, self)
            self._prepare("setup", helpers)  # after the names: a setup may make objects of the answer's classes
            self.namespace = helpers
        return self.namespace

    def _prepare(self, field: str, helpers: dict[str, Any]) -> None:
        try:
            exec(_compiled(self.exam[field]), helpers)
        except Exception as error:
            if isinstance(error, AnswerError):
                raise
            raise BrokenTestError(f"the {field} does not run: {type(error).__name__}: {error}") from None


class _TellingTally(AssertionTally):
    """A tally that also keeps what to tell people."""

    def __init__(self, site_count: int) -> None:
        super().__init__(site_count, verdict_of)
        self.details: dict[int | None, str] = {}

    def failed(self, site: int) -> None:
        """Take note, also for people."""
        self.details.setdefault(site, "the assertion does not hold")
        super().failed(site)

    def raised(self, site: int, error: BaseException) -> None:
        """Take note, also for people."""
        self.details.setdefault(site, _error_text(error))
        super().raised(site, error)


@lru_cache(maxsize=512)
def _compiled(source: str) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, "<test>", "exec", dont_inherit=True)


@lru_cache(maxsize=512)
def _free_names(source: str) -> frozenset[str]:
    """Names that test code uses and does not bind itself; none when it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(used - bound_names(tree) - _BUILTINS)


def _blame_missing_module(error: BaseException) -> None:
    """A module that test code wants and this host lacks is no fault of the answer's.

    Raises:
        BrokenTestError: the error is that.
    """
    if isinstance(error, ImportError) and not isinstance(error, AnswerError):
        raise BrokenTestError(f"a test cannot import: {error}") from None


def _site_name(site: Site) -> str:
    return f"line {site.line}: {site.text}"


def _is_callable(value: Any) -> bool:
    return is_reference(value) and bool(value.is_callable)


def _error_text(error: BaseException) -> str:
    try:
        text = str(error)
    except (CandidateLostError, Exception):  # noqa: BLE001 - a message may be an object of the answer's
        text = "an error whose text cannot be had"
    if isinstance(error, AssertionError) and not isinstance(error, AnswerError):
        return text[:_TEXT_CHARS] or "the assertion does not hold"
    if isinstance(error, CandidateLostError):
        return text[:_TEXT_CHARS]
    return f"{type(error).__name__}: {text}"[:_TEXT_CHARS]


_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 120
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = 12


def _text(value: Any) -> str:
    """A value for people, however large it is."""
    if is_reference(value):
        return f"an object of type {value.kind}"
    try:
        return _repr.repr(value)[:_TEXT_CHARS]
    except (ValueError, RecursionError):  # an integer of too many digits
        return f"a large {type(value).__name__}"


def _call_text(args: list[Any], kwargs: dict[str, Any]) -> str:
    return ", ".join([*map(_text, args), *(f"{name}={_text(value)}" for name, value in kwargs.items())])[:_TEXT_CHARS]
