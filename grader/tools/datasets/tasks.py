"""Read a row of a data set as a task: its tests, its text, and its solutions.

Sources of the column names: the data set cards of HumanEval, MBPP, BigCodeBench, APPS, TACO, CodeContests,
LiveCodeBench, DeepCoder, SYNTHETIC-1, KodCode and rStar-Coder; verl's "Prepare Data"; NeMo Gym's
``responses_create_params``; AWS's "Prepare data" for reinforcement fine-tuning.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.errors import FieldError, FieldMissingError, InputError
from grader.lambda_api.samples import USER_ROLES, last_turn
from grader.references.locate import find_reference, is_address, reject_address
from testcases.errors import InvalidFieldError, ProblemError, UnknownFormatError
from testcases.formats import FORMAT_NAMES, read_reference
from testcases.formats.cruxeval import call_text
from testcases.source.parsing import defined_names, parse

if TYPE_CHECKING:
    from grader.tools.files.rows import Row
    from testcases.model import Problem

__all__ = [
    "SOLUTION_COLUMNS",
    "RowError",
    "Task",
    "check_format",
    "conversation",
    "find_solutions",
    "read_task",
    "starter_code",
    "task_id",
    "task_text",
    "whole_solution",
]


_ID_COLUMNS = ("id", "task_id", "question_id", "problem_id", "response_id", "name")
_TEXT_COLUMNS = (
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
    "new_problem",
    "skeleton",
    "content",
    "input",
)
_STARTER_COLUMNS = ("starter_code", "starter")
_PROMPT_COLUMNS = ("complete_prompt", "prompt", "code_prompt")
"""Columns that a ``canonical_solution`` may continue."""
_SOLUTION_COLUMNS = (
    "code",
    "solution",
    "reference_solution",
    "gold_standard_solution",
    "canonical_solution",
    "solution_code",
    "ground_truth_solution",
    "new_solution",
    "completion",
)
_SOLUTION_LIST_COLUMNS = ("solutions",)
SOLUTION_COLUMNS = frozenset((*_SOLUTION_COLUMNS, *_SOLUTION_LIST_COLUMNS, "incorrect_solutions"))
"""Columns that hold solutions, and that only some formats need for their tests."""
_CODECONTESTS_PYTHON3 = 3
"""Python 3 in the enumeration of the card of CodeContests; 1 is Python 2."""


def task_id(row: Mapping[str, Any]) -> str | None:
    """Return the id of a row's task; ``None`` when it has none."""
    for name in _ID_COLUMNS:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
    extra = row.get("extra_info")
    extra_id = extra.get("id") if isinstance(extra, Mapping) else None
    return extra_id if isinstance(extra_id, str) and extra_id.strip() else None


def conversation(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the conversation of a row, without the answers at its end; empty when it has none."""
    parameters = row.get("responses_create_params")
    given = parameters.get("input") if isinstance(parameters, Mapping) else None
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    for value in (row.get("messages"), row.get("prompt"), given):
        if not isinstance(value, Sequence) or isinstance(value, str):
            continue
        turns = [dict(turn) for turn in value if isinstance(turn, Mapping) and isinstance(turn.get("role"), str)]
        # Rows for supervised training end with the answer, which must not be in the prompt.
        while turns and turns[-1]["role"] not in {"user", "system", "developer"}:
            turns.pop()
        if turns:
            return turns
    return []


def task_text(row: Mapping[str, Any]) -> str:
    """Return the task as text, prose or code; empty when there is none."""
    return _first_text(row, _TEXT_COLUMNS)


def starter_code(row: Mapping[str, Any]) -> str:
    """Return the code that the answer must start from; empty when there is none."""
    return _first_text(row, _STARTER_COLUMNS)


def find_solutions(row: Mapping[str, Any], entry_point: str | None) -> list[str]:
    """Return the Python solutions of a row, in their order: code, or text with code in it.

    Args:
        row: a row, or a reference.
        entry_point: name that a whole solution defines, unlike a continuation of the prompt.
    """
    candidates = [row[name] for name in _SOLUTION_COLUMNS if isinstance(row.get(name), str)]
    for name in _SOLUTION_LIST_COLUMNS:
        candidates += _solutions_in_list(row.get(name))
    starts = [text for name in _PROMPT_COLUMNS if isinstance(text := row.get(name), str) and text]
    texts = [whole_solution(text, starts, entry_point) for text in candidates if text.strip()]
    return list(dict.fromkeys(texts))


def whole_solution(text: str, starts: Sequence[str], entry_point: str | None) -> str:
    """Return a solution as a whole: itself, or after the first of the prompts that it continues."""
    # HumanEval's canonical_solution is the body alone, while other sets of that column name hold whole functions.
    if _is_whole(text, entry_point):
        return text
    return next((start + text for start in starts if _is_whole(start + text, entry_point)), text)


def _is_whole(source: str, entry_point: str | None) -> bool:
    try:
        tree = parse(source, "solution")
    except InvalidFieldError:
        return False
    return entry_point is None or entry_point.partition(".")[0] in defined_names(tree)


def _solutions_in_list(value: Any) -> list[str]:
    """Return the solutions in a list, in JSON text of one, or in the parallel lists of CodeContests."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    if isinstance(value, Mapping):
        languages, sources = value.get("language"), value.get("solution")
        if not isinstance(languages, Sequence) or not isinstance(sources, Sequence):
            return []
        # Not strict: a row with one list too short is still of use.
        pairs = zip(languages, sources, strict=False)
        value = [source for language, source in pairs if language in (_CODECONTESTS_PYTHON3, "PYTHON3")]
    return [item for item in value if isinstance(item, str)] if isinstance(value, Sequence) else []


def _first_text(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((value for name in names if isinstance(value := row.get(name), str) and value.strip()), "")


class RowError(Exception):
    """A row that cannot be read as a task. Its text is one line, to be put after the row's place."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task: one row of a data set."""

    id: str
    """Id of the row, or one made from its number."""
    row: Mapping[str, Any]
    """The row, unchanged."""
    starter: str
    """Code that the answer must start from; empty when there is none."""
    reference: Any
    """Part of the row that holds the tests, or the whole row."""
    is_row: bool
    """True if the reference is the whole row."""
    problem: Problem
    turns: tuple[Mapping[str, Any], ...]
    """Conversation of the row, without answers; empty when it has none."""
    prompt: str
    """The task as text: the last user turn, or the column that stands for it."""
    solutions: tuple[str, ...]
    """Solutions of the row: code, or text with code in it."""


def check_format(name: str | None) -> None:
    """Check the name of a format.

    Raises:
        InputError: there is no such format; suggests one.
    """
    if name is None or name in FORMAT_NAMES:
        return
    near = difflib.get_close_matches(name, FORMAT_NAMES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the formats are {', '.join(FORMAT_NAMES)}"
    raise InputError(f"there is no format {name[:40]!a}; {hint}")


def read_task(row: Row, format_name: str | None = None) -> Task:
    """Read a row as a task.

    The reference is the one of a trainer's row (see `grader.references.locate`), else the row itself.

    Args:
        row: the row.
        format_name: name of its format; ``None`` takes the only one it fits.

    Raises:
        RowError: it cannot be read.
    """
    if row.complaint:
        raise RowError(row.complaint)
    # A grader's item has the data set's row inside of it.
    columns = _flat_columns(row.document)
    turns = conversation(columns)
    prompt = _last_user_text(turns) or task_text(columns)
    reference, is_row, problem = _read_problem(row.document, columns, prompt, format_name)
    inner = reference if isinstance(reference, Mapping) and not is_row else {}
    if problem.answer == "literal":
        return _prediction_task(row, reference, problem, turns=turns, is_row=is_row)
    # In both: a trainer's row may carry the data set's columns beside the reference, or inside of it.
    solutions = [*find_solutions(columns, problem.entry_point), *find_solutions(inner, problem.entry_point)]
    return Task(
        id=task_id(columns) or f"row-{row.number}",
        row=row.document,
        starter=starter_code(columns),
        reference=reference,
        is_row=is_row,
        problem=problem,
        turns=tuple(turns),
        prompt=prompt,
        solutions=tuple(dict.fromkeys(solutions)),
    )


def _prediction_task(row: Row, reference: Any, problem: Problem, *, turns: list[dict[str, Any]], is_row: bool) -> Task:
    """Return the task of a row that asks for the output of a program: its solution is the value."""
    columns = {**row.document, **(reference if isinstance(reference, Mapping) else {})}
    code, given, name = (columns.get(key) for key in ("code", "input", "function_name"))
    call, text = "", ""
    # A training row has the conversation in their place.
    if isinstance(code, str) and isinstance(given, str):
        call = call_text(code, given, name if isinstance(name, str) else None)
        text = f"{code.strip()}\nassert {call} == ??"
    return Task(
        id=task_id(_flat_columns(row.document)) or f"row-{row.number}",
        row=row.document,
        starter="",
        reference=reference,
        is_row=is_row,
        problem=problem,
        turns=tuple(turns),
        prompt=_last_user_text(turns) or text,
        solutions=(f"assert {call or 'f()'} == {columns['output']}",),
    )


def _flat_columns(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the columns of a row, and those of the data set's row in its column ``item``."""
    item = row.get("item")
    return {**item, **row} if isinstance(item, Mapping) else row


def _read_problem(
    row: Mapping[str, Any], columns: Mapping[str, Any], prompt: str, name: str | None
) -> tuple[Any, bool, Problem]:
    """Return the reference, True if it is the whole row, and its problem."""
    try:
        nested, field = find_reference(columns)
    except FieldMissingError:
        nested, field = None, ""
    except FieldError as error:
        raise RowError(f"{error.field}: {error.message}") from None
    # Plain text is not a reference but an expected output of another kind of task, which a trainer's row may have, too.
    if nested is None or (isinstance(nested, str) and not is_address(nested)):
        return row, True, _parse_problem(row, prompt, name, "")
    try:
        return nested, False, _parse_problem(nested, prompt, name, field)
    except RowError:
        # a row of a data set may have a column by the name of a trainer's, with something else in it
        try:
            return row, True, _parse_problem(row, prompt, name, "")
        except RowError:
            pass
        raise


def _parse_problem(reference: Any, prompt: str, name: str | None, field: str) -> Problem:
    try:
        return read_reference(reference, prompt=prompt, format_name=name, check=reject_address)
    except UnknownFormatError as error:
        raise RowError(f"{field or 'row'}: {error}") from None
    except InvalidFieldError as error:
        path = error.field if not field else f"{field}.{error.field}"
        raise RowError(f"{path}: {str(error).removeprefix(f'{error.field}: ')}") from None
    except ProblemError as error:
        raise RowError(f"{field or 'row'}: {error}") from None


def _last_user_text(turns: list[dict[str, Any]]) -> str:
    try:
        return last_turn(turns, USER_ROLES, "messages") or ""
    except FieldError:
        return ""
