"""A row as a task: its tests, its text, and the solutions that came with it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.aws.fields import FieldError, FieldMissingError
from grader.aws.messages import USER_ROLES, last_turn
from grader.aws.references import find_reference
from grader.dataset.columns import id_of, solutions_of, starter_of, text_of, turns_of
from grader.errors import InputError
from testcases.address import is_address
from testcases.errors import InvalidFieldError, ProblemError, UnknownShapeError
from testcases.formats import SHAPES, read_reference

if TYPE_CHECKING:
    from grader.dataset.source import Row
    from testcases.problem import Problem

__all__ = ["RowError", "Task", "check_format", "read_task"]


class RowError(Exception):
    """A row that cannot be made into a task. Its text is one line, to be put after the row's place."""


@dataclass(frozen=True, slots=True)
class Task:
    """One row, read."""

    id: str
    """The row's own, or made up from its number."""
    row: Mapping[str, Any]
    """As it came."""
    starter: str
    """Code the answer is to start from; empty when there is none."""
    reference: Any
    """What says what is right: a part of the row, or the whole row."""
    is_row: bool
    """Whether the reference is the whole row."""
    problem: Problem
    turns: tuple[Mapping[str, Any], ...]
    """The conversation the row holds, without answers; empty when it holds none."""
    prompt: str
    """The task as text: the last user turn, or what the row has in the place of one."""
    solutions: tuple[str, ...]
    """Solutions that came with the row: code, or text with code in it."""


def check_format(name: str | None) -> None:
    """See that there is a format of this name.

    Raises:
        InputError: there is none; suggests one.
    """
    if name is None or name in SHAPES:
        return
    near = difflib.get_close_matches(name, SHAPES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the formats are {', '.join(SHAPES)}"
    raise InputError(f"there is no format {name[:40]!a}; {hint}")


def read_task(row: Row, format_name: str | None = None) -> Task:
    """Make a task of a row.

    The reference is where a trainer's row has one (see `grader.aws.references`), else the row itself.

    Args:
        row: the row.
        format_name: name of its format; ``None`` takes the only one it fits.

    Raises:
        RowError: it cannot be read.
    """
    if row.complaint:
        raise RowError(row.complaint)
    columns = _flat(row.document)
    turns = turns_of(columns)
    prompt = _last_user_text(turns) or text_of(columns)
    reference, is_row, problem = _read(row.document, columns, prompt, format_name)
    inner = reference if isinstance(reference, Mapping) and not is_row else {}
    solutions = [*solutions_of(columns, problem.entry_point), *solutions_of(inner, problem.entry_point)]
    return Task(
        id=id_of(columns) or f"row-{row.number}",
        row=row.document,
        starter=starter_of(columns),
        reference=reference,
        is_row=is_row,
        problem=problem,
        turns=tuple(turns),
        prompt=prompt,
        solutions=tuple(dict.fromkeys(solutions)),
    )


def _flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a row, and those of the data set's row that a grader's item holds."""
    item = row.get("item")
    return {**item, **row} if isinstance(item, Mapping) else row


def _read(
    row: Mapping[str, Any], columns: Mapping[str, Any], prompt: str, name: str | None
) -> tuple[Any, bool, Problem]:
    """The reference, whether it is the whole row, and the problem it says."""
    try:
        inner, field = find_reference(columns)
    except FieldMissingError:
        inner, field = None, ""
    except FieldError as error:
        raise RowError(f"{error.field}: {error.message}") from None
    if inner is None or (isinstance(inner, str) and not is_address(inner)):
        return row, True, _problem(row, prompt, name, "")
    try:
        return inner, False, _problem(inner, prompt, name, field)
    except RowError:
        # a row of a data set may have columns of a trainer's names, with something else in them
        try:
            return row, True, _problem(row, prompt, name, "")
        except RowError:
            pass
        raise


def _problem(reference: Any, prompt: str, name: str | None, field: str) -> Problem:
    try:
        return read_reference(reference, prompt=prompt, shape=name)
    except UnknownShapeError as error:
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
