"""Find the value that a completion predicts: the output of a program, as CRUXEval and LiveCodeBench ask for it.

The value is the text after ``==``, of an assertion or without one, or else all of the text that is searched. What it is
made of is not looked at here: the analyzer refuses all but a literal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from grader.extraction.channels import final_message
from grader.extraction.fence_repair import repair_fences
from grader.extraction.lines import dedent, normalize
from grader.extraction.markdown import parse_markdown
from grader.extraction.sections import solution_sections, strip_reasoning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.extraction.markdown import CodeBlock

__all__ = ["find_prediction", "prediction_source"]

_ASSERTION: Final = re.compile(r"^[ \t>`]*+assert\b", re.MULTILINE)
_DONE: Final = re.compile(r"#[ \t]*+done\b", re.IGNORECASE)
_OPENED, _CLOSED, _BOX = "[ANSWER]", "[/ANSWER]", "\\boxed{"
_LABEL: Final = re.compile(
    r"(?:[^\n:`'\"\[\](){}]{0,80}+:|(?:so|thus|hence|therefore)?,?[ \t]*+(?:the )?(?:final |predicted |expected )?"
    r"(?:answer|output|result|value)[ \t]++(?:is|will be|would be))[ \t*]*+(?=\S)",
    re.IGNORECASE,
)
_INLINE_CODE: Final = re.compile(r"(?<!`)(`{1,2}+)(?!`)([^\n]*?[^`\n])\1(?!`)")
_NAMED: Final = re.compile(r"\A[^\W\d]\w*+[ \t]*+=(?!=)")
_REPL_INPUT: Final = re.compile(r"^(?:>>>|\.\.\.)(?:[ \t][^\n]*+)?(?:\n|\Z)", re.MULTILINE)
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def prediction_source(name: str, value: str) -> str:
    """Return the source of a function that returns the value, for the sandbox to run."""
    return f"def {name}():\n    return (\n{value}\n    )\n"


def find_prediction(completion: str) -> str | None:
    """Return the text of the predicted value; ``None`` if the completion has none.

    The last solution section counts (``[ANSWER]``, ``<answer>``), in it or else in the whole text the last fenced
    block, one with an assertion before others, and in that the last assertion. Without a section, a block and an
    assertion, it is the last box, or the last line: its inline code, or what follows a label such as ``Output:``.
    """
    message, _ = final_message(normalize(completion))
    visible, is_answer = _from_answer_mark(repair_fences(strip_reasoning(message)[0]))
    sections = solution_sections(visible)
    text = sections[-1] if sections else visible
    blocks = [_content(block) for block in parse_markdown(text).blocks if block.content.strip()]
    if blocks:
        text = next((block for block in reversed(blocks) if _last_assertion(block) is not None), blocks[-1])
    if (start := _last_assertion(text)) is not None:
        compared = _after_comparison(text, start, is_assertion=True)
        # Where no value is compared, the assertion as a whole is not a literal either.
        return (text[start:] if compared is None else compared).strip() or None
    if (boxed := text.rfind(_BOX)) >= 0:
        text = text[boxed + len(_BOX) : _closing_at(text, boxed + len(_BOX))]
    elif not (is_answer or sections or blocks):
        text = _last_line(text)
    text = _without_quoting(text.strip())
    compared = _after_comparison(text, 0, is_assertion=False)
    return (_NAMED.sub("", text, count=1) if compared is None else compared).strip() or None


def _from_answer_mark(text: str) -> tuple[str, bool]:
    """Return the text between CRUXEval's marks, and True; without marks all of it.

    A completion may begin between the marks of its prompt, and go on with another example after the answer.
    """
    inside, closed, _ = text.partition(_CLOSED)
    if closed and _OPENED not in inside:
        return inside, True
    if (opened := text.rfind(_OPENED)) >= 0:
        return text[opened + len(_OPENED) :].partition(_CLOSED)[0], True
    done = _DONE.search(text)
    return (text[: done.start()], True) if done is not None and text[: done.start()].strip() else (text, False)


def _content(block: CodeBlock) -> str:
    shown = _REPL_INPUT.sub("", block.content)
    return dedent(shown if shown.strip() else block.content)


def _last_assertion(text: str) -> int | None:
    start = None
    for match in _ASSERTION.finditer(text):
        start = match.end()
    return start


def _last_line(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return ""
    line = lines[-1].strip()
    codes = _INLINE_CODE.findall(line)
    if codes:
        return str(codes[-1][1])
    label = _LABEL.match(line)
    return line[label.end() :].removesuffix("**") if label else line


def _without_quoting(text: str) -> str:
    """Return a text without the backticks of inline code, or the asterisks of bold text, around all of it."""
    for mark in ("``", "`", "**"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            return text[len(mark) : -len(mark)].strip()
    return text


def _after_comparison(text: str, start: int, *, is_assertion: bool) -> str | None:
    """Return what follows the first ``==`` outside of strings and brackets; ``None`` without one.

    An assertion ends at the line on which all brackets are closed, or at a comma, which begins its message.
    """
    found: int | None = None
    for at in _outside_strings_and_brackets(text, start):
        if found is None:
            if text.startswith("==", at):
                found = len(text) - len(text[at + 2 :].lstrip())
        elif is_assertion and at > found and (text[at] in ",\n`" or text.startswith("[/", at)):
            return text[found:at]
    if found is not None:
        return text[found:]
    inside = text[start:].strip()
    # The whole comparison may be in brackets.
    if is_assertion and inside.startswith("(") and inside.endswith(")"):
        return _after_comparison(inside[1:-1], 0, is_assertion=False)
    return None


def _closing_at(text: str, start: int) -> int:
    """Return the position of the brace that closes the one before a position, or the end of the text."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return at
    return len(text)


def _outside_strings_and_brackets(text: str, start: int) -> Iterator[int]:
    """Yield the positions of the characters outside of strings, comments and brackets."""
    depth, at = 0, start
    while at < len(text):
        character = text[at]
        if character in "'\"":
            at = _string_end(text, at)
            continue
        if character == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif depth == 0:
            yield at
        at += 1


def _string_end(text: str, start: int) -> int:
    """Return the position after the string that starts at a quote; one that is not closed ends with the text."""
    quote = text[start] * 3 if text.startswith(text[start] * 3, start) else text[start]
    at = start + len(quote)
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return len(text)
