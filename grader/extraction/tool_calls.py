"""Find the code in calls of tools as JSON, as models write them that have learned to call an interpreter.

Sources: the templates of Qwen and Hermes (``<tool_call>``), Llama 3.1 (a message that is one call), Mistral
(``[TOOL_CALLS]``). The text is sliced. Nothing of it is parsed but the escapes of one string.
"""

from __future__ import annotations

import json
import re
from typing import Final

__all__ = ["unfold_tool_calls"]

# No group with alternatives is possessive: CPython before 3.11.5 matches such groups wrongly (python/cpython#106052).
_STRING: Final = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_PAIR: Final = r'"[^"\\]*+"\s*+:\s*+(?:"[^"\\]*+"|[\w.+-]++)'
_CODE: Final = (
    rf'\{{\s*+(?:(?!"code")(?:{_PAIR})\s*+,\s*+)*"code"\s*+:\s*+{_STRING}(?:\s*+,\s*+(?!"code"){_PAIR})*\s*+\}}'
)
_NAME: Final = r'"name"\s*+:\s*+"[\w.:-]{1,60}+"'
_KEY: Final = r'"(?:arguments|parameters)"\s*+:\s*+'
_OPENING: Final = (
    r"(?:<tool_call>|<\|tool_call\|>|<function_call>|<\|tool_call_start\|>|<\|python_tag\|>|\[TOOL_CALLS\]\s*+\[?+)"
)
_CLOSING: Final = r"(?:\]|</tool_call>|<\|/tool_call\|>|</function_call>|<\|tool_call_end\|>)"
_TYPE: Final = r'(?:"type"\s*+:\s*+"function"\s*+,\s*+)?'
_CALL: Final = (
    rf"\{{\s*+{_TYPE}(?:{_NAME}\s*+,\s*+{_KEY}(?:{_CODE}|{_STRING})"
    rf"|{_KEY}(?:{_CODE}|{_STRING})\s*+,\s*+{_NAME})\s*+\}}"
)
_TAGGED: Final = re.compile(rf"^[ \t]*+{_OPENING}\s*+{_CALL}[ \t]*+(?:\s*+{_CLOSING})?", re.MULTILINE | re.DOTALL)
_WHOLE: Final = re.compile(rf"\s*+{_CALL}\s*+\Z", re.DOTALL)
_ARGUMENTS: Final = re.compile(rf"\s*+{_CODE}\s*+\Z", re.DOTALL)
_TILDES: Final = re.compile("~{3,}+")


def unfold_tool_calls(text: str) -> str:
    """Return the text with each call of a tool that has code replaced by that code, in a fenced block.

    A call counts behind a tag at the start of a line. Without one, it must be the whole text.
    """
    if '"code' not in text and '\\"code' not in text:
        return text
    whole = _WHOLE.match(text)
    return _as_block(whole) if whole is not None else _TAGGED.sub(_as_block, text)


def _as_block(call: re.Match[str]) -> str:
    name_first, quoted, key_first, quoted_first = call.groups()
    code = _decoded(name_first if name_first is not None else key_first)
    if code is None:
        arguments = _decoded(quoted if quoted is not None else quoted_first)  # JSON in a string, as OpenAI sends it
        inner = None if arguments is None else _ARGUMENTS.match(arguments)
        code = None if inner is None else _decoded(inner[1])
    if code is None:
        return call[0]
    fence = "~" * (1 + max([2, *(len(run) for run in _TILDES.findall(code))]))
    return f"\n{fence}python\n{code.rstrip()}\n{fence}\n"


def _decoded(string: str | None) -> str | None:
    """Return what a string of JSON means, which may have line ends as they are; ``None`` if it is none."""
    try:
        return None if string is None else str(json.loads(f'"{string}"', strict=False))
    except ValueError:
        return None
