import contextlib

import pytest

from testcases.kinds.assertion_recorder import AssertionRecorder
from testcases.signals import FailureWatch, RefusedError, SolutionError, SolutionLostError
from testcases.verdict import Verdict

PASSED, WRONG, EXCEPTION = Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.EXCEPTION
TIMEOUT, NOT_RUN = Verdict.TIMEOUT, Verdict.NOT_RUN


class OverError(Exception):
    ends_the_test = True


def make_recorder(site_count: int) -> AssertionRecorder:
    return AssertionRecorder(site_count, FailureWatch(), lambda: True)


def verdicts(recorder: AssertionRecorder, ending: Verdict | None = None) -> tuple[Verdict, ...]:
    return tuple(verdict for _, verdict in recorder.outcomes(ending))


def test_each_site_gets_its_verdict() -> None:
    recorder = make_recorder(3)
    recorder.passed(0)
    recorder.failed(1)
    recorder.raised(2, SolutionError())
    assert verdicts(recorder) == (PASSED, WRONG, EXCEPTION)


def test_one_failure_among_many_executions_fails_the_site() -> None:
    recorder = make_recorder(2)
    recorder.passed(0)
    recorder.failed(0)
    recorder.passed(0)
    recorder.failed(1)
    recorder.raised(1, ValueError())
    assert verdicts(recorder) == (WRONG, WRONG)


def test_an_error_has_its_own_verdict() -> None:
    recorder = make_recorder(3)
    recorder.raised(0, SolutionLostError(Verdict.MEMORY, "gone"))
    recorder.raised(1, SolutionError())
    recorder.raised(2, KeyError())
    assert verdicts(recorder) == (Verdict.MEMORY, EXCEPTION, WRONG)


@pytest.mark.parametrize(("reached", "fate"), [(Verdict.PASSED, Verdict.PASSED), (WRONG, NOT_RUN)])
def test_sites_never_reached_share_the_fate_of_the_rest_when_the_code_ran_to_its_end(
    reached: Verdict, fate: Verdict
) -> None:
    recorder = make_recorder(3)
    recorder.passed(0)
    (recorder.passed if reached is PASSED else recorder.failed)(2)
    assert recorder.outcomes() == ((0, PASSED), (1, fate), (2, reached))


def test_nothing_observed_is_nothing_passed() -> None:
    assert verdicts(make_recorder(2)) == (NOT_RUN, NOT_RUN)


def test_code_without_sites_is_one_test() -> None:
    assert make_recorder(0).outcomes() == ((None, PASSED),)
    assert make_recorder(0).outcomes(TIMEOUT) == ((None, TIMEOUT),)


def test_code_broken_off_outside_a_site_gives_the_next_one_the_blame() -> None:
    recorder = make_recorder(3)
    recorder.passed(0)
    assert recorder.outcomes(EXCEPTION) == ((0, PASSED), (1, EXCEPTION), (2, NOT_RUN))


def test_code_broken_off_after_its_last_site_gives_that_one_the_blame() -> None:
    recorder = make_recorder(2)
    recorder.passed(0)
    recorder.passed(1)
    assert verdicts(recorder, EXCEPTION) == (PASSED, EXCEPTION)


def test_code_broken_off_in_a_site_gives_that_site_the_blame() -> None:
    recorder = make_recorder(3)
    recorder.passed(0)
    recorder.passed(1)  # an earlier execution
    with pytest.raises(OverError):
        recorder.raised(1, OverError())
    assert verdicts(recorder, TIMEOUT) == (PASSED, TIMEOUT, NOT_RUN)


def test_an_ending_that_the_code_swallowed_still_counts() -> None:
    recorder = make_recorder(2)
    with pytest.raises(OverError):
        recorder.raised(0, OverError())
    assert verdicts(recorder) == (EXCEPTION, NOT_RUN)


def test_a_failure_that_the_code_swallowed_fails_the_next_site_and_no_other() -> None:
    with FailureWatch() as watch:
        recorder = AssertionRecorder(3, watch, lambda: True)
        recorder.passed(0)
        with contextlib.suppress(RefusedError):
            raise RefusedError("no")
        recorder.passed(1)
        recorder.passed(2)
    assert verdicts(recorder) == (PASSED, WRONG, PASSED)
    assert recorder.details == {1: "no"}
