"""A text as fenced blocks and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.extraction.columns import indentation, without_columns
from grader.extraction.fences import FenceScanner, LineKind
from grader.extraction.languages import Language, language_of

if TYPE_CHECKING:
    from grader.extraction.fences import Fence

__all__ = ["Block", "Document", "read_document"]


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced code block."""

    content: str
    """Its lines, each with a line end, without the indentation of the fence."""
    language: Language
    unclosed: bool
    """It reaches the end of the text without a closing fence."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text as blocks and what lies between them."""

    blocks: tuple[Block, ...]
    gaps: tuple[str, ...]
    """Text outside the blocks; ``gaps[i]`` stands before ``blocks[i]``, and the last one after all blocks."""


def read_document(text: str) -> Document:
    r"""Split a text, whose line ends are ``\n``, into its fenced blocks and what lies between them."""
    scanner = FenceScanner()
    blocks: list[Block] = []
    gaps: list[str] = []
    lines: list[str] = []
    fence: Fence | None = None

    def end_block(*, unclosed: bool) -> None:
        assert fence is not None
        blocks.append(Block(_joined(_content(lines, fence)), language_of(fence.info), unclosed))
        lines.clear()

    source = text.split("\n")
    if not source[-1]:
        source.pop()
    for line in source:
        kind, content = scanner.feed(line)
        if kind is LineKind.LEAVING:
            end_block(unclosed=False)
            kind, content = scanner.feed(line)
        if kind is LineKind.OPENING:
            gaps.append(_joined(lines))
            lines.clear()
            fence = scanner.fence
        elif kind is LineKind.CLOSING:
            end_block(unclosed=False)
        else:
            lines.append(content)
    if scanner.inside:
        end_block(unclosed=True)
    gaps.append(_joined(lines))
    return Document(tuple(blocks), tuple(gaps))


def _content(lines: list[str], fence: Fence) -> list[str]:
    if not fence.column:
        return lines
    if fence.base and any(indentation(line, 0, 0)[0] < fence.base for line in lines if line.strip()):
        return lines
    return [without_columns(line, fence.column) for line in lines]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""
