"""Code in calls of tools, which models write that have learned to call an interpreter."""

from __future__ import annotations

import json

import pytest

from grader.extraction.extractor import ExtractionRule, extract

CODE = 'def add(a, b):\n    """Say "hi" \\n ~~~ ```."""\n    return a + b\n'
WRONG = CODE.replace("a + b", "a - b")


def call(code: str = CODE, key: str = "arguments", **more: object) -> str:
    return json.dumps({"name": "python", key: {**more, "code": code}})


@pytest.mark.parametrize(
    "completion",
    [
        f"<tool_call>\n{call()}\n</tool_call>",
        f"<think>Let me see.</think>\nI run it.\n\n<tool_call>\n{call(language='python', timeout=5)}\n</tool_call>\n",
        f"<tool_call>{call()}</tool_call><|im_end|>",
        f"<tool_call>\n{call()}",
        call(key="parameters"),
        f"\n{json.dumps({'name': 'code_interpreter', 'arguments': json.dumps({'code': CODE})})}\n",
        f"<|python_tag|>{json.dumps({'type': 'function', 'name': 'python', 'parameters': {'code': CODE}})}<|eom_id|>",
        f"[TOOL_CALLS] [{call()}]",
        f"<tool_call>{json.dumps({'arguments': {'code': CODE}, 'name': 'python'})}</tool_call>",
        f"<tool_call>{call(WRONG)}</tool_call>\n<tool_call>{call()}</tool_call>",
        f"<tool_call>{call(WRONG)}</tool_call>\nThat was wrong.\n\n```python\n{CODE.replace('```', '')}```",
        json.dumps({"name": "python", "arguments": {"code": CODE}}, indent=2),
    ],
)
def test_the_code_of_the_last_call_is_the_answer(completion: str) -> None:
    extraction = extract(completion, entry_point="add")
    assert extraction.rule is ExtractionRule.TAGGED_FENCE
    assert (extraction.answer or "").replace("```", "") == CODE.replace("```", "")


def test_line_ends_in_a_string_may_stand_as_they_are() -> None:
    code = "def add(a, b):\n    return a + b\n"
    assert extract(call(code).replace("\\n", "\n"), entry_point="add").answer == code


@pytest.mark.parametrize(
    "completion",
    [
        f"A call looks so: {call()}.",
        f"{call()}\nand more",
        call().replace("return", "\\qreturn"),
        json.dumps({"name": "python", "arguments": {"text": CODE}}),
        json.dumps({"arguments": {"code": CODE}}),
        json.dumps({"name": "python", "arguments": {"nested": {"code": CODE}}}),
        f"<think>\n<tool_call>{call()}</tool_call>\n</think>\nDone.",
    ],
)
def test_what_is_no_call_is_not_read(completion: str) -> None:
    assert extract(completion, entry_point="add").answer is None


def test_a_call_in_a_string_of_code_stays_there() -> None:
    code = f"TEXT = r'''\n  a {call(WRONG)}\n'''\n\n\ndef add(a, b):\n    return a + b\n"
    assert extract(f"```python\n{code}```", entry_point="add").answer == code
