"""Where the rows of data sets keep a task's name, its text, and the solutions that came with it.

Sources of the column names: the data set cards of HumanEval, MBPP, BigCodeBench, APPS, TACO, CodeContests,
LiveCodeBench, DeepCoder, SYNTHETIC-1, KodCode and rStar-Coder; verl's "Prepare Data"; NeMo Gym's
``responses_create_params``; AWS's "Prepare data" for reinforcement fine-tuning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from testcases.errors import InvalidFieldError
from testcases.python_source import defined_names, parse

__all__ = ["SOLUTION_COLUMNS", "code_of_solution", "id_of", "solutions_of", "starter_of", "text_of", "turns_of"]

_ID = ("id", "task_id", "question_id", "problem_id", "response_id", "name")
_TEXT = (
    "prompt",
    "instruct_prompt",
    "question_content",
    "question",
    "problem",
    "complete_prompt",
    "text",
    "description",
    "query",
    "instruction",
)
_STARTER = ("starter_code", "starter")
_CONTINUED = ("complete_prompt", "prompt", "code_prompt")
"""What a ``canonical_solution`` may be the continuation of."""
_CODE = ("code", "solution", "reference_solution", "gold_standard_solution", "canonical_solution")
_LISTS = ("solutions",)
SOLUTION_COLUMNS = frozenset((*_CODE, *_LISTS, "incorrect_solutions"))
"""Columns that hold solutions, and that no test needs unless its format says so."""
_CODECONTESTS_PYTHON3 = 3
"""Of the enumeration in the card of CodeContests; 1 is Python 2."""


def id_of(row: Mapping[str, Any]) -> str | None:
    """What the row calls its task; ``None`` when it does not."""
    for name in _ID:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
    extra = row.get("extra_info")
    inside = extra.get("id") if isinstance(extra, Mapping) else None
    return inside if isinstance(inside, str) and inside.strip() else None


def turns_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversation a row holds, without the answers at its end; empty when it holds none."""
    parameters = row.get("responses_create_params")
    given = parameters.get("input") if isinstance(parameters, Mapping) else None
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    for value in (row.get("messages"), row.get("prompt"), given):
        if not isinstance(value, Sequence) or isinstance(value, str):
            continue
        turns = [dict(turn) for turn in value if isinstance(turn, Mapping) and isinstance(turn.get("role"), str)]
        while turns and turns[-1]["role"] not in {"user", "system", "developer"}:
            turns.pop()
        if turns:
            return turns
    return []


def text_of(row: Mapping[str, Any]) -> str:
    """The task as text, prose or code; empty when there is none."""
    return _first_text(row, _TEXT)


def starter_of(row: Mapping[str, Any]) -> str:
    """Code the answer is to start from; empty when there is none."""
    return _first_text(row, _STARTER)


def solutions_of(row: Mapping[str, Any], entry_point: str | None) -> list[str]:
    """The Python solutions that came with a row: code, or text with code in it; in their order.

    Args:
        row: a row, or a reference.
        entry_point: name that a solution defines, which tells whole solutions from continuations of the prompt.
    """
    found = [row[name] for name in _CODE if isinstance(row.get(name), str)]
    for name in _LISTS:
        found += _listed(row.get(name))
    starts = [text for name in _CONTINUED if isinstance(text := row.get(name), str) and text]
    texts = [code_of_solution(text, starts, entry_point) for text in found if text.strip()]
    return list(dict.fromkeys(texts))


def code_of_solution(text: str, starts: Sequence[str], entry_point: str | None) -> str:
    """A solution as a whole: itself, or after the first of the prompts with which it is one."""
    if _is_whole(text, entry_point):
        return text
    return next((start + text for start in starts if _is_whole(start + text, entry_point)), text)


def _is_whole(source: str, entry_point: str | None) -> bool:
    try:
        tree = parse(source, "solution")
    except InvalidFieldError:
        return False
    return entry_point is None or entry_point.partition(".")[0] in defined_names(tree)


def _listed(value: Any) -> list[str]:
    """Solutions of a list, JSON text of one, or the parallel lists of CodeContests."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    if isinstance(value, Mapping):
        languages, sources = value.get("language"), value.get("solution")
        if not isinstance(languages, Sequence) or not isinstance(sources, Sequence):
            return []
        pairs = zip(languages, sources, strict=False)
        value = [source for language, source in pairs if language in (_CODECONTESTS_PYTHON3, "PYTHON3")]
    return [item for item in value if isinstance(item, str)] if isinstance(value, Sequence) else []


def _first_text(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((value for name in names if isinstance(value := row.get(name), str) and value.strip()), "")
