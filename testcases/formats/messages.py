"""The task's text in a row with a conversation, as chat models get it."""

from __future__ import annotations

from typing import Any

__all__ = ["last_user_text"]


def last_user_text(conversation: Any) -> str:
    """Text of the last turn of a user, or of a conversation that is plain text; empty where there is none."""
    if isinstance(conversation, str):
        return conversation
    turns = conversation if isinstance(conversation, (list, tuple)) else ()
    texts = [
        _text(turn.get("content")) for turn in turns if isinstance(turn, dict) and turn.get("role") in {"user", "human"}
    ]
    return texts[-1] if texts else ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, (list, tuple)) else ()
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
