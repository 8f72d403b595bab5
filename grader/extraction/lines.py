"""Normalize line ends, indentation and REPL prompts of a completion.

Tabs are counted as CommonMark 2.2 does.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BYTE_ORDER_MARK",
    "TAB_WIDTH",
    "dedent",
    "first_line",
    "is_indented",
    "line_end",
    "measure_indent",
    "normalize",
    "strip_columns",
    "strip_repl_prompts",
]


BYTE_ORDER_MARK: Final = "\ufeff"

_END_TOKENS: Final = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|EOT|>",
    "<|eot|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|im_start|>",
    "<|user|>",
    "<|observation|>",
    "<|endofprompt|>",
    "<|file_sep|>",
    "<|fim_pad|>",
    "<|pad|>",
    "<|eos|>",
    "<end_of_turn>",
    "<eos>",
    "<pad>",
    "<unk>",
    "</s>",
    "<｜end▁of▁sentence｜>",  # noqa: RUF001  # DeepSeek spells its token with these
    "<｜▁pad▁｜>",  # noqa: RUF001  # as above
)
"""Tokens at the end of a model's turn, and padding. Trainers that decode special tokens leave them in the text."""
_CUT_STARTS: Final = ("<|", "</s", "<｜")  # noqa: RUF001  # as above
"""Starts of tokens that no code ends with, so that a token may be cut off behind them."""
_LONGEST_TOKEN: Final = max(map(len, _END_TOKENS))


def normalize(text: str) -> str:
    r"""Return the text with ``\n`` as line ends, without a byte order mark and end tokens.

    Line ends are those of CommonMark 2.1 and of Python: ``\r\n``, ``\n`` and a lone ``\r``. Other characters,
    including NUL and lone surrogates, stay unchanged.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _strip_end_tokens(text.lstrip(BYTE_ORDER_MARK))


def _strip_end_tokens(text: str) -> str:
    end = _without_cut_token(text)
    while True:
        # By index: a copy of the text for each token would take quadratic time.
        probe = end
        while probe and text[probe - 1].isspace():
            probe -= 1
        token = next((token for token in _END_TOKENS if text.endswith(token, 0, probe)), None)
        if token is None:
            return text[:end]
        end = probe - len(token)


def _without_cut_token(text: str) -> int:
    """Return the end of the text without a token of which only the first half is there."""
    start = max(text.rfind(token_start, -_LONGEST_TOKEN) for token_start in _CUT_STARTS)
    if start >= 0 and any(token.startswith(text[start:]) for token in _END_TOKENS):
        return start
    return len(text)


def line_end(text: str, at: int, known_end: int) -> int:
    """Return the end of the line at an index, given the end of the line at an earlier index."""
    # Searching anew from every index of one long line would take quadratic time.
    if at <= known_end:
        return known_end
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def first_line(text: str) -> str:
    """Return the first line that is not blank, without its line end; empty if all are blank."""
    body = text.lstrip()
    if not body:
        return ""
    start = text.rfind("\n", 0, len(text) - len(body)) + 1
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def is_indented(text: str) -> bool:
    """Return True if the first line that is not blank starts with a space or a tab."""
    return first_line(text).startswith((" ", "\t"))


TAB_WIDTH: Final = 4
"""Distance of the tab stops."""


def measure_indent(line: str, at: int, column: int) -> tuple[int, int]:
    """Return the column and the index of the first character from ``at`` on that is not a space or tab."""
    while at < len(line):
        if line[at] == " ":
            column += 1
        elif line[at] == "\t":
            column += TAB_WIDTH - column % TAB_WIDTH
        else:
            break
        at += 1
    return column, at


def strip_columns(line: str, columns: int) -> str:
    """Remove up to so many columns of indentation from a line."""
    column = at = 0
    while at < len(line) and column < columns and line[at] in {" ", "\t"}:
        column += 1 if line[at] == " " else TAB_WIDTH - column % TAB_WIDTH
        at += 1
    return " " * (column - columns) + line[at:]


_REPL_PROMPTS = (">>> ", "... ")
_EMPTY_REPL_PROMPTS = (">>>", "...")


def strip_repl_prompts(code: str) -> str:
    """Return the input of an interactive session, without prompts and output.

    Code whose first line has no prompt is returned unchanged, except for a byte order mark.
    """
    code = code.removeprefix(BYTE_ORDER_MARK)
    if not first_line(code).startswith(">>>"):
        return code
    typed = []
    for line in code.split("\n"):
        if line.startswith(_REPL_PROMPTS):
            typed.append(line[4:])
        elif line.rstrip() in _EMPTY_REPL_PROMPTS:
            typed.append("")
    return "\n".join(typed) + "\n"


def dedent(code: str) -> str:
    """Remove the indentation of the first line from every line that has it.

    Lines with less indentation stay unchanged: in code that is indented as a whole, they belong to a string.
    """
    if not is_indented(code):
        return code
    first = first_line(code)
    indentation = first[: len(first) - len(first.lstrip(" \t"))]
    return "\n".join(line.removeprefix(indentation) for line in code.split("\n"))
