"""Problems and their tests: the data that references of all formats are read into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ASK_ORACLE",
    "PREDICTION_NAME",
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


PREDICTION_NAME: Final = "predicted_output"
"""Name of the function that a predicted value becomes the result of."""


# Hashable, because specs number the distinct comparisons of a problem (`testcases.spec`).
@dataclass(frozen=True, slots=True)
class Comparison:
    """Rules for comparing an observed value or output with the expected one.

    The defaults are exact: plain data by Python equality with two refinements (a bool equals only a bool;
    a tuple equals a list with equal items, because JSON has no tuples), output by lines with trailing
    blanks ignored.
    """

    mode: Literal["exact", "tokens", "unordered", "set"] = "exact"
    """``tokens`` compares output word by word, numbers by value; ``unordered`` ignores the order of a
    list's items, or of the output's lines; ``set`` also how often each occurs."""
    float_abs: float = 0.0
    """Absolute tolerance between floats, 0 or more; NaN equals only an expected NaN."""
    float_rel: float = 0.0
    """Relative tolerance between floats, 0 or more."""
    checker: str = ""
    """Python that defines ``checker(given, expected, got)``, which then decides instead of the other rules
    (`testcases.kinds.checker`)."""


@dataclass(frozen=True, slots=True)
class ProblemLimits:
    """Limits that a problem sets; ``None`` keeps the grader's own."""

    cpu_s: float | None = None
    """CPU seconds for each test, more than 0."""
    total_cpu_s: float | None = None
    """CPU seconds for the whole sample, more than 0."""
    memory_mb: int | None = None
    """Address space on top of that of a new process, in MiB, at least 1."""
    output_kb: int | None = None
    """Size of all output or of one returned value, in KiB, at least 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighted:
    """Fields of all kinds of tests."""

    weight: float = 1.0
    """Weight in the score, from 0.001 to 1000. A test that counts as several has this weight for each of them."""
    group: str | None = None
    """Tests of one group earn their weights together, or nothing if one of them fails."""


# An enumeration of one member: a sentinel that type checkers tell from other values, and that pickles as itself.
class _Expectation(Enum):
    ASK_ORACLE = "ask the oracle"


ASK_ORACLE: Final = _Expectation.ASK_ORACLE
"""Expected value of a call for which the problem's oracle has to be asked."""


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
    """Other values that are right, too."""
    comparison: Comparison | None = None
    """Comparison of this test; ``None`` for that of the problem."""


@dataclass(frozen=True, slots=True)
class StdinTest(_Weighted):
    """Run the answer as a program: text in, text out."""

    stdin: str
    stdout: str
    alternatives: tuple[str, ...] = ()
    """Other outputs that are right, too."""
    comparison: Comparison | None = None
    """Comparison of this test; ``None`` for that of the problem."""


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
    """Name of the module that it imports the answer from. Names that it uses and does not bind are the answer's."""


Test: TypeAlias = CallTest | StdinTest | AssertTest | CheckTest | PytestTest


@dataclass(frozen=True, slots=True)
class Problem:
    """One task with its tests."""

    tests: tuple[Test, ...]
    """At least one."""
    entry_point: str | None = None
    """Name that the answer must define; ``None`` only if every test is a stdin program."""
    prompt: str = ""
    """Python that the answer may continue: imports, helpers, and the stub of the entry point. It runs before the
    answer. Empty if the prompt is prose."""
    setup: str = ""
    """Python that runs before the tests, in the harness process and never in the one of the answer."""
    oracle: str = ""
    """Python that defines correct versions of the tested functions, for calls without an expected value. It runs in
    the harness process, because what it returns must not be known to the answer."""
    comparison: Comparison = Comparison()
    limits: ProblemLimits = ProblemLimits()
    allow_imports: tuple[str, ...] = ()
    """Modules that the static policy allows answers to import besides the usual ones."""
    needed_modules: tuple[str, ...] = ()
    """Modules that the task has answers import. Where one is not there, no answer can be graded."""
    isolation: Literal["split", "shared"] = "split"
    """``split``: tests and answer run in separate processes. ``shared``: they run in one, for a suite that cannot be
    split. A pass is then weaker evidence, because the answer can reach the tests."""
    header: Literal["none", "contest"] = "none"
    """``contest``: the answer may use what contest sites put above it (`testcases.contest_header`)."""
    answer: Literal["code", "literal"] = "code"
    """``literal``: a completion predicts a value, which is a literal and no code. The answer is then a function
    `PREDICTION_NAME` that returns it."""
    format_name: str = "native"
    """Name of the format it was read from."""
