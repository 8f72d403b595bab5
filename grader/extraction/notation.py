r"""Remove from a block of code what people see beside Python, or take for it, and no version of Python accepts.

These are commands of notebooks (``!pip install numpy``, ``%timeit f(1)``), spaces that are no ASCII, and the numbers of
lines. Outside of strings and comments no program has them, so what is valid stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["to_plain_python"]

_SPACES: Final = "\u00a0\u2007\u202f\u3000"
_SUSPECT: Final = re.compile(rf"[{_SPACES}]|^[!%]", re.MULTILINE)
_MAGICS: Final = (
    "autoreload|bash|capture|cd|conda|config|env|load_ext|matplotlib|mkdir|pip|pwd|reload_ext|run|script|sh|sql|time"
    "|timeit|who|whos|writefile"
)
# Possessive quantifiers, as in `grader.extraction.candidates`, but for groups with alternatives, which CPython before
# 3.11.5 matches wrongly then (python/cpython#106052). A string in single quotes ends with its line.
_PARTS: Final = re.compile(
    rf"""
    (?P<kept>
        \#[^\n]*+
      | \"\"\"(?:[^\\"]++|\\.|"(?!""))*(?:\"\"\"|\Z)
      | '''(?:[^\\']++|\\.|'(?!''))*(?:'''|\Z)
      | "[^\\"\n]*+(?:\\.[^\\"\n]*+)*+"?
      | '[^\\'\n]*+(?:\\.[^\\'\n]*+)*+'?
      | \\\n.?
    )
  | (?P<opening>[(\[{{])
  | (?P<closing>[)\]}}])
  | (?P<spaces>[{_SPACES}]++)
  | (?P<command>^(?:!|%%?(?:{_MAGICS})(?!\w))[^\n]*+)
    """,
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_NUMBER: Final = re.compile(r"[ \t]*+([0-9]{1,5}+)(?:\t| ?\|(?: |$)|[.:)]?+ |[.:)]?+$)")


def to_plain_python(code: str) -> str:
    """Return the code without line numbers, commands of notebooks, and with plain spaces; most code is unchanged.

    - The numbers of lines go where every line has one, each greater by one than that before.
    - A command of a notebook, in a line of its own, leaves an empty line, outside of brackets.
    - Spaces that are no ASCII become plain ones outside of strings and comments.
    """
    code = _without_numbers(code)
    if _SUSPECT.search(code) is None:
        return code
    kept: list[str] = []
    at = depth = 0
    while (part := _PARTS.search(code, at)) is not None:
        kept.append(code[at : part.start()])
        at = part.end()
        match part.lastgroup:
            case "spaces":
                kept.append(" " * len(part[0]))
                continue
            case "command" if not depth:
                continue
            case "command":
                at = part.start() + 1  # it is an operator, and brackets may follow
            case "opening":
                depth += 1
            case "closing":
                depth = max(0, depth - 1)
        kept.append(code[part.start() : at])
    return "".join([*kept, code[at:]])


def _without_numbers(code: str) -> str:
    first = _NUMBER.match(code)
    if first is None or code[first.end() : first.end() + 1] in {"", "\n"}:
        return code
    lines = code.rstrip().split("\n")
    stripped = []
    for number, line in enumerate(lines, int(first[1])):
        match = _NUMBER.match(line)
        if match is None or int(match[1]) != number:
            return code
        stripped.append(line[match.end() :])
    return "\n".join(stripped) + "\n" if len(stripped) > 1 else code
