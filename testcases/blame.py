"""Who is to blame for a failure that may be the answer's or the tests': the only place that decides it.

A failed test is the answer's as long as nothing else is shown. Where the failure may be the tests' own, the harness
names it a `Fault`, and the same tests run once more with a stub in place of the answer (`testcases.stub`). What fails
there as well, without the answer, is broken by itself.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STUB_KEY", "WHOLE_RUN_VERDICTS", "Blame", "Fault", "Involvement", "StubOutcome", "blame"]

STUB_KEY: Final = "stub"
"""Key of a test spec that says whether its tests run with the stub."""


class Fault(StrEnum):
    """What failed, where the answer need not have caused it."""

    BROKEN_TEST = "broken_test"
    """A test, a checker or an oracle cannot do its work: it needs what is not there, or it fails over right values."""
    TEST_CODE = "test_code"
    """Test code raised or asserted before it asked anything of the answer."""
    REFUSED = "refused"
    """The sandbox or the host refused test code a file, a thread or a process."""
    ESCAPED = "escaped"
    """An error of unknown origin ended the whole run."""
    SPENT = "spent"
    """The harness used up the CPU seconds that it has on top of the answer's."""
    LOST = "lost"
    """The harness died or hung, in both attempts."""
    SKIPPED = "skipped"
    """A test skipped itself before it asked anything of the answer."""


class Involvement(StrEnum):
    """Part that the answer can have in a failure."""

    NONE = "none"
    """No process of the answer had been started."""
    POSSIBLE = "possible"
    """The answer had a process: it has been loaded, asked, or waited for."""


class StubOutcome(StrEnum):
    """What the run with the stub shows about a fault."""

    FAILS = "fails"
    """The tests fail in the same place without an answer."""
    HOLDS = "holds"
    """They do not."""
    NOT_DONE = "not_done"
    """The run did not come to its end, for a reason of the host."""


class Blame(StrEnum):
    """Who answers for a fault."""

    ANSWER = "answer"
    """The answer: the test has failed."""
    TESTS = "tests"
    """The tests: the sample is unscored, and the reason says what is wrong with them."""
    GRADER = "grader"
    """The grader or the host: the sample is unscored."""
    NOBODY = "nobody"
    """There is nothing to blame: the test is left out, and says nothing about the answer."""


WHOLE_RUN_VERDICTS: Final[Mapping[Fault, str]] = MappingProxyType(
    {Fault.ESCAPED: "exception", Fault.SPENT: "timeout", Fault.LOST: "crashed"}
)
"""Verdict (`testcases.verdict.Verdict`) of every test, by the fault that ended the run and is blamed on the answer."""


def blame(fault: Fault, involvement: Involvement, stub: StubOutcome) -> Blame:
    """Decide who is to blame.

    Args:
        fault: what failed.
        involvement: part that the answer can have in it.
        stub: result of the run with the stub; without effect where the answer has no part in the fault.
    """
    if involvement is Involvement.NONE and fault is Fault.SKIPPED:
        return Blame.NOBODY
    if involvement is Involvement.NONE:
        # Nobody's code but ours and the tests' was running. A lost process says nothing about the tests.
        return Blame.GRADER if fault is Fault.LOST else Blame.TESTS
    match stub:
        case StubOutcome.FAILS if fault is Fault.SKIPPED:
            return Blame.NOBODY
        case StubOutcome.FAILS:
            return Blame.GRADER if fault is Fault.LOST else Blame.TESTS
        case StubOutcome.HOLDS:
            return Blame.ANSWER
        case StubOutcome.NOT_DONE:
            return Blame.GRADER
