"""Collect the pieces of code in a text, fenced or bare, and select the answer among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from keyword import kwlist
from typing import TYPE_CHECKING, Final

from grader.extraction.bodies import find_body_indent, fit_body
from grader.extraction.definitions import EntryPointMatcher, Fit
from grader.extraction.lines import dedent, first_line, is_indented, strip_repl_prompts
from grader.extraction.markdown import Language
from grader.extraction.notation import to_plain_python
from grader.extraction.quotes import TripleQuotes

if TYPE_CHECKING:
    from grader.extraction.markdown import CodeBlock, MarkdownDocument

__all__ = ["CandidateSelector", "CodeCandidate", "cut_at_prose", "find_bare_code", "looks_like_prose"]


# Possessive quantifiers (*+, ++; since Python 3.11) give nothing back, so that the search stays linear on any text. A
# model would find the text on which backtracking explodes.
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
_SESSION: Final = re.compile(r"^>>> ", re.MULTILINE)
_CODE_WORDS: Final = frozenset({*kwlist, "match", "case", "type"})
_OPERATORS: Final = frozenset({"and", "or", "in", "is", "not", "if", "else", "for", "as"})
_TWO_WORDS: Final = re.compile(r"([^\W\d][\w'’-]*+) ++([^\W\d][\w'’-]*+)")  # noqa: RUF001  # as prose is typed
_LIST_OR_BOLD: Final = re.compile(r"(?:[-*+•>]|[0-9]{1,9}[.)]|\#{2,6}) |\*\*|</?[a-z|]", re.IGNORECASE)
_SENTENCE_ENDS: Final = (".", ":", "!", "?")


def find_bare_code(text: str) -> str | None:
    """Return the code from the first line that starts some to the line where prose resumes; ``None`` without code.

    A line starts code if it begins, without indentation, as a definition, an import, a decorator, an
    assignment, a ``print`` or a compound statement, or if it is one call.
    """
    # The first line that starts code, not the longest run: imports and helpers come before the definition.
    match = _CODE_START.search(text)
    return cut_at_prose(text[match.start() :]) if match else None


def cut_at_prose(code: str) -> str:
    """Return the code before its first line of prose, without blank lines at its end.

    Indented lines and lines inside triple quotes are always code.
    """
    quotes = TripleQuotes()
    lines = code.split("\n")
    for number, line in enumerate(lines):
        # A docstring reads as prose.
        if not quotes.is_open and looks_like_prose(line):
            del lines[number:]
            break
        quotes.feed(line)
    return "\n".join(lines).rstrip() + "\n"


def looks_like_prose(line: str) -> bool:
    """Return True if a line can only be prose.

    These are a list item, a heading, a tag or a REPL prompt; two adjacent words of which neither is a keyword of
    Python; and a sentence with a capital letter at its start and a full stop or colon at its end.
    """
    if _LIST_OR_BOLD.match(line) or line.startswith(">>> "):
        return True
    words = _TWO_WORDS.match(line)
    if words and words[1] not in _CODE_WORDS and words[2] not in _OPERATORS:
        return True
    return line[:1].isupper() and "=" not in line and line.rstrip().endswith(_SENTENCE_ENDS)


@dataclass(frozen=True, slots=True)
class CodeCandidate:
    """One piece of code."""

    code: str
    """Dedented, unless it is a body that continues the prompt."""
    fit: Fit
    language: Language
    unclosed: bool = False
    """True if the closing fence is missing."""
    shifted: bool = False
    """True if it is a body whose indentation was changed to that of the prompt."""


class CandidateSelector:
    """Selects the answer by the entry point that is asked for."""

    __slots__ = ("_body_indent", "_by_name", "_prompt_has_stub", "_target")

    def __init__(self, entry_point: str | None, prompt: str) -> None:
        self._target = EntryPointMatcher(entry_point)
        self._by_name = bool(entry_point)
        self._prompt_has_stub = bool(entry_point and prompt and self._target.fit(prompt))
        self._body_indent = find_body_indent(prompt, self._target.definition_indent(prompt))

    def candidates(self, document: MarkdownDocument) -> list[CodeCandidate]:
        """Return the candidates of a text, in its order."""
        candidates: list[CodeCandidate] = []
        for number, gap in enumerate(document.gaps):
            if number:
                block = document.blocks[number - 1]
                if (candidate := self._fenced(block)) is not None:
                    candidates.append(candidate)
            if (candidate := self._bare(gap, leading=not number)) is not None:
                candidates.append(candidate)
        return candidates

    def select(self, candidates: list[CodeCandidate]) -> int | None:
        """Return the index of the answer: the best fit, then the best language, then the last one."""
        best: int | None = None
        for index, candidate in enumerate(candidates):
            # Of equals the last one: models correct themselves, and put the final version at the end.
            if best is None or _rank(candidate) >= _rank(candidates[best]):
                best = index
        return best

    def _fenced(self, block: CodeBlock) -> CodeCandidate | None:
        code = strip_repl_prompts(to_plain_python(block.content))
        if not code or code.isspace():
            return None
        code, fit, shifted = self._with_fit(code)
        # Sample output, shell commands and data are tagged, too; only a definition of the entry point is evidence.
        if block.language is Language.OTHER and not (fit >= Fit.METHOD and (self._by_name or block.is_plain)):
            return None
        return CodeCandidate(code, fit, block.language, block.unclosed, shifted)

    def _bare(self, gap: str, *, leading: bool) -> CodeCandidate | None:
        code = find_bare_code(gap)
        fit = self._target.fit(code) if code else Fit.NOTHING
        shifted = False
        if not fit and (session := _SESSION.search(gap)) is not None:
            typed = strip_repl_prompts(gap[session.start() :])
            if typed_fit := self._target.fit(typed):
                return CodeCandidate(typed, typed_fit, Language.BARE)
        if leading and not fit and not looks_like_prose(first_line(gap).lstrip()):
            start = cut_at_prose(gap.lstrip("\n"))
            if is_indented(gap):
                code, fit, shifted = self._with_fit(start)
            elif (body := self._fit_body(start)) is not None:
                code, fit, shifted = body, Fit.BODY, True
        return CodeCandidate(code, fit, Language.BARE, shifted=shifted) if code else None

    def _with_fit(self, code: str) -> tuple[str, Fit, bool]:
        """Return the code dedented, or as a body of the prompt's function; its fit, and True if it was shifted so."""
        indented = is_indented(code)
        dedented = dedent(code) if indented else code
        fit = self._target.fit(dedented)
        if not fit and (body := self._fit_body(code)) is not None:
            return body, Fit.BODY, body != code
        return dedented, fit, False

    def _fit_body(self, code: str) -> str | None:
        return fit_body(code, self._body_indent) if self._prompt_has_stub else None


def _rank(candidate: CodeCandidate) -> tuple[Fit, Language]:
    return candidate.fit, candidate.language
