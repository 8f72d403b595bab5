import pytest

from testcases.kinds.assertion_recorder import AssertionRecorder
from testcases.verdict import Verdict

PASSED, WRONG, EXCEPTION = Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.EXCEPTION
TIMEOUT, NOT_RUN = Verdict.TIMEOUT, Verdict.NOT_RUN


class OverError(Exception):
    ends_the_test = True


def test_each_site_gets_its_verdict() -> None:
    tally = AssertionRecorder(3)
    tally.passed(0)
    tally.failed(1)
    tally.raised(2, ValueError())
    assert tally.verdicts() == (PASSED, WRONG, EXCEPTION)


def test_one_failure_among_many_executions_fails_the_site() -> None:
    tally = AssertionRecorder(2)
    tally.passed(0)
    tally.failed(0)
    tally.passed(0)
    tally.failed(1)
    tally.raised(1, ValueError())
    assert tally.verdicts() == (WRONG, WRONG)


def test_an_error_says_its_own_verdict() -> None:
    tally = AssertionRecorder(
        2, verdict_of=lambda error: Verdict.MEMORY if isinstance(error, MemoryError) else EXCEPTION
    )
    tally.raised(0, MemoryError())
    tally.raised(1, KeyError())
    assert tally.verdicts() == (Verdict.MEMORY, EXCEPTION)


@pytest.mark.parametrize(("reached", "fate"), [(Verdict.PASSED, Verdict.PASSED), (WRONG, NOT_RUN)])
def test_sites_never_reached_share_the_fate_of_the_rest_when_the_code_ran_to_its_end(
    reached: Verdict, fate: Verdict
) -> None:
    tally = AssertionRecorder(3)
    tally.passed(0)
    (tally.passed if reached is PASSED else tally.failed)(2)
    assert tally.outcomes() == ((0, PASSED), (1, fate), (2, reached))


def test_nothing_observed_is_nothing_passed() -> None:
    assert AssertionRecorder(2).verdicts() == (NOT_RUN, NOT_RUN)


def test_code_without_sites_is_one_test() -> None:
    assert AssertionRecorder(0).outcomes() == ((None, PASSED),)
    assert AssertionRecorder(0).outcomes(TIMEOUT) == ((None, TIMEOUT),)


def test_code_broken_off_outside_a_site_gives_the_next_one_the_blame() -> None:
    tally = AssertionRecorder(3)
    tally.passed(0)
    assert tally.outcomes(EXCEPTION) == ((0, PASSED), (1, EXCEPTION), (2, NOT_RUN))


def test_code_broken_off_after_its_last_site_gives_that_one_the_blame() -> None:
    tally = AssertionRecorder(2)
    tally.passed(0)
    tally.passed(1)
    assert tally.verdicts(EXCEPTION) == (PASSED, EXCEPTION)


def test_code_broken_off_in_a_site_gives_that_site_the_blame() -> None:
    tally = AssertionRecorder(3)
    tally.passed(0)
    tally.passed(1)  # an earlier execution
    with pytest.raises(OverError):
        tally.raised(1, OverError())
    assert tally.verdicts(TIMEOUT) == (PASSED, TIMEOUT, NOT_RUN)


def test_an_ending_that_the_code_swallowed_still_counts() -> None:
    tally = AssertionRecorder(2)
    with pytest.raises(OverError):
        tally.raised(0, OverError())
    assert tally.verdicts() == (EXCEPTION, NOT_RUN)
