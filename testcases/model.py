"""A problem and its tests: what a reference is read into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ASK_ORACLE",
    "AssertTest",
    "CallTest",
    "CheckTest",
    "Comparison",
    "Problem",
    "ProblemLimits",
    "PytestTest",
    "StdinTest",
    "Test",
]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an observed value or output is compared with the expected one.

    The defaults are exact: plain data by Python equality with two refinements (a bool equals only a bool;
    a tuple equals a list with equal items, because JSON cannot say tuple), output by lines with trailing
    blanks ignored.
    """

    mode: Literal["exact", "tokens", "unordered", "set"] = "exact"
    """``tokens`` compares output word by word, numbers by value; ``unordered`` ignores the order of a
    list's items, or of the output's lines; ``set`` also how often each occurs."""
    float_abs: float = 0.0
    """Absolute tolerance between floats, 0 or more; NaN is near nothing but an expected NaN."""
    float_rel: float = 0.0
    """Relative tolerance between floats, 0 or more."""
    checker: str = ""
    """Python that defines ``checker(given, expected, got)``, which then decides alone
    (`testcases.kinds.checker`)."""


@dataclass(frozen=True, slots=True)
class ProblemLimits:
    """Limits a problem asks for; ``None`` leaves the grader's own."""

    cpu_s: float | None = None
    """CPU seconds for each test, more than 0."""
    total_cpu_s: float | None = None
    """CPU seconds for the whole sample, more than 0."""
    memory_mb: int | None = None
    """Address space on top of what a fresh process has, in MiB, at least 1."""
    output_kb: int | None = None
    """Bytes of output or of one returned value, in KiB, at least 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighted:
    """What all kinds of tests have."""

    weight: float = 1.0
    """What it counts, from 0.001 to 1000; of a test that counts as several, what each of them does."""
    group: str | None = None
    """Tests of one group earn their weights together, or nothing if one of them fails."""


class _Expectation(Enum):
    ASK_ORACLE = "ask the oracle"


ASK_ORACLE: Final = _Expectation.ASK_ORACLE
"""What is expected of a call where only the problem's oracle can say."""


@dataclass(frozen=True, slots=True)
class CallTest(_Weighted):
    """Call a function of the answer and compare what it returns."""

    args: tuple[Any, ...]
    expected: Any
    """A value, or `ASK_ORACLE`."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    function: str | None = None
    """Name to call; ``None`` is the problem's entry point."""
    alternatives: tuple[Any, ...] = ()
    """Other values that are right too."""
    comparison: Comparison | None = None
    """How to compare; ``None`` is the problem's own way."""


@dataclass(frozen=True, slots=True)
class StdinTest(_Weighted):
    """Run the answer as a program: text in, text out."""

    stdin: str
    stdout: str
    alternatives: tuple[str, ...] = ()
    """Other outputs that are right too."""
    comparison: Comparison | None = None
    """How to compare; ``None`` is the problem's own way."""


@dataclass(frozen=True, slots=True)
class AssertTest(_Weighted):
    """Python source that must run to its end, usually one ``assert`` line."""

    source: str


@dataclass(frozen=True, slots=True)
class CheckTest(_Weighted):
    """Python source that defines ``check(candidate)``; each assertion in it counts as one test."""

    source: str


@dataclass(frozen=True, slots=True)
class PytestTest(_Weighted):
    """Source of a pytest or unittest module; each of its tests counts as one."""

    source: str
    module: str = "solution"
    """Name by which it imports the answer; names it uses without binding them are the answer's too."""


Test: TypeAlias = CallTest | StdinTest | AssertTest | CheckTest | PytestTest


@dataclass(frozen=True, slots=True)
class Problem:
    """One task with its tests."""

    tests: tuple[Test, ...]
    """At least one."""
    entry_point: str | None = None
    """Name the answer must define; ``None`` only where every test is a stdin program."""
    prompt: str = ""
    """Python the answer may be the continuation of: imports, helpers, and the stub of the entry point. It
    runs before the answer. Empty when the prompt is prose."""
    setup: str = ""
    """Python that runs before the tests, beside them, never beside the answer."""
    oracle: str = ""
    """Python that defines the functions tested, as they should be, for calls that do not say what is expected. It runs
    beside the tests, never beside the answer."""
    comparison: Comparison = Comparison()
    limits: ProblemLimits = ProblemLimits()
    allow_imports: tuple[str, ...] = ()
    """Modules the static policy lets this problem's answers import besides the usual ones."""
    isolation: Literal["split", "shared"] = "split"
    """``split``: tests and answer in processes of their own. ``shared``: in one, for a suite that cannot be split; what
    then counts as passed is weaker evidence."""
    format_name: str = "native"
    """Name of the format it was read from."""
