"""Code that stands in the text without a fence around it."""

from __future__ import annotations

import re
from keyword import kwlist
from typing import Final

__all__ = ["code_in", "reads_as_prose", "until_prose"]

_NAMES: Final = r"[^\W\d]\w*+(?:\.\w++)*+(?:[ \t]*+,[ \t]*+[^\W\d]\w*+(?:\.\w++)*+)*+"
_CODE_START: Final = re.compile(
    rf"""^(?:
        (?:async[ \t]++)?def[ \t]++\w++[ \t]*+[(\[]
      | class[ \t]++\w++[ \t]*+[(\[:]
      | @[^\W\d][\w.]*+(?:\(|[ \t]*+$)
      | import[ \t]++[\w.]++[ \t]*+(?:$|[,;\#]|as[ \t])
      | from[ \t]++[\w.]++[ \t]++import[ \t]
      | {_NAMES}[ \t]*+(?:[-+*/%&|^]|//|\*\*|<<|>>)?=(?!=)
      | print\(
      | for[ \t]++{_NAMES}[ \t]++in[ \t]
      | (?:if|while|with)[ \t(][^\n]*:[ \t]*+$
      | try:[ \t]*+$
      | [^\W\d][\w.]*+\([^\n]*\)[ \t]*+$
    )""",
    re.MULTILINE | re.VERBOSE,
)
_NO_PROSE: Final = frozenset({*kwlist, "match", "case", "type"})
_OPERATORS: Final = frozenset({"and", "or", "in", "is", "not", "if", "else", "for", "as"})
_TWO_WORDS: Final = re.compile(r"([^\W\d][\w'’-]*+) ++([^\W\d][\w'’-]*+)")  # noqa: RUF001  # as prose is typed
_LIST_OR_BOLD: Final = re.compile(r"(?:[-*+•>]|[0-9]{1,9}[.)]|\#{2,6}) |\*\*|</?[a-z|]", re.IGNORECASE)
_SENTENCE_ENDS: Final = (".", ":", "!", "?")
_TRIPLE_QUOTE: Final = re.compile(r'"""|' + "'''")


def code_in(text: str) -> str | None:
    """Return the code from the first line on that starts some, up to where the text goes back to prose.

    A line starts code if it begins, without indentation, as a definition, an import, a decorator, an
    assignment, a ``print`` or a compound statement, or if it is one call.
    """
    match = _CODE_START.search(text)
    return until_prose(text[match.start() :]) if match else None


def until_prose(code: str) -> str:
    """Return the code up to its first line that reads as prose, without the blank lines at its end.

    Lines with indentation and lines inside triple quotes are code, whatever they read as.
    """
    quote = ""
    lines = code.split("\n")
    for number, line in enumerate(lines):
        if not quote and reads_as_prose(line):
            del lines[number:]
            break
        for match in _TRIPLE_QUOTE.finditer(line):
            if not quote:
                quote = match[0]
            elif quote == match[0]:
                quote = ""
    return "\n".join(lines).rstrip() + "\n"


def reads_as_prose(line: str) -> bool:
    """Tell whether a line can only be text between code.

    That is: a list item, a heading or a tag; two words beside each other of which neither is Python's; or a
    sentence from its capital letter to its full stop or colon.
    """
    if _LIST_OR_BOLD.match(line):
        return True
    words = _TWO_WORDS.match(line)
    if words and words[1] not in _NO_PROSE and words[2] not in _OPERATORS:
        return True
    return line[:1].isupper() and "=" not in line and line.rstrip().endswith(_SENTENCE_ENDS)
