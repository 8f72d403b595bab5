from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from testcases.caught import mark_caught
from testcases.kinds.assertion_recorder import AssertionRecorder
from testcases.signals import FailureWatch
from testcases.source.instrumentation import CAUGHT_NAME, RECORD_NAME, instrument

conditions = st.sampled_from(["f(1) == 1", "f(2) == 3", "f(x) > 0", "g(x)", "not f(0)", "(y := f(x)) == x", "[]"])
simple = st.one_of(
    conditions.map("assert {}".format),
    conditions.map("assert {}, f'{{x}}'".format),
    st.sampled_from(["x = f(x)", "x += 1", "pass", "assert True"]),
)


def indented(statements: list[str]) -> str:
    return "\n".join("    " + line for statement in statements for line in statement.splitlines())


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(indented)
    return st.one_of(
        body.map("if x:\n{}".format),
        body.map("for x in (1, 2):\n{}".format),
        body.map("try:\n{}\nfinally:\n    x = 1".format),
        body.map("try:\n{}\nexcept LookupError:\n    x = 1".format),
        body.map("class C:\n    x = 1\n{}".format),
        body.map("def h(x):\n{}\nh(1)".format),
    )


@given(st.lists(st.recursive(simple, blocks, max_leaves=6), min_size=1, max_size=4), st.integers(-1, 1))
def test_all_sites_pass_just_where_the_original_passes(statements: list[str], bias: int) -> None:
    source = "x = 1\n" + "\n".join(statements)

    def f(value: int) -> int:
        return value + bias

    def g(value: int) -> bool:
        return 1 // (value - 2) == 0

    def passes(code: Any, names: dict[str, Any]) -> bool:
        try:
            exec(code, {"f": f, "g": g, **names})
        except (AssertionError, ArithmeticError):
            return False
        return True

    check = instrument(source)
    recorder = AssertionRecorder(len(check.sites), FailureWatch(), lambda: True)
    ended = passes(check.code, {RECORD_NAME: recorder, CAUGHT_NAME: mark_caught})
    verdicts = {verdict for _, verdict in recorder.outcomes()}
    observed = ended and verdicts <= {"passed"}
    unreached = ended and check.sites and verdicts == {"not_run"}
    assert observed or unreached if passes(source, {}) else not observed
