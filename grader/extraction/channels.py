"""Find the message to the user in a transcript with channels, as gpt-oss writes it.

Source: "OpenAI harmony response format" (developers.openai.com/cookbook/articles/openai-harmony): ``analysis`` is the
reasoning, ``commentary`` has calls of tools and preambles, and ``final`` is what the user gets to see.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["final_message"]

_CHANNELS: Final = ("final", "commentary", "analysis")
"""Channels, the best one first."""
# A header is the text between <|channel|> and <|message|>: a name, and for tools a recipient and a type.
_HEADER: Final = re.compile(
    r"(?:<\|start\|>[^<\n]{0,100}+)?<\|channel\|>\s*+(?P<name>analysis|commentary|final)\b[^\n]{0,200}?<\|message\|>"
)
_FIRST_HEADER: Final = re.compile(r"\s*+(?P<name>analysis|commentary|final)\b[^\n<]{0,200}+<\|message\|>")
_END: Final = re.compile(r"<\|(?:end|return|call|start)\|>(?!['\"\\])")
_START: Final = re.compile(r"\s*+(?:<\|start\|>|<\|channel\|>)")
_SECOND_TURN: Final = re.compile(r"(?<!['\"])<\|end\|>\s*+<\|start\|>assistant\s*+<\|channel\|>")
_BARE_START: Final = re.compile(r"\s*+(?:assistant)?(?:analysis|commentary)")
_BARE_FINAL: Final = "assistantfinal"


def final_message(text: str) -> tuple[str, bool]:
    """Return the message to the user, and True if the text has channels; else the whole text.

    - The last message of the channel ``final`` that is not blank counts; without one, the last of ``commentary``, and
      then of ``analysis``. What is in another channel is not read.
    - Text has channels if it starts with the header of one, or has the header of a second message.
    - Without the special tokens a header leaves only words: a text that starts with ``analysis`` has its final message
      after the first ``assistantfinal``.
    """
    if "<|channel|>" in text or "<|message|>" in text:
        return _by_tokens(text)
    if _BARE_FINAL in text and _BARE_START.match(text):
        return text.partition(_BARE_FINAL)[2], True
    return text, False


def _by_tokens(text: str) -> tuple[str, bool]:
    first = _FIRST_HEADER.match(text)
    if first is None and _START.match(text) is None and _SECOND_TURN.search(text) is None:
        return text, False
    messages: dict[str, str] = {}
    name, start = ("analysis", 0) if first is None else (first["name"], first.end())
    if first is None and _START.match(text):
        name = ""
    while True:
        header = _HEADER.search(text, start)
        stop = len(text) if header is None else header.start()
        end = _END.search(text, start, stop)
        message = text[start : stop if end is None else end.start()]
        if name and message.strip():
            messages[name] = message
        if header is None:
            break
        name, start = header["name"], header.end()
    found = next((messages[name] for name in _CHANNELS if name in messages), "")
    return found, True
