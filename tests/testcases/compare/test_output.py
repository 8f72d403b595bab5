import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.compare.values import same_output
from testcases.model import Comparison

EXACT = Comparison()
TOKENS = Comparison(mode="tokens")
NEAR = Comparison(mode="tokens", float_abs=1e-6)
UNORDERED = Comparison(mode="unordered")


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ("3\n", "3", True),
        ("3", "3\n", True),
        ("1 2 \n3\t\n\n\n", "1 2\n3", True),
        ("1\r\n2\r\n", "1\n2\n", True),
        ("", "\n \n", True),
        ("", "", True),
        ("\n", "x", False),
        ("", "x", False),
        ("x", "", False),
        ("1\n2", "1\n2\n3", False),  # a prefix
        ("1\n2\n3", "1\n2", False),
        ("1\n", "1\n2", False),
        ("1", "12", False),
        ("1  2", "1 2", False),
        (" 1", "1", False),
        ("\n1", "1", False),
        ("1\n\n2", "1\n2", False),
        ("1.0", "1", False),
        ("YES", "yes", False),
        ("2\n1", "1\n2", False),
        ("a\x00", "a", False),
    ],
)
def test_exact(actual: str, expected: str, same: bool) -> None:
    assert same_output(actual, expected, EXACT) is same


@pytest.mark.parametrize(
    ("actual", "expected", "comparison", "same"),
    [
        ("1 2\n3", "1\n2   3\n", TOKENS, True),
        ("1.50", "1.5", TOKENS, True),
        ("1.5", "1.50", TOKENS, True),
        ("1", "1.0", TOKENS, True),
        ("1e-07", "0.0000001", TOKENS, True),
        ("0.0000001", "1e-07", TOKENS, True),
        ("150", "1.5e2", TOKENS, True),
        ("-0.0", "0.0", TOKENS, True),
        # Integers, leading zeros, and exponents that may be hexadecimal digits are text.
        ("1e3", "1000", NEAR, False),
        ("1000", "1e3", NEAR, False),
        ("1000.0", "1000", NEAR, False),
        ("1000000000.0", "1000000007", Comparison(mode="tokens", float_rel=1e-5), False),
        ("+1", "1", NEAR, False),
        ("-0", "0", NEAR, False),
        ("110", "0110", NEAR, False),
        ("0110", "110", NEAR, False),
        ("9.3", "09.30", NEAR, False),
        ("09.30", "9.3", NEAR, False),
        ("00.5", "0.5", NEAR, False),
        (".5", "0.5", TOKENS, True),
        ("1 2", "1 2 3", TOKENS, False),
        ("1 2 3", "1 2", TOKENS, False),
        ("", "0", TOKENS, False),
        ("12", "1 2", TOKENS, False),
        ("yes", "YES", TOKENS, False),
        ("50000000000000000", "50000000000000001", NEAR, False),
        ("50000000000000000.0", "50000000000000001.0", TOKENS, False),
        ("0.3333333", "0.33333333333", NEAR, True),
        ("0.33", "0.33333333333", NEAR, False),
        ("1", "1.0000001", NEAR, True),
        ("1", "2", Comparison(mode="tokens", float_abs=5), False),
        ("50000000000000000.0", "50000000000000001.0", NEAR, False),
        ("-0.0000001", "0.0000001", NEAR, True),
        ("1000.1", "1000.2", Comparison(mode="tokens", float_rel=1e-3), True),
        ("1000.1", "1002.2", Comparison(mode="tokens", float_rel=1e-3), False),
        ("nan", "NaN", NEAR, True),
        ("nan", "1.0", NEAR, False),
        ("1.0", "nan", NEAR, False),
        ("inf", "Infinity", NEAR, True),
        ("inf", "-inf", NEAR, False),
        ("1e400", "1e500", NEAR, False),
        ("1e999999999999999999999", "1e1000000000000000000000", NEAR, False),
        ("1_0", "10", NEAR, False),
        ("\u0661", "1", NEAR, False),  # a digit, but not one of ASCII
        ("0x1", "1", NEAR, False),
        ("infinite", "inf", NEAR, False),
        ("9" * 5000, "9" * 4999 + "8", NEAR, False),
        ("9" * 5000, "9" * 5000 + ".0", NEAR, True),
        ("9" * 5000 + ".0", "9" * 5000, NEAR, False),
        ("9" * 5000 + ".0", "9" * 5000 + ".1", NEAR, False),
    ],
)
def test_tokens(actual: str, expected: str, comparison: Comparison, same: bool) -> None:
    assert same_output(actual, expected, comparison) is same


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ("b\na\n", "a\nb", True),
        ("a \nb", "b\na", True),
        ("a\na\nb", "a\nb\nb", False),
        ("a", "a\nb", False),
        ("b a", "a b", False),
    ],
)
def test_unordered(actual: str, expected: str, same: bool) -> None:
    assert same_output(actual, expected, UNORDERED) is same


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ("b\na\n", "a\nb", True),
        ("a\nb\na ", "b\na", True),
        ("a", "a\na", True),
        ("a", "a\nb", False),
        ("a\nb\nc", "a\nb", False),
        ("", "a", False),
        ("", "\n", True),
        ("b a", "a b", False),
    ],
)
def test_set_of_lines(actual: str, expected: str, same: bool) -> None:
    assert same_output(actual, expected, Comparison("set")) is same


@pytest.mark.parametrize("mode", ["exact", "tokens", "unordered", "set"])
@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ("naïve ☃ 𝄞\r\n", "naïve ☃ 𝄞\n", True),
        ("naïve ☃", "naïve ☂", False),
        ("e\u0301", "\u00e9", False),
        ("\ud800", "\ud800", True),
        ("\udcff", "\udcfe", False),
        ("1\r\n2\r\n", "1\n2", True),
        ("9" * 5000, "9" * 4999 + "8", False),
        ("9" * 5000, "9" * 5000, True),
    ],
)
def test_texts_of_every_kind(actual: str, expected: str, mode: str, same: bool) -> None:
    assert same_output(actual, expected, Comparison(mode)) is same  # type: ignore[arg-type]  # from a list of them all
    assert same_output(actual, expected, Comparison(mode, float_rel=1e-9)) is same  # type: ignore[arg-type]  # from a list of them all


@pytest.mark.parametrize(
    ("actual", "expected", "mode", "same"),
    [
        ("x 0.3333333\n1", "x 0.33333333\n1", "exact", True),
        ("x 0.3333333 1", "x 0.33333333\n1", "exact", False),  # lines still count
        ("x 0.33\n1", "x 0.33333333\n1", "exact", False),
        ("1\nx 0.3333333", "x 0.33333333\n1", "unordered", True),
        ("1\nx 0.33", "x 0.33333333\n1", "unordered", False),
        ("1\nx 0.3333333\n1", "x 0.33333333\n1", "set", True),
        ("1\nx 0.3333333\nx 0.33333331", "x 0.33333333\n1", "set", True),
        ("1\nx 0.33", "x 0.33333333\n1", "set", False),
        ("1", "x 0.33333333\n1", "set", False),
        ("1.0", "1", "set", False),
        ("1", "1.0", "set", True),
        ("1.0\n2", "2\n1", "unordered", False),
        ("1\n2", "2.0\n1.0", "unordered", True),
    ],
)
def test_lines_within_a_tolerance(actual: str, expected: str, mode: str, same: bool) -> None:
    assert same_output(actual, expected, Comparison(mode=mode, float_abs=1e-6)) is same  # type: ignore[arg-type]  # from a list of them all


comparisons = st.builds(
    Comparison,
    mode=st.sampled_from(["exact", "tokens", "unordered", "set"]),
    float_abs=st.sampled_from([0.0, 1e-6]),
)
texts = st.text() | st.text(alphabet="01.e-+ \n\rnaif", max_size=20)


@given(texts, comparisons)
def test_every_text_is_its_own_output(text: str, comparison: Comparison) -> None:
    assert same_output(text + " \r\n\n", text, comparison)


@given(texts, comparisons)
def test_no_text_but_itself_is_an_integer(text: str, comparison: Comparison) -> None:
    assert same_output(text, "17", comparison) is (text.split() == ["17"] and same_output(text, "17", EXACT))


@given(st.lists(st.sampled_from(["a", "b c", "1", "2.5"]), min_size=1), st.integers(0), comparisons)
def test_a_part_of_the_output_is_not_the_output(lines: list[str], cut: int, comparison: Comparison) -> None:
    part = lines[: cut % len(lines)]
    if comparison.mode == "set" and set(part) == set(lines):
        return
    assert not same_output("\n".join(part), "\n".join(lines), comparison)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["exact", "tokens", "unordered", "set"])
@pytest.mark.parametrize("line", ["1\n", "x" * 10_000_000, "9" * 10_000_000 + "\n", " \n", "1.5 "])
def test_ten_megabytes_take_little_time(line: str, mode: str) -> None:
    expected = (line * 10_000_000)[:10_000_000] if len(line) < 100 else line
    before = time.process_time()
    assert same_output(expected + "\n", expected, Comparison(mode=mode))  # type: ignore[arg-type]  # from a list of them all
    assert not same_output(expected + "\n2", expected, Comparison(mode=mode, float_abs=1e-6))  # type: ignore[arg-type]  # from a list of them all
    assert time.process_time() - before < 20
