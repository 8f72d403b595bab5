"""Find the fenced code blocks of a text, line by line, as CommonMark does.

Sources: CommonMark 0.31.2, sections 2.1 (lines), 2.2 (tabs), 4.5 (fenced code blocks), 5.1 (block quotes),
5.2 (list items). Differences, all in favour of answers that people can read without trouble:

- HTML blocks (4.6) are not special: a ``<div>`` or ``<answer>`` line does not hide a fence after it.
- A byte order mark before a fence is skipped.
- A block inside a list item ends only at its closing fence, not at a line that is indented too little: models indent
  the fences and forget the code.
- Block quotes inside list items are recognized only up to three columns deep, and a tab after a quote's mark does not
  belong to the mark.
- Lazy continuation lines of a paragraph (5.1) end a list item as other lines do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final

from grader.extraction.lines import BYTE_ORDER_MARK, TAB_WIDTH, measure_indent, strip_columns
from grader.extraction.patches import apply_patch

__all__ = [
    "CodeBlock",
    "Fence",
    "FenceScanner",
    "Language",
    "LineKind",
    "MarkdownDocument",
    "is_language",
    "is_plain",
    "parse_language",
    "parse_markdown",
]


class Language(IntEnum):
    """Language of a piece of code by its fence; a greater one is preferred."""

    OTHER = 0
    """Tagged as another language: bash, json, text, cpp."""
    BARE = 1
    """Without a fence."""
    UNTAGGED = 2
    """In a fence without a tag."""
    PYTHON = 3
    """Tagged as Python."""


_PYTHON: Final = frozenset({
    "python", "py", "pythonrepl", "pycon", "ipython", "pypy", "pyi", "cpython", "pythoncode", "pythonsolution",
    "pythonprogram", "pysolution",
})  # fmt: skip
_NO_LANGUAGE: Final = frozenset(
    {"code", "solution", "answer", "program", "submission", "main", "snippet", "sourcecode"}
)
"""Tags that say of a block what it is for, and not what it is written in."""
_PLAIN: Final = frozenset({"text", "txt", "plain", "plaintext", "none", "raw"})
_LANGUAGES: Final = frozenset({
    "bash", "sh", "shell", "zsh", "console", "terminal", "powershell", "json", "jsonl", "yaml", "yml", "toml", "ini",
    "xml", "html", "css", "scss", "sql", "diff", "c", "cpp", "c++", "csharp", "c#", "cs", "java", "javascript", "js",
    "typescript", "ts", "jsx", "tsx", "rust", "rs", "go", "golang", "r", "ruby", "rb", "perl", "php", "kotlin", "swift",
    "scala", "haskell", "hs", "lua", "matlab", "julia", "latex", "tex", "math", "mermaid", "csv", "output", "input",
    "stdin", "stdout", "log", "makefile", "dockerfile", "http", "markdown", "md", "mdx", "rst", "cython", "numpy",
    "example", "pseudocode", "pseudo", "algorithm", "patch", "udiff",
})  # fmt: skip
_PATCHES: Final = frozenset({"diff", "patch", "udiff"})
_WORD: Final = re.compile(r"[\s{.]*+([^\s{},:;=()\[\]]*+)")
_NOT_LETTERS: Final = re.compile(r"[\d._-]++")


def parse_language(info: str) -> Language:
    """Return the language that an info string (CommonMark 4.5) names by its first word.

    Letter case, a version (``python3.11``, ``py-3``), Pandoc's braces (``{.python .numberLines}``) and text after
    the word (``python title="x"``, ``python{1,3}``, ``python:main.py``) are ignored. A file name counts by its suffix.
    Tags such as ``code`` and ``solution`` name no language.
    """
    word = _first_word(info)
    if not word:
        return Language.UNTAGGED if not info.strip() else Language.OTHER
    letters = _NOT_LETTERS.sub("", word)
    if letters in _PYTHON or word.endswith(".py"):
        return Language.PYTHON
    return Language.UNTAGGED if letters in _NO_LANGUAGE else Language.OTHER


def is_plain(info: str) -> bool:
    """Return whether an info string names plain text, as which models tag programs, too."""
    return _first_word(info) in _PLAIN


def is_language(info: str) -> bool:
    """Return whether an info string begins with a tag that is in use, so that the fence before it opens a block."""
    word = _first_word(info)
    return word in _LANGUAGES or word in _PLAIN or (bool(word) and parse_language(info) is not Language.OTHER)


def _first_word(info: str) -> str:
    match = _WORD.match(info)
    return match[1].lower() if match else ""


_MAX_INDENT: Final = 3  # 4.5: four columns make an indented code block
_MIN_FENCE: Final = 3
_LIST_MARKER: Final = re.compile(r"(?:[-+*]|[0-9]{1,9}[.)])(?=[ \t]|$)")  # 5.2
_QUOTE_MARKER: Final = re.compile(r" {0,3}> ?")  # 5.1
_CLOSING: Final = re.compile(r"([ \t]*+)(`++|~++)[ \t]*+$")
_SPECIAL_STARTS: Final = frozenset(f" \t>-+*0123456789`~{BYTE_ORDER_MARK}")


class LineKind(Enum):
    """Roles of a line with regard to fences."""

    TEXT = auto()
    OPENING = auto()
    CONTENT = auto()
    CLOSING = auto()
    LEAVING = auto()
    """Outside the block quote that contains an open block, and so its end; the line must be fed again."""


@dataclass(frozen=True, slots=True)
class Fence:
    """An opening fence."""

    character: str
    """Backtick or tilde."""
    length: int
    """Number of characters."""
    info: str
    """Text after the characters."""
    column: int
    """Indentation in columns."""
    base: int
    """Column where the content of the enclosing list item starts; 0 outside of lists."""
    quotes: int
    """Number of enclosing block quotes."""


class FenceScanner:
    """Finds fenced blocks line by line, in time linear in the length of the lines."""

    def __init__(self) -> None:
        self._fence: Fence | None = None
        self._items: list[int] = []
        """Columns where the contents of the open list items start."""
        self._quotes = 0

    @property
    def inside(self) -> bool:
        """True while a block is open."""
        return self._fence is not None

    @property
    def fence(self) -> Fence | None:
        """Opening fence of the open block."""
        return self._fence

    def reset(self) -> None:
        """Return to the state at the start of a text."""
        self._fence = None
        self._items.clear()
        self._quotes = 0

    def feed(self, line: str) -> tuple[LineKind, str]:
        """Read the next line, without its line end; return its role, and its text inside of the block quotes."""
        if self._fence is None:
            if not line:
                return LineKind.TEXT, line
            # Most lines of prose end here, without a regular expression.
            if line[0] not in _SPECIAL_STARTS:
                self._items.clear()
                return LineKind.TEXT, line
            self._fence = self._opening(line)
            return (LineKind.OPENING if self._fence else LineKind.TEXT), line
        fence = self._fence
        if fence.quotes:
            start, quotes = _quote_markers(line, fence.quotes)
            if quotes < fence.quotes:
                self.reset()
                return LineKind.LEAVING, line
            line = line[start:]
        if _closes(line, fence):
            self._fence = None
            return LineKind.CLOSING, line
        return LineKind.CONTENT, line

    def skip(self, line: str) -> None:
        """Read the next line, whatever its role."""
        if self.feed(line)[0] is LineKind.LEAVING:
            self.feed(line)

    def _opening(self, line: str) -> Fence | None:
        start, quotes = _quote_markers(line, len(line))
        if quotes != self._quotes:
            self._quotes = quotes
            self._items.clear()
        line = line[start:] if start else line
        column, at = measure_indent(line, 0, 0)
        while at < len(line):
            while self._items and self._items[-1] > column:
                self._items.pop()
            base = self._items[-1] if self._items else 0
            if column - base > _MAX_INDENT:
                return None
            marker = _LIST_MARKER.match(line, at)
            if marker is None:
                return _fence_at(line, at, column, base, quotes)
            marker_end = column + marker.end() - at
            column, at = measure_indent(line, marker.end(), marker_end)
            deep = column - marker_end > TAB_WIDTH  # 5.2 rule 2: the item starts with indented code
            self._items.append(marker_end + 1 if deep or at == len(line) else column)
        return None


# The fence characters stand in three more places, which must agree with this one: _CLOSING and _SPECIAL_STARTS above,
# and _BLANKS_BEFORE_FENCE in grader.extraction.sections.
def _fence_at(line: str, at: int, column: int, base: int, quotes: int) -> Fence | None:
    if line[at] == BYTE_ORDER_MARK:
        at += 1
    character = line[at : at + 1]
    if character not in {"`", "~"}:
        return None
    info = line[at:].lstrip(character)
    length = len(line) - at - len(info)
    # 4.5: a backtick in the info string makes it inline code.
    if length < _MIN_FENCE or (character == "`" and "`" in info):
        return None
    return Fence(character, length, info.strip(), column, base, quotes)


def _closes(line: str, fence: Fence) -> bool:
    # Most lines of a block fail the first test, which is the cheaper one. After both, the run of characters is one of
    # the fence's own character.
    if fence.character not in line or (match := _CLOSING.match(line)) is None:
        return False
    column = len(match[1]) if "\t" not in match[1] else measure_indent(line, 0, 0)[0]
    return len(match[2]) >= fence.length and column - fence.base <= _MAX_INDENT


def _quote_markers(line: str, max_count: int) -> tuple[int, int]:
    """Return the start of the text after up to ``max_count`` block quote markers, and the number of markers."""
    at = count = 0
    while count < max_count and (marker := _QUOTE_MARKER.match(line, at)):
        at = marker.end()
        count += 1
    return at, count


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One fenced code block."""

    content: str
    """Lines of the block, each with a line end, without the indentation of the fence."""
    language: Language
    unclosed: bool
    """True if the text ends before a closing fence."""
    is_plain: bool = False
    """True if it is tagged as plain text, or as a patch."""


@dataclass(frozen=True, slots=True)
class MarkdownDocument:
    """A text split into its fenced blocks and the gaps between them."""

    blocks: tuple[CodeBlock, ...]
    gaps: tuple[str, ...]
    """Text outside of the blocks; ``gaps[i]`` precedes ``blocks[i]``, and the last one follows all blocks."""


def parse_markdown(text: str) -> MarkdownDocument:
    r"""Split a text, whose line ends are ``\n``, into its fenced blocks and the gaps between them."""
    scanner = FenceScanner()
    blocks: list[CodeBlock] = []
    gaps: list[str] = []
    lines: list[str] = []
    fence: Fence | None = None

    def end_block(*, unclosed: bool) -> None:
        assert fence is not None
        content = _join_lines(_dedented_content(lines, fence))
        is_patch = _first_word(fence.info) in _PATCHES
        if is_patch:
            content = apply_patch(content)
        blocks.append(CodeBlock(content, parse_language(fence.info), unclosed, is_patch or is_plain(fence.info)))
        lines.clear()

    # Not splitlines: it also splits at characters such as U+2028, which may be inside a string of the code.
    source = text.split("\n")
    if not source[-1]:
        source.pop()
    for line in source:
        kind, content = scanner.feed(line)
        if kind is LineKind.LEAVING:
            end_block(unclosed=False)
            kind, content = scanner.feed(line)
        if kind is LineKind.OPENING:
            gaps.append(_join_lines(lines))
            lines.clear()
            fence = scanner.fence
        elif kind is LineKind.CLOSING:
            end_block(unclosed=False)
        else:
            lines.append(content)
    if scanner.inside:
        end_block(unclosed=True)
    gaps.append(_join_lines(lines))
    return MarkdownDocument(tuple(blocks), tuple(gaps))


def _dedented_content(lines: list[str], fence: Fence) -> list[str]:
    if not fence.column:
        return lines
    # Code that is indented less than its list item was not indented along with the fence.
    if fence.base and any(measure_indent(line, 0, 0)[0] < fence.base for line in lines if line.strip()):
        return lines
    return [strip_columns(line, fence.column) for line in lines]


def _join_lines(lines: list[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""
