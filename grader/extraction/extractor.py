"""Extract the code of a completion by one fixed rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from grader.extraction.candidates import Candidate, Chooser
from grader.extraction.definitions import Claim, needed_helpers
from grader.extraction.lines import normalised
from grader.extraction.markdown import Language, read_document
from grader.extraction.sections import solution_section, without_reasoning

if TYPE_CHECKING:
    from grader.extraction.markdown import Document

__all__ = ["Extraction", "ExtractionRule", "extract"]


class ExtractionRule(StrEnum):
    """Where the answer was found."""

    TAGGED_FENCE = "tagged_fence"
    """In a fenced block tagged as Python."""
    UNTAGGED_FENCE = "untagged_fence"
    """In a fenced block without a tag."""
    OTHER_FENCE = "other_fence"
    """In a fenced block tagged as something else, which defines the entry point all the same."""
    BARE_CODE = "bare_code"
    """In the text itself, without a fence."""
    BODY_ONLY = "body_only"
    """A function's body, fenced or not, put after the prompt that ends in the function's stub."""
    NONE = "none"
    """There is no code."""
    TOO_LONG = "too_long"
    """The completion is longer than the limit and was not read."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The code that a completion answers with."""

    answer: str | None
    """``None`` when there is none. Sliced from the completion, never parsed; may hold any characters."""
    rule: ExtractionRule
    blocks: int
    """Fenced blocks in the text the answer was looked for in: the marked solution, or all but the reasoning.
    Empty ones count too."""
    truncated: bool
    """The answer is a block whose closing fence is missing: the completion was cut off, as a rule."""
    reasoning_dropped: bool
    """There was reasoning, which is no part of the answer."""
    detail: str
    """A line for people; holds nothing of the completion."""


_RULES: Final = {
    Language.PYTHON: ExtractionRule.TAGGED_FENCE,
    Language.UNTAGGED: ExtractionRule.UNTAGGED_FENCE,
    Language.OTHER: ExtractionRule.OTHER_FENCE,
    Language.BARE: ExtractionRule.BARE_CODE,
}
_WHERE: Final = {
    Language.PYTHON: "block tagged as Python",
    Language.UNTAGGED: "block without a tag",
    Language.OTHER: "block tagged as another language",
    Language.BARE: "code without a fence",
}
_WHY: Final = {
    Claim.DEFINITION: "which defines the entry point",
    Claim.METHOD: "which defines a method of that name",
    Claim.BODY: "a function's body, put after the prompt",
    Claim.NOTHING: "none defines the entry point",
}
_WHY_PROGRAM: Final = {Claim.DEFINITION: "which reads the input", Claim.NOTHING: "none reads the input"}


def extract(
    completion: str, *, entry_point: str | None = None, prompt: str = "", max_chars: int = 1_048_576
) -> Extraction:
    """Return the code in a completion.

    Takes time linear in the length of the text and never raises, whatever the text is.

    Args:
        completion: the model's whole text.
        entry_point: name the answer must define, ``Class.method`` for a method; ``None`` for a program.
        prompt: Python source that ends in the stub of the entry point, where the completion may be its body.
        max_chars: length above which a completion is not read.
    """
    prompt = normalised(prompt)
    if len(completion) > max_chars:
        detail = f"{len(completion)} characters, more than the limit of {max_chars}"
        return Extraction(None, ExtractionRule.TOO_LONG, 0, truncated=False, reasoning_dropped=False, detail=detail)
    visible, dropped = without_reasoning(normalised(completion))
    chooser = Chooser(entry_point, prompt)
    document, candidates, marked = _searched(visible, chooser)
    place = chooser.choice(candidates)
    if place is None:
        detail = "no code outside the reasoning" if dropped else "no code"
        return Extraction(
            None,
            ExtractionRule.NONE,
            len(document.blocks),
            truncated=False,
            reasoning_dropped=dropped,
            detail=detail,
        )
    chosen = candidates[place]
    answer, helpers = _answer(chosen, candidates[:place], prompt)
    return Extraction(
        answer,
        ExtractionRule.BODY_ONLY if chosen.claim is Claim.BODY else _RULES[chosen.language],
        len(document.blocks),
        truncated=chosen.unclosed,
        reasoning_dropped=dropped,
        detail=_detail(chosen, helpers, marked=marked, program=not entry_point),
    )


def _searched(visible: str, chooser: Chooser) -> tuple[Document, list[Candidate], bool]:
    """Return the text to choose from, its candidates, and whether it is the marked solution."""
    section = solution_section(visible)
    if section is not None:
        document = read_document(section)
        candidates = chooser.candidates(document)
        if candidates:
            return document, candidates, True
    document = read_document(visible)
    return document, chooser.candidates(document), False


def _answer(chosen: Candidate, earlier: list[Candidate], prompt: str) -> tuple[str, int]:
    """Return the answer and how many helper blocks are in it."""
    if chosen.claim is Claim.BODY:
        return (prompt if prompt.endswith("\n") else prompt + "\n") + chosen.code, 0
    if chosen.language is Language.BARE:
        return chosen.code, 0
    blocks = [
        candidate.code
        for candidate in earlier
        if candidate.claim is Claim.NOTHING and candidate.language > Language.BARE
    ]
    helpers = needed_helpers(chosen.code, blocks)
    return "\n\n".join([*(helper.rstrip("\n") + "\n" for helper in helpers), chosen.code]), len(helpers)


def _detail(chosen: Candidate, helpers: int, *, marked: bool, program: bool) -> str:
    why = _WHY_PROGRAM if program else _WHY
    parts = [f"last {_WHERE[chosen.language]}", why[chosen.claim]]
    if marked:
        parts.append("between solution markers")
    if chosen.unclosed:
        parts.append("never closed")
    if helpers:
        parts.append(f"{helpers} earlier block(s) put before it")
    return ", ".join(parts)
