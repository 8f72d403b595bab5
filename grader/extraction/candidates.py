"""Pieces of a text that may be the answer, and which of them it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.extraction.bare import code_in, reads_as_prose, until_prose
from grader.extraction.definitions import Claim, Target
from grader.extraction.languages import Language
from grader.extraction.snippets import dedented, without_prompts
from grader.extraction.text import first_line, is_indented

if TYPE_CHECKING:
    from grader.extraction.document import Block, Document

__all__ = ["Candidate", "Chooser"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One piece of code."""

    code: str
    """Dedented, unless it is a body to be put after the prompt."""
    claim: Claim
    language: Language
    unclosed: bool = False


class Chooser:
    """Judges pieces of code by what is asked for."""

    __slots__ = ("_by_name", "_prompt_has_stub", "_target")

    def __init__(self, entry_point: str | None, prompt: str) -> None:
        self._target = Target(entry_point)
        self._by_name = bool(entry_point)
        self._prompt_has_stub = bool(entry_point and prompt and self._target.claim(prompt))

    def candidates(self, document: Document) -> list[Candidate]:
        """Return the candidates of a text, in its order."""
        found: list[Candidate] = []
        for number, gap in enumerate(document.gaps):
            if number:
                block = document.blocks[number - 1]
                if (candidate := self._fenced(block)) is not None:
                    found.append(candidate)
            if (candidate := self._bare(gap, leading=not number)) is not None:
                found.append(candidate)
        return found

    def choice(self, candidates: list[Candidate]) -> int | None:
        """Return the place of the answer: the best claim, then the best language, then the last one.

        A block in another language is a candidate only if it defines the entry point by name.
        """
        best: int | None = None
        for place, candidate in enumerate(candidates):
            if best is None or _worth(candidate) >= _worth(candidates[best]):
                best = place
        return best

    def _fenced(self, block: Block) -> Candidate | None:
        code = without_prompts(block.content)
        if not code or code.isspace():
            return None
        code, claim = self._judged(code)
        if block.language is Language.OTHER and not (self._by_name and claim >= Claim.METHOD):
            return None
        return Candidate(code, claim, block.language, block.unclosed)

    def _bare(self, gap: str, *, leading: bool) -> Candidate | None:
        code = code_in(gap)
        claim = self._target.claim(code) if code else Claim.NOTHING
        if leading and not claim and is_indented(gap) and not reads_as_prose(first_line(gap).lstrip()):
            code, claim = self._judged(until_prose(gap.lstrip("\n")))
        return Candidate(code, claim, Language.BARE) if code else None

    def _judged(self, code: str) -> tuple[str, Claim]:
        if not is_indented(code):
            return code, self._target.claim(code)
        flush = dedented(code)
        claim = self._target.claim(flush)
        if not claim and self._prompt_has_stub:
            return code, Claim.BODY
        return flush, claim


def _worth(candidate: Candidate) -> tuple[Claim, Language]:
    return candidate.claim, candidate.language
