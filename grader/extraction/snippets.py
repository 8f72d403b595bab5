"""The content of a block as Python code: without REPL prompts and the indentation it has as a whole."""

from __future__ import annotations

from grader.extraction.text import BYTE_ORDER_MARK, first_line, is_indented

__all__ = ["dedented", "without_prompts"]

_PROMPTS = (">>> ", "... ")
_BARE_PROMPTS = (">>>", "...")


def without_prompts(code: str) -> str:
    """Return what was typed in an interactive session, without its prompts and without what it printed.

    Code whose first line has no prompt is returned as it is, but for a byte order mark before it.
    """
    code = code.removeprefix(BYTE_ORDER_MARK)
    if not first_line(code).startswith(">>>"):
        return code
    typed = []
    for line in code.split("\n"):
        if line.startswith(_PROMPTS):
            typed.append(line[4:])
        elif line.rstrip() in _BARE_PROMPTS:
            typed.append("")
    return "\n".join(typed) + "\n"


def dedented(code: str) -> str:
    """Return the code without the first line's indentation, which is taken from every line that has it.

    Lines that have less are left alone: in code that is indented as a whole, these are text of a string.
    """
    if not is_indented(code):
        return code
    first = first_line(code)
    indentation = first[: len(first) - len(first.lstrip(" \t"))]
    return "\n".join(line.removeprefix(indentation) for line in code.split("\n"))
