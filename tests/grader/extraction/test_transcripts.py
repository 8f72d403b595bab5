"""Transcripts as models and trainers leave them: channels, odd fences, tags, markers, tokens and lost indentation."""

from __future__ import annotations

import pytest

from grader.extraction import ExtractionRule, extract
from grader.extraction.fence_repair import repair_fences

ADD = "def add(a, b):\n    return a + b\n"
DRAFT = "def add(a, b):\n    return a - b\n"
PROGRAM = "a, b = map(int, input().split())\nprint(a + b)\n"
LOOP = "    t = 0\n    for x in xs:\n        t += x\n    return t\n"
INNER = "    def inner(y):\n        return y\n    return inner(xs)\n"
TABLE = "    names = [\n        1,\n    ]\n    return names[xs]\n"
NESTED = "    for x in xs:\n        if x:\n            return x\n"
GUARD = "    if not xs:\n        return 0\n    return sum(xs)\n"
PROMPT = 'def total(xs):\n    """ Return the total. """\n'


def fenced(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}```\n"


def answer(text: str, entry_point: str | None = "add", prompt: str = "") -> str | None:
    return extract(text, entry_point=entry_point, prompt=prompt).answer


# Channels

ANALYSIS, COMMENTARY, FINAL = (f"<|channel|>{name}<|message|>" for name in ("analysis", "commentary", "final"))
NEXT = "<|end|><|start|>assistant"
CALL = "<|channel|>commentary to=functions.run <|constrain|>json<|message|>{}<|call|><|start|>assistant"
TYPED = "<|channel|>final <|constrain|>python<|message|>"


@pytest.mark.parametrize(
    "text",
    [
        f"{ANALYSIS}Maybe\n{fenced(DRAFT)}{NEXT}{FINAL}{fenced(ADD)}<|return|>",
        f"<|start|>assistant{ANALYSIS}{DRAFT}{NEXT}{FINAL}{ADD}",
        f"{ANALYSIS}Hm.<|end|>\n<|start|>assistant{TYPED}{ADD}<|return|>",
        f"analysis<|message|>{fenced(DRAFT)}{NEXT}{FINAL}{fenced(ADD)}",
        f"We try.\n{fenced(DRAFT)}{NEXT}{FINAL}{fenced(ADD)}<|return|>",
        f"{FINAL}{fenced(ADD)}<|return|>",
        f"{CALL.format(DRAFT)}{FINAL}{ADD}<|return|>",
        f"{FINAL}{fenced(ADD)}{NEXT}{ANALYSIS}{fenced(DRAFT)}",
        f"analysisMaybe\n{fenced(DRAFT)}assistantfinal{fenced(ADD)}",
        f"analysisWe need a sum.assistantfinalHere it is:\n\n{fenced(ADD)}",
        f"analysisHm.assistantcommentary{DRAFT}assistantfinal{ADD}",
        f"{COMMENTARY}{fenced(ADD)}{NEXT}{ANALYSIS}{DRAFT}",
        f"{ANALYSIS}{fenced(ADD)}",
    ],
)  # fmt: skip
def test_the_answer_is_in_the_final_channel_or_else_in_the_best_one(text: str) -> None:
    assert answer(text) == ADD
    assert extract(text, entry_point="add").reasoning_dropped


def test_code_in_the_analysis_is_no_answer_where_the_final_channel_has_none() -> None:
    text = f"<|channel|>analysis<|message|>{fenced(ADD)}<|end|><|start|>assistant<|channel|>final<|message|>I give up."
    assert extract(text, entry_point="add").rule is ExtractionRule.NONE
    assert extract(f"analysis{fenced(ADD)}assistantfinalI give up.", entry_point="add").rule is ExtractionRule.NONE


def test_of_several_final_messages_the_last_counts() -> None:
    final = "<|start|>assistant<|channel|>final<|message|>"
    assert answer(f"{final}{fenced(DRAFT)}<|end|>{final}{fenced(ADD)}<|return|>") == ADD
    assert answer(f"{final}{fenced(ADD)}<|end|>{final} <|return|>") == ADD


@pytest.mark.parametrize(
    "code",
    [
        'def add(s):\n    return s.split("<|channel|>final<|message|>")[-1]\n',
        "def add(s):\n    return '<|start|>assistant<|channel|>final<|message|>' + s + '<|end|>'\n",
        'TEXT = "analysis ... assistantfinal"\ndef add(s): ...\n',
    ],
)
def test_code_about_channels_stays_in_one_piece(code: str) -> None:
    assert answer(fenced(code)) == code
    assert answer(f"<|channel|>final<|message|>{fenced(ADD)}") == ADD


# Closing fences


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{ADD}``` This works.",
        f"```python\n{ADD}``` This works.\n\n```\n3\n```\n",
        f"```python\n{ADD}```Done.\n",
        f"```python\n{ADD}```</answer>",
        f"<answer>```python\n{ADD}```</answer>",
        f"<answer>\n```python\n{ADD}```</answer>\nBye.",
        f"```text\nplan\n``````python\n{ADD}```",
        f"```text\nplan\n``` ```python\n{ADD}```",
        f"```text\nplan\n```python\n{ADD}```\n",
        f"```python\nx = 1\n```python\n{ADD}```\n",
        f"```python\n{ADD[:-1]}```\n",
        f"```python\n{ADD[:-1]}``` \nMore.\n",
        f"```python\n{ADD[:-1]}```text\n3\n```\n",
        f"```python\n{ADD[:-1]}```\nUse it:\n```bash\npython x.py\n```\n",
        f"~~~python\n{ADD}~~~ That was it.\n",
        f"Here it is: ```python\n{ADD}```",
        "```python def add(a, b):\n    return a + b\n```\n",
        f"```python\n{ADD}```\n```\n",
    ],
)
def test_a_closing_fence_need_not_be_alone_on_its_line(text: str) -> None:
    found = extract(text, entry_point="add")
    assert (found.answer, found.rule) == (ADD, ExtractionRule.TAGGED_FENCE)
    assert not found.truncated


@pytest.mark.parametrize("code", ["def add(a, b): return a + b", "import math; add = math.fsum"])
def test_code_may_stand_on_the_line_of_its_fences(code: str) -> None:
    assert answer(f"```python {code}```\n") == code + "\n"
    assert answer(f"```python {code}\n```\n") == code + "\n"


@pytest.mark.parametrize(
    "line",
    [
        'S = "```"',
        "S = '```python'",
        "x = 1  # as in ```",
        "S = re.sub('^```', '', s)",
        'S = "a```"',
        "T = 'it''s ```'",
    ],
)
def test_fences_in_strings_and_comments_of_the_code_are_code(line: str) -> None:
    code = f"{line}\n{ADD}"
    assert answer(fenced(code)) == code


# Nested fences


@pytest.mark.parametrize(
    "code",
    [
        'def add(a, b):\n    """Add.\n\n```\nadd(1, 2)\n```\n    """\n    return a + b\n',
        'def add(a, b):\n    """Add.\n\n```python\nadd(1, 2)\n```\n    """\n    return a + b\n',
        'def add(a, b):\n    """Add.\n\n```\nadd(1, 2)\n```\nor\n```\nadd(3, 4)\n```\n    """\n    return a + b\n',
        "TEXT = '''\n```json\n{}\n```\n'''\n\n\ndef add(a, b):\n    return a + b\n",
        'def add(a, b):\n    """\n  ````\n  add(1, 2)\n  ````\n  """\n    return a + b\n',
    ],
)
@pytest.mark.parametrize("info", ["python", ""])
def test_fences_in_a_string_of_the_code_are_code(code: str, info: str) -> None:
    assert answer(f"Here:\n{fenced(code, info)}\nIt works.\n{fenced('3', 'text')}") == code


@pytest.mark.parametrize(
    "text",
    [
        f"```markdown\n# Solution\n{fenced(ADD)}```",
        f"```md\n{fenced(ADD)}Text.\n```\nMore text.\n",
        f"````markdown\n# Solution\n\n{fenced(ADD)}````\n",
        f"```markdown\n{fenced('pip install x', 'bash')}{fenced(ADD)}```\nDone.\n{fenced('print(1)')}",
        f"```\n{fenced(ADD)}```\n",
        f"````\n{fenced(ADD)}````\n",
        f"~~~\n{fenced(ADD)}~~~\n",
        f"```python\n{fenced(ADD)}```\n",
        f"```markdown\n{fenced(ADD)}",
    ],
)
def test_a_block_of_markdown_gives_way_to_the_blocks_in_it(text: str) -> None:
    found = extract(text, entry_point="add")
    assert (found.answer, found.rule) == (ADD, ExtractionRule.TAGGED_FENCE)


@pytest.mark.parametrize(
    "text",
    [
        "    ```python\n    def add(a, b):\n        return a + b\n    ```\n",
        "1. Do this:\n\n        ```python\n        def add(a, b):\n            return a + b\n        ```\n\n2. Done.\n",
        "\t```python\n\tdef add(a, b):\n\t    return a + b\n\t```\n",
        "     ```py\n     def add(a, b):\n         return a + b\n     ```\nText.\n",
        "    ```python\ndef add(a, b):\n    return a + b\n```\n",
    ],
)
def test_a_fence_may_be_indented_by_four_columns(text: str) -> None:
    assert answer(text) == ADD


# Tags


@pytest.mark.parametrize(
    "info",
    ["python", "py3", "python3.11", "Python", "solution", "code", "{python}", "{.python}", "python-3", "python_code",
     "Python (3.11)", "pycon", "text", "plaintext", "txt", "answer", "solution.py", "program", 'python title="x.py"'],
)  # fmt: skip
def test_a_program_may_have_an_odd_tag(info: str) -> None:
    assert answer(fenced(PROGRAM, info), None) == PROGRAM


@pytest.mark.parametrize("info", ["cpp", "bash", "json", "output", "java", "javascript"])
def test_a_program_has_no_tag_of_another_language(info: str) -> None:
    assert extract(fenced(PROGRAM, info), entry_point=None).rule is ExtractionRule.NONE


@pytest.mark.parametrize("info", ["text", "output", ""])
def test_sample_output_is_no_program(info: str) -> None:
    assert answer(fenced(PROGRAM) + "Output:\n" + fenced("3\n", info), None) == PROGRAM


# Markers


@pytest.mark.parametrize(
    "text",
    [
        f"[BEGIN]\n{ADD}[DONE]",
        f"[BEGIN]\n{ADD}[DONE]\nYou are an expert.\n[BEGIN]\ndef sub(a, b):\n    return a - b\n[DONE]",
        f"{ADD}[DONE]\nYou are an expert Python programmer.\n",
        f"[BEGIN]\n{ADD[:-1]}[DONE]",
        f"[PYTHON]\n{ADD}[/PYTHON]",
        f"Sure.\n[PYTHON]\n{ADD}[/PYTHON]\n[TESTS]\nassert add(1, 2) == 3\n[/TESTS]\n",
        f"<code>\n{ADD}</code>",
        f"<code>{ADD}</code>\nIt adds.\n",
        f"<answer>\n{ADD}</answer>",
        f"<solution>\n{fenced(ADD)}</solution>",
        f"[ANSWER]\n{ADD}[/ANSWER]",
        f"{fenced(DRAFT)}<final_answer>\n{fenced(ADD)}</final_answer>\n",
    ],
)
def test_markers_of_prompts_are_no_part_of_the_answer(text: str) -> None:
    assert answer(text) == ADD


def test_an_index_is_no_marker() -> None:
    code = "def add(a, b):\n    state = {}\n    state[DONE] = a\n    return state[DONE] + b\n\n\nDONE = 0\n"
    assert answer(code) == code
    assert answer(f"[BEGIN]\n{code}[DONE]\n") == code


# Tokens


@pytest.mark.parametrize(
    "tokens",
    ["<|endof", "<pad><pad>", "<|im_end|>", "<|eot_id|>", "</s>", "<|im_", "</s", "<|", "<|endoftext|><|endof",
     "</s><pad><pad><pad>", "<|im_end|>\n<|im_start|>", "<eos><pad>", "<|return|>", "<|end_of_te", "<｜end▁of▁sen",  # noqa: RUF001 - as models write it
     " <|eom_id|>", "\n<|EOT|>\n", "<unk></s>"],
)  # fmt: skip
def test_end_tokens_padding_and_cut_tokens_are_dropped(tokens: str) -> None:
    assert answer(ADD[:-1] + tokens) == ADD
    assert answer(fenced(ADD)[:-1] + tokens) == ADD
    assert (answer(f"```python\n{ADD[:-1]}{tokens}") or "").rstrip() == ADD.rstrip()


def test_what_only_looks_like_a_cut_token_stays() -> None:
    for code in (
        "def add(a, b):\n    return a <b\n",
        "def add(a, e):\n    return a <e\n",
        "add = lambda a, s: a </s\n",
    ):
        assert answer(code) == code or code.endswith("</s\n")


# Bodies


@pytest.mark.parametrize(
    ("body", "fitted"),
    [
        (LOOP.removeprefix("    "), LOOP),
        (LOOP.replace("\n    ", "\n").removeprefix("    "), LOOP),
        (LOOP.replace("    ", "\t"), LOOP),
        (INNER.removeprefix("    "), INNER),
        (TABLE.removeprefix("    "), TABLE),
        (NESTED.replace("\n    ", "\n").removeprefix("    "), NESTED),
        (GUARD.removeprefix("    "), GUARD),
        ("return sum(xs)", "    return sum(xs)\n"),
        ("\treturn sum(xs)\n", "    return sum(xs)\n"),
        ("for x in xs:\n        return x\n    return 0\n", "    for x in xs:\n        return x\n    return 0\n"),
        ("t = 0\nfor x in xs:\n    t += x\nreturn t\n", "    t = 0\n    for x in xs:\n        t += x\n    return t\n"),
        ("  return sum(xs)\n", "    return sum(xs)\n"),
        ("        t = 1\n        return t\n", "    t = 1\n    return t\n"),
        ("return sum(xs)\n\n\ndef other():\n    pass\n", "    return sum(xs)\n\n\ndef other():\n    pass\n"),
        ("x = [\n    1,\n]\nreturn x\n", "    x = [\n        1,\n    ]\n    return x\n"),
    ],
)  # fmt: skip
def test_a_body_gets_the_indentation_of_the_prompt(body: str, fitted: str) -> None:
    for text in (body, f"```python\n{body.rstrip()}\n```\n"):
        found = extract(text, entry_point="total", prompt=PROMPT)
        assert (found.answer, found.rule) == (PROMPT + fitted, ExtractionRule.SHIFTED_BODY)


@pytest.mark.parametrize(
    "text",
    ["I cannot do this.", "Return the sum of xs.", "print(total([1, 2]))\n", "for x in xs:\n    print(x)\n", "x = 1\n"],
)
def test_what_is_no_body_is_not_put_after_the_prompt(text: str) -> None:
    assert extract(text, entry_point="total", prompt=PROMPT).rule not in {
        ExtractionRule.SHIFTED_BODY,
        ExtractionRule.BODY_ONLY,
    }


def test_lines_of_a_string_keep_their_indentation() -> None:
    body = 't = """\na\n  b\n"""\nreturn t\n'
    assert answer(body, "total", PROMPT) == PROMPT + '    t = """\na\n  b\n"""\n    return t\n'


# Attacks


def test_a_fence_that_closes_early_hides_no_code() -> None:
    # What is shown as the block is what is graded, whatever stands behind it.
    assert answer(f"```python\n{DRAFT}``` and\n\n{ADD}") == DRAFT
    assert answer(f"```python\n{DRAFT}```\n<!--\n{ADD}-->\n") == DRAFT


def test_two_answers_give_the_last_one_in_every_form() -> None:
    for first, second in ((ADD, DRAFT), (DRAFT, ADD)):
        assert answer(fenced(first) + fenced(second)) == second
        assert answer(f"[BEGIN]\n{first}[DONE]\n[BEGIN]\n{second}[DONE]\n") == second
        assert answer(f"```markdown\n{fenced(first)}```\n{fenced(second)}") == second


@pytest.mark.parametrize(
    "text",
    [
        fenced(ADD),
        f"Text `a` and ``b``.\n\n{fenced(ADD)}\n> ```\n> x\n> ```\n",
        f"1. a\n   {ADD}",
        "```\n```\n",
        "~~~\nx\n~~~",
    ],
)
def test_fences_in_the_form_of_commonmark_stay_as_they_are(text: str) -> None:
    assert repair_fences(text) == text


# Sessions, patches and Llama's tag

SESSION = ">>> def add(a, b):\n...     return a + b\n...\n>>> add(1, 2)\n3\n"
TYPED_IN = "def add(a, b):\n    return a + b\n\nadd(1, 2)\n"
PATCH = "-def add(a, b):\n-    return 0\n+def add(a, b):\n+    return a + b\n"


@pytest.mark.parametrize("text", [SESSION, f"Here is a session:\n\n{SESSION}\nIt works.\n", f"x = 1\n\n{SESSION}"])
def test_a_session_without_a_fence_is_its_input(text: str) -> None:
    found = extract(text, entry_point="add")
    assert (found.answer, found.rule) == (TYPED_IN, ExtractionRule.BARE_CODE)


def test_a_session_behind_bare_code_does_not_belong_to_it() -> None:
    assert answer(f"Here:\n\n{ADD}\n>>> add(1, 2)\n3\n>>> add(3, 4)\n7\n") == ADD
    assert answer('def add(a, b):\n    """Add.\n\n>>> add(1, 2)\n3\n"""\n    return a + b\n') is not None


@pytest.mark.parametrize("info", ["diff", "patch", "Diff", "udiff"])
@pytest.mark.parametrize(
    "text",
    [
        PATCH,
        f"--- a/add.py\n+++ b/add.py\n@@ -1,2 +1,2 @@\n{PATCH}",
        f"diff --git a/add.py b/add.py\nindex 1..2 100644\n--- a/add.py\n+++ b/add.py\n@@ -1 +1 @@\n{PATCH}",
        " def add(a, b):\n-    return 0\n+    return a + b\n\\ No newline at end of file\n",
        ADD,
    ],
)
def test_a_patch_is_the_code_as_it_is_afterwards(text: str, info: str) -> None:
    found = extract(fenced(text, info), entry_point="add")
    assert (found.answer, found.rule) == (ADD, ExtractionRule.OTHER_FENCE)


def test_what_a_patch_takes_away_is_no_answer() -> None:
    assert answer(fenced("".join(f"-{line}\n" for line in ADD.splitlines()) + "+pass\n", "diff")) is None


def test_a_patch_of_a_program_is_a_program() -> None:
    added = "".join(f"+{line}\n" for line in PROGRAM.splitlines())
    assert answer(fenced(added, "diff"), entry_point=None) == PROGRAM


def test_whole_code_is_preferred_to_a_patch() -> None:
    assert answer(fenced(ADD) + fenced(PATCH.replace("a + b", "a - b"), "diff")) == ADD


@pytest.mark.parametrize("text", [f"<|python_tag|>{ADD}<|eom_id|>", f"<|python_tag|>\n{ADD}<|eot_id|>"])
def test_code_for_llamas_interpreter_is_an_answer(text: str) -> None:
    assert answer(text) == ADD
