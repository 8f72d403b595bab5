"""Fit the body of a function to the stub at the end of a prompt: its indentation may be lost, or be another one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grader.extraction.lines import TAB_WIDTH, measure_indent
from grader.extraction.quotes import TripleQuotes

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BodyIndent", "find_body_indent", "fit_body"]

_STATEMENT: Final = re.compile(
    r"""(?:
        (?:return|yield|raise|assert|global|nonlocal|del|with|if|for|while|def|class|import|from|async|await|match)\b
      | (?:try|else):
      | (?:pass|return|break|continue)[ \t]*+$
      | [^\W\d][\w.]*+[ \t]*+(?:[-+*/%&|^]|//|\*\*|<<|>>)?=(?!=)
      | [^\W\d]\w*+(?:[ \t]*+,[ \t]*+[^\W\d]\w*+)++[ \t]*+=(?!=)
      | [^\W\d][\w.]*+[(\[]
      | @[^\W\d]
      | ["'#(\[]
    )""",
    re.VERBOSE,
)
_RESULT: Final = re.compile(r"(?:return|yield)\b")
_DEFINITION: Final = re.compile(r"(?:async[ \t]++)?(?:def|class)\b|@")
_NOT_BODY: Final = re.compile(r"(?:def|class|async|if[ \t]++__name__|print|assert|from|import)\b|@")


@dataclass(frozen=True, slots=True)
class BodyIndent:
    """Indentation of the body that a prompt asks for."""

    text: str
    is_known: bool
    """True if the prompt has a line of the body already, such as a docstring."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return measure_indent(self.text, 0, 0)[0]


def find_body_indent(prompt: str, definition_indent: str) -> BodyIndent:
    """Return the indentation of the body of the function that ends a prompt.

    Args:
        prompt: source that ends in the stub of a function.
        definition_indent: indentation of the line that defines the function.
    """
    last = next((line for line in reversed(prompt.rstrip().split("\n")) if line.strip()), "")
    indent = last[: len(last) - len(last.lstrip(" \t"))]
    if len(indent) > len(definition_indent):
        return BodyIndent(indent, is_known=True)
    return BodyIndent(definition_indent + " " * TAB_WIDTH, is_known=False)


def fit_body(code: str, indent: BodyIndent) -> str | None:
    """Return code with the indentation of a body; ``None`` if it does not read as one.

    - A body that is indented as a whole is moved to the indentation of the prompt, and has tabs only if that has.
    - A body whose first line has lost its indentation gets it back: the line below it is indented deeper than it could
      be otherwise.
    - A body that has lost all of its indentation is recognized by a ``return`` or ``yield`` outside of any function.
    """
    lines = code.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None
    if not indent.text.startswith("\t"):
        lines = [_expand_tabs(line) if line.startswith((" ", "\t")) else line for line in lines]
    is_code = _outside_strings(lines)
    widths = [
        measure_indent(line, 0, 0)[0] if line.strip() and plain else -1
        for line, plain in zip(lines, is_code, strict=True)
    ]
    if widths[first]:
        return _moved_body(lines, widths, widths[first], indent) if indent.is_known else "\n".join(lines)
    if _STATEMENT.match(lines[first]) is None:
        return None
    return _body_without_first_indent(lines, widths, first, indent) or _body_without_indent(lines, widths, indent)


def _moved_body(lines: list[str], widths: Sequence[int], width: int, indent: BodyIndent) -> str:
    """Move all lines that are indented at least so far to the indentation of the body."""
    by = indent.width - width
    if "\t" in indent.text or not by:
        return "\n".join(lines)
    return "\n".join(
        " " * (line_width + by) + line.lstrip(" ") if line_width >= width else line
        for line, line_width in zip(lines, widths, strict=True)
    )


def _body_without_first_indent(lines: list[str], widths: Sequence[int], first: int, indent: BodyIndent) -> str | None:
    end = _end_of_statement(lines, first)
    after = next((index for index in range(end + 1, len(lines)) if widths[index] == 0), len(lines))
    inner = [width for width in widths[end + 1 : after] if width > 0]
    if not inner:
        return None
    least = min(inner)
    if _code_of(lines[first]).endswith(":"):
        # Otherwise the lines are the block of the first one.
        if inner[0] == least and least <= indent.width:
            return None
        base = indent.width if least > indent.width and inner[0] == least else least
    else:
        base = least
    fitted = [*lines[:first], " " * base + lines[first], *lines[first + 1 :]]
    if "\t" in indent.text:
        fitted[first] = indent.text + lines[first]
    if not indent.is_known or base == indent.width:
        return "\n".join(fitted)
    return _moved_body(fitted, [*widths[:first], base, *widths[first + 1 :]], base, indent)


def _body_without_indent(lines: list[str], widths: Sequence[int], indent: BodyIndent) -> str | None:
    outer = [index for index, width in enumerate(widths) if width == 0]
    results = []
    in_definition = False
    for index, width in enumerate(widths):
        if width == 0:
            in_definition = _DEFINITION.match(lines[index]) is not None
        if width >= 0 and not in_definition and _RESULT.match(lines[index].lstrip()):
            results.append(index)
    if not results:
        return None
    # What follows the last result and stands by itself, such as another function, does not belong to the body.
    end = next((index for index in outer if index > results[-1] and _NOT_BODY.match(lines[index])), len(lines))
    return "\n".join(
        indent.text + line if index < end and widths[index] >= 0 else line for index, line in enumerate(lines)
    )


def _end_of_statement(lines: Sequence[str], first: int) -> int:
    """Return the last line of a statement: the next one that leaves no bracket open and has no backslash at its end."""
    opened = 0
    for index in range(first, len(lines)):
        code = _code_of(lines[index])
        opened += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if opened <= 0 and not code.endswith("\\"):
            return index
    return len(lines) - 1


def _code_of(line: str) -> str:
    return line.partition("#")[0].rstrip()


def _expand_tabs(line: str) -> str:
    width, at = measure_indent(line, 0, 0)
    return " " * width + line[at:]


def _outside_strings(lines: Sequence[str]) -> list[bool]:
    """Return for each line whether it begins outside of strings in triple quotes."""
    quotes = TripleQuotes()
    outside = []
    for line in lines:
        outside.append(not quotes.is_open)
        quotes.feed(line)
    return outside
