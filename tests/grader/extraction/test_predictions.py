"""The value that a completion predicts is found by fixed rules, in every form in which models give it."""

from __future__ import annotations

import time

import pytest

from grader.extraction import ExtractionRule, extract_prediction
from grader.extraction.predictions import find_prediction

CALL = "assert f([1]) =="


@pytest.mark.parametrize(
    ("completion", "value"),
    [
        (f"[ANSWER]\n{CALL} [2]\n[/ANSWER]", "[2]"),
        (f"{CALL} [2]\n[/ANSWER]", "[2]"),
        (f"[ANSWER]{CALL} [2][/ANSWER]", "[2]"),
        ("[ANSWER]3[/ANSWER]", "3"),
        ("[ANSWER]f(1) == 3[/ANSWER]", "3"),
        (f"[ANSWER]\n```python\n{CALL} [2]\n```\n[/ANSWER]", "[2]"),
        (f"[ANSWER]\n{CALL} [2]", "[2]"),
        ("[ANSWER]\n[\n    1,\n    2,\n]\n[/ANSWER]", "[\n    1,\n    2,\n]"),
        (f"[THOUGHT]\nx == 3, so\n[/THOUGHT]\n[ANSWER]\n{CALL} 4\n[/ANSWER]\n\n[PYTHON]\ndef g(): ...", "4"),
        (f"{CALL} 4\n[/ANSWER]\n\n[PYTHON]\ndef g(): ...\n[/PYTHON]\n[ANSWER]\nassert g() == 5\n[/ANSWER]", "4"),
        (" 17 # done\n\ndef f(s):\n    return s", "17"),
        (f"<think>{CALL} 1</think><answer>{CALL} 2</answer>", "2"),
        ('<answer>"abc"</answer>', '"abc"'),
        (f"<|channel|>analysis<|message|>{CALL} 1<|end|><|start|>assistant<|channel|>final<|message|>{CALL} 2", "2"),
        (f"```python\n{CALL} [\n    2,\n]\n```", "[\n    2,\n]"),
        (f"```python\ndef f(x):\n    return x == 1\n\n{CALL} 'x == y, z'\n```\nSo it is.", "'x == y, z'"),
        (f"```python\n{CALL} 2\n```\n\nHow it runs:\n```\nx = 3\n```", "2"),
        ("```\n[1, 2]\n```", "[1, 2]"),
        ("```python\n>>> f(1)\n[3]\n```", "[3]"),
        ("The output is `[1, 2]`.", "[1, 2]"),
        ("So the answer is: **5**", "5"),
        ("First it is 4.\n\nOutput: 5", "5"),
        ('Step 1\n\n**Answer:** `"x"`', '"x"'),
        ("Therefore, `assert f([1]) == [2]` holds.", "[2]"),
        (f"- {CALL} 2", "2"),
        ("The result: `f(3) == 4`", "4"),
        ("The final answer is $\\boxed{3}$", "3"),
        ("\\boxed{{1: {2}}}", "{1: {2}}"),
        ('{"a": 1}', '{"a": 1}'),
        ("'a: b'", "'a: b'"),
        ("1, 2", "1, 2"),
        ("output = [1]", "[1]"),
        ('assert f("a == b, c") == "x"', '"x"'),
        ("assert f(\"it's\") == '\"'", "'\"'"),
        (f'{CALL} """a\nb"""\n\nIt is so.', '"""a\nb"""'),
        (f'{CALL} 2, "a message"', "2"),
        (f"{CALL} (1, 2), 'a message'", "(1, 2)"),
        ("assert (f(1) == 2)", "2"),
        ("assert f(x)==-1", "-1"),
        (f"{CALL} 1\n{CALL} 2", "2"),
        ("assert 2 == f(1)", "f(1)"),
    ],
)
def test_a_value_is_found(completion: str, value: str) -> None:
    assert find_prediction(completion) == value
    found = extract_prediction(completion.replace("\n", "\r\n"), "p")
    assert found.rule is ExtractionRule.PREDICTION
    assert found.answer == f"def p():\n    return (\n{value}\n    )\n"


@pytest.mark.parametrize("completion", ["", " \n", "<think>assert f() == 1", "[ANSWER]\n[/ANSWER]"])
def test_no_value_is_no_answer(completion: str) -> None:
    assert extract_prediction(completion, "p").rule is ExtractionRule.NONE
    assert extract_prediction(completion, "p").answer is None


def test_a_completion_over_the_limit_is_not_read() -> None:
    assert extract_prediction("x" * 11, "p", max_chars=10).rule is ExtractionRule.TOO_LONG


@pytest.mark.parametrize(
    "part",
    ["assert ", "assert f() == ", "== ", "\n", "`", "``a", "` ``", "(", "'", "'''", "\\", "#", "[ANSWER]", "[/ANSWER]",
     "\\boxed{", "{", ":", "the ", "a: ", "# done", ">>> \n", ",", "assert ==\n", "x="],
)  # fmt: skip
def test_time_grows_no_faster_than_the_text(part: str) -> None:
    text = (part * 150_000)[:150_000]
    started = time.process_time()
    extract_prediction(text, "p")
    extract_prediction("assert f() ==" + text, "p")
    assert time.process_time() - started < 3.0
