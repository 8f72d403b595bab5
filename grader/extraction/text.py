"""The text of a completion, brought to one form before any rule reads it."""

from __future__ import annotations

from typing import Final

__all__ = ["BYTE_ORDER_MARK", "first_line", "is_indented", "line_end", "normalised"]

BYTE_ORDER_MARK: Final = "\ufeff"

_END_TOKENS: Final = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|end|>",
    "<|return|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
    "<｜end▁of▁sentence｜>",  # noqa: RUF001  # DeepSeek spells its token with these
)
"""How models end a turn; left in the text by trainers which decode special tokens."""


def normalised(text: str) -> str:
    r"""Return the text with ``\n`` for every line end, without a byte order mark or end tokens.

    Line ends are those of CommonMark 2.1 and of Python: ``\r\n``, ``\n`` and a lone ``\r``. Everything else,
    NUL and lone surrogates included, stays as it is.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _without_end_tokens(text.lstrip(BYTE_ORDER_MARK))


def _without_end_tokens(text: str) -> str:
    end = len(text)
    while True:
        probe = end
        while probe and text[probe - 1].isspace():
            probe -= 1
        token = next((token for token in _END_TOKENS if text.endswith(token, 0, probe)), None)
        if token is None:
            return text[:end]
        end = probe - len(token)


def line_end(text: str, at: int, known: int) -> int:
    """Return where the line that ``at`` is in ends, given where an earlier place's line does.

    Looks no further than needed: searching anew from every place in one long line would be quadratic.
    """
    if at <= known:
        return known
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def first_line(text: str) -> str:
    """Return the first line that is not blank, without its line end; empty when there is none."""
    body = text.lstrip()
    if not body:
        return ""
    start = text.rfind("\n", 0, len(text) - len(body)) + 1
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def is_indented(text: str) -> bool:
    """Tell whether the first line that is not blank starts with a space or a tab."""
    return first_line(text).startswith((" ", "\t"))
