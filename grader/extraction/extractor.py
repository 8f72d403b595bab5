"""Extract the code of a completion by fixed rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from grader.extraction.candidates import CandidateSelector, CodeCandidate
from grader.extraction.channels import final_message
from grader.extraction.definitions import Fit, required_helpers
from grader.extraction.fence_repair import repair_fences
from grader.extraction.lines import normalize
from grader.extraction.markdown import Language, parse_markdown
from grader.extraction.predictions import find_prediction, prediction_source
from grader.extraction.sections import solution_sections, strip_reasoning
from grader.extraction.tool_calls import unfold_tool_calls

__all__ = ["MAX_CHARS", "MAX_FENCES", "Extraction", "ExtractionRule", "extract", "extract_prediction"]


MAX_CHARS: Final = 262_144
"""Characters of a completion, unless the caller sets another limit: some 65,000 tokens."""
MAX_FENCES: Final = 4096
"""Fences of a completion, those inside of lines included. Nothing takes as long to read, for its length."""


class ExtractionRule(StrEnum):
    """Places where an answer is found."""

    TAGGED_FENCE = "tagged_fence"
    """In a fenced block tagged as Python."""
    UNTAGGED_FENCE = "untagged_fence"
    """In a fenced block without a tag."""
    OTHER_FENCE = "other_fence"
    """In a fenced block with another tag, which defines the entry point nevertheless."""
    BARE_CODE = "bare_code"
    """In the text, without a fence."""
    BODY_ONLY = "body_only"
    """A function's body, fenced or not; it continues the prompt, which ends in the function's stub."""
    NONE = "none"
    """No code was found."""
    TOO_LONG = "too_long"
    """The completion exceeds the limit of its length or of the number of its fences, and was not read."""
    # New rules go to the end: a metric has the index.
    SHIFTED_BODY = "shifted_body"
    """A function's body whose indentation was lost or is another one than that of the prompt, which it continues."""
    PREDICTION = "prediction"
    """A value, where the output of a program is to be predicted (`grader.extraction.predictions`)."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The result of an extraction."""

    answer: str | None
    """Code sliced from the completion; may contain any characters. ``None``: no code was found."""
    rule: ExtractionRule
    blocks: int
    """Number of fenced blocks, empty ones included, in the searched text: the solution, or all but the reasoning."""
    truncated: bool
    """True if the closing fence of the answer's block is missing, usually because the completion was cut off."""
    reasoning_dropped: bool
    """True if the completion has reasoning, which is not searched."""
    detail: str
    """Explanation in one line, without any text of the completion."""


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
    completion: str, *, entry_point: str | None = None, prompt: str = "", max_chars: int = MAX_CHARS
) -> Extraction:
    """Return the code in a completion.

    Never raises, and takes time linear in the length of the text: the text is written by a model that may have learned
    what is slow to read.

    Args:
        completion: the model's whole text.
        entry_point: name that the answer must define, ``Class.method`` for a method; ``None``: the answer is a program.
        prompt: Python source; if it ends in the stub of the entry point, the completion may be the body.
        max_chars: maximum length of a completion; a longer one is not read.
    """
    prompt = normalize(prompt)
    # Even linear time is too long for a completion that never ends.
    if refusal := _refuse_unread(completion, max_chars):
        return Extraction(None, ExtractionRule.TOO_LONG, 0, truncated=False, reasoning_dropped=False, detail=refusal)
    message, has_channels = final_message(normalize(completion))
    visible, dropped = strip_reasoning(message)
    dropped = dropped or has_channels
    visible = unfold_tool_calls(repair_fences(visible))
    selector = CandidateSelector(entry_point, prompt)
    blocks, candidates, marked = _find_candidates(visible, selector)
    index = selector.select(candidates)
    if index is None:
        detail = "no code outside the reasoning" if dropped else "no code"
        return Extraction(
            None,
            ExtractionRule.NONE,
            blocks,
            truncated=False,
            reasoning_dropped=dropped,
            detail=detail,
        )
    chosen = candidates[index]
    answer, helpers = _assemble_answer(chosen, candidates[:index], prompt)
    return Extraction(
        answer,
        _rule_of(chosen),
        blocks,
        truncated=chosen.unclosed,
        reasoning_dropped=dropped,
        detail=_describe(chosen, helpers, marked=marked, program=not entry_point),
    )


def extract_prediction(completion: str, name: str, *, max_chars: int = MAX_CHARS) -> Extraction:
    """Return the value that a completion predicts, as the source of a function that returns it.

    Args:
        completion: the model's whole text.
        name: name of the function.
        max_chars: maximum length of a completion; a longer one is not read.
    """
    refusal = _refuse_unread(completion, max_chars)
    value = None if refusal else find_prediction(completion)
    rule = ExtractionRule.TOO_LONG if refusal else ExtractionRule.NONE if value is None else ExtractionRule.PREDICTION
    return Extraction(
        None if value is None else prediction_source(name, value),
        rule,
        0,
        truncated=False,
        reasoning_dropped=False,
        detail=refusal or ("no value" if value is None else "a predicted value"),
    )


def _refuse_unread(completion: str, max_chars: int) -> str:
    """Return the reason why a completion is not read; empty if it is."""
    if len(completion) > max_chars:
        return f"{len(completion)} characters, more than the limit of {max_chars}"
    fences = sum(map(completion.count, ("```", "~~~")))
    return f"{fences} fences, more than the limit of {MAX_FENCES}" if fences > MAX_FENCES else ""


def _find_candidates(visible: str, selector: CandidateSelector) -> tuple[int, list[CodeCandidate], bool]:
    """Return the number of fenced blocks in the searched text, its candidates, and True if it is marked solutions."""
    # A solution section without code is a slip of the model (a summary, a number): then the whole text is searched.
    documents = [parse_markdown(section) for section in solution_sections(visible)]
    candidates = [candidate for document in documents for candidate in selector.candidates(document)]
    if candidates:
        return sum(len(document.blocks) for document in documents), candidates, True
    document = parse_markdown(visible)
    return len(document.blocks), selector.candidates(document), False


def _assemble_answer(chosen: CodeCandidate, earlier: list[CodeCandidate], prompt: str) -> tuple[str, int]:
    """Return the answer and the number of helper blocks in it."""
    if chosen.fit is Fit.BODY:
        return (prompt if prompt.endswith("\n") else prompt + "\n") + chosen.code, 0
    if chosen.language is Language.BARE:
        return chosen.code, 0
    # Blocks that define the entry point are earlier versions of the answer, not helpers.
    blocks = [
        candidate.code for candidate in earlier if candidate.fit is Fit.NOTHING and candidate.language > Language.BARE
    ]
    helpers = required_helpers(chosen.code, blocks)
    return "\n\n".join([*(helper.rstrip("\n") + "\n" for helper in helpers), chosen.code]), len(helpers)


def _rule_of(chosen: CodeCandidate) -> ExtractionRule:
    if chosen.fit is Fit.BODY:
        return ExtractionRule.SHIFTED_BODY if chosen.shifted else ExtractionRule.BODY_ONLY
    return _RULES[chosen.language]


def _describe(chosen: CodeCandidate, helpers: int, *, marked: bool, program: bool) -> str:
    fit_texts = _PROGRAM_FIT_TEXTS if program else _FIT_TEXTS
    parts = [f"last {_SOURCE_TEXTS[chosen.language]}", fit_texts[chosen.fit]]
    if marked:
        parts.append("between solution markers")
    if chosen.unclosed:
        parts.append("never closed")
    if helpers:
        parts.append(f"{helpers} earlier block(s) put before it")
    return ", ".join(parts)
