"""Text of chat messages, in every form a trainer sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader.aws.fields import FieldError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ASSISTANT_ROLES", "USER_ROLES", "last_turn", "text_of"]

ASSISTANT_ROLES = frozenset({"assistant", "nova_assistant"})
"""Training says ``assistant``; RFT evaluation of Nova says ``nova_assistant``."""
USER_ROLES = frozenset({"user"})

_REASONING_TYPES = frozenset({"reasoning", "reasoning_content", "reasoningcontent", "redacted_thinking", "thinking"})


def last_turn(messages: Sequence[Any], roles: frozenset[str], path: str) -> str | None:
    """Text of the last message with one of these roles; ``None`` when there is none.

    The last one counts because SageMaker's evaluation appends the model's turn after a ground-truth turn
    that the dataset may already end with ("Evaluate with Preset and Custom Scorers", OpenAI format). Roles
    are compared without regard to case.

    Raises:
        FieldError: a message on the way is no object, has no role, or its content is no text.
    """
    for index in reversed(range(len(messages))):
        message = messages[index]
        here = f"{path}[{index}]"
        if not isinstance(message, Mapping):
            raise FieldError(here, f"is {_kind(message)}, not an object with role and content")
        role = message.get("role")
        if not isinstance(role, str):
            raise FieldError(f"{here}.role", f"is {_kind(role)}, not text")
        if role.strip().lower() in roles:
            return text_of(message.get("content"), f"{here}.content")
    return None


def text_of(content: Any, path: str) -> str:
    """Text of a message's content, without the model's reasoning.

    Content is text, an object with ``text``, a list of texts and such objects, or ``None``, which is no text.
    Parts of a list are put together with line breaks, so that two fenced blocks never become one. Reasoning
    blocks (Converse's ``reasoningContent``, parts of type ``reasoning`` or ``thinking``) and parts without
    text (images, tool calls) are dropped.

    Raises:
        FieldError: the content is of some other type.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return _part_text(content, path) or ""
    if isinstance(content, (list, tuple)):
        texts = (_item_text(item, f"{path}[{index}]") for index, item in enumerate(content))
        return "\n".join(text for text in texts if text is not None)
    raise FieldError(path, f"is {_kind(content)}, not text, an object with text, or a list of such")


def _item_text(item: Any, path: str) -> str | None:
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        return _part_text(item, path)
    raise FieldError(path, f"is {_kind(item)}, not text or an object with text")


def _part_text(part: Mapping[Any, Any], path: str) -> str | None:
    kind = part.get("type")
    if "reasoningContent" in part or (isinstance(kind, str) and kind.lower() in _REASONING_TYPES):
        return None
    text = part.get("text")
    if text is None or isinstance(text, str):
        return text
    raise FieldError(f"{path}.text", f"is {_kind(text)}, not text")


def _kind(value: Any) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"
