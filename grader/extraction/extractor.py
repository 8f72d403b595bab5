"""Extract the code of a completion by one fixed rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from grader.extraction.candidates import CandidateSelector, CodeCandidate
from grader.extraction.definitions import Fit, required_helpers
from grader.extraction.lines import normalize
from grader.extraction.markdown import Language, parse_markdown
from grader.extraction.sections import solution_section, strip_reasoning

if TYPE_CHECKING:
    from grader.extraction.markdown import MarkdownDocument

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
_SOURCE_TEXTS: Final = {
    Language.PYTHON: "block tagged as Python",
    Language.UNTAGGED: "block without a tag",
    Language.OTHER: "block tagged as another language",
    Language.BARE: "code without a fence",
}
_FIT_TEXTS: Final = {
    Fit.DEFINITION: "which defines the entry point",
    Fit.METHOD: "which defines a method of that name",
    Fit.BODY: "a function's body, put after the prompt",
    Fit.NOTHING: "none defines the entry point",
}
_PROGRAM_FIT_TEXTS: Final = {Fit.DEFINITION: "which reads the input", Fit.NOTHING: "none reads the input"}


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
    prompt = normalize(prompt)
    if len(completion) > max_chars:
        detail = f"{len(completion)} characters, more than the limit of {max_chars}"
        return Extraction(None, ExtractionRule.TOO_LONG, 0, truncated=False, reasoning_dropped=False, detail=detail)
    visible, dropped = strip_reasoning(normalize(completion))
    chooser = CandidateSelector(entry_point, prompt)
    document, candidates, marked = _find_candidates(visible, chooser)
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
    answer, helpers = _assemble_answer(chosen, candidates[:place], prompt)
    return Extraction(
        answer,
        ExtractionRule.BODY_ONLY if chosen.fit is Fit.BODY else _RULES[chosen.language],
        len(document.blocks),
        truncated=chosen.unclosed,
        reasoning_dropped=dropped,
        detail=_describe(chosen, helpers, marked=marked, program=not entry_point),
    )


def _find_candidates(visible: str, chooser: CandidateSelector) -> tuple[MarkdownDocument, list[CodeCandidate], bool]:
    """Return the text to choose from, its candidates, and whether it is the marked solution."""
    section = solution_section(visible)
    if section is not None:
        document = parse_markdown(section)
        candidates = chooser.candidates(document)
        if candidates:
            return document, candidates, True
    document = parse_markdown(visible)
    return document, chooser.candidates(document), False


def _assemble_answer(chosen: CodeCandidate, earlier: list[CodeCandidate], prompt: str) -> tuple[str, int]:
    """Return the answer and how many helper blocks are in it."""
    if chosen.fit is Fit.BODY:
        return (prompt if prompt.endswith("\n") else prompt + "\n") + chosen.code, 0
    if chosen.language is Language.BARE:
        return chosen.code, 0
    blocks = [
        candidate.code for candidate in earlier if candidate.fit is Fit.NOTHING and candidate.language > Language.BARE
    ]
    helpers = required_helpers(chosen.code, blocks)
    return "\n\n".join([*(helper.rstrip("\n") + "\n" for helper in helpers), chosen.code]), len(helpers)


def _describe(chosen: CodeCandidate, helpers: int, *, marked: bool, program: bool) -> str:
    why = _PROGRAM_FIT_TEXTS if program else _FIT_TEXTS
    parts = [f"last {_SOURCE_TEXTS[chosen.language]}", why[chosen.fit]]
    if marked:
        parts.append("between solution markers")
    if chosen.unclosed:
        parts.append("never closed")
    if helpers:
        parts.append(f"{helpers} earlier block(s) put before it")
    return ", ".join(parts)
