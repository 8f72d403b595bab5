"""Probes of a task: answers that must pass its tests, and answers that must not."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.tools.datasets.prompts import fenced
from grader.types import Sample
from testcases.compare.credit import best_constant
from testcases.errors import InvalidFieldError
from testcases.source.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.datasets.tasks import Task

__all__ = ["UNSKILLED", "Trial", "TrialKind", "trials_of"]


_SHOWN_CHARS = 60
_OWN_ERROR = "class Refused(Exception):\n    pass\n\n\n"


class TrialKind(StrEnum):
    """What is tried."""

    SOLUTION = "solution"
    """A solution that came with the row; must pass every test."""
    RAISING = "raising"
    """What is asked for, and raises an exception of its own whatever it is asked."""
    STUB = "stub"
    """What is asked for, with nothing in it: a function that returns ``None``, a program that prints nothing."""
    CONSTANT = "constant"
    """What always returns or prints the value that most tests expect."""


UNSKILLED = (TrialKind.RAISING, TrialKind.STUB, TrialKind.CONSTANT)
"""What passes tests that need no skill."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One answer to try."""

    kind: TrialKind
    code: str
    """The code that is to run."""
    completion: str
    """The model's text that it is in."""
    label: str = ""
    """What to call it, beyond its kind."""

    def sample(self, task: Task) -> Sample:
        """The sample that puts it to the task."""
        return Sample(self.kind.value, self.completion, task.reference, prompt=task.prompt)


def trials_of(task: Task, *, solutions: int) -> list[Trial]:
    """What to try on a task.

    Args:
        task: the task.
        solutions: try at most so many of those that came with it.
    """
    found = [_solution(text, number) for number, text in enumerate(task.solutions[:solutions], 1)]
    return [*found, *_unskilled(task)]


def _solution(text: str, number: int) -> Trial:
    label = f"solution {number}"
    if _is_python(text):
        return Trial(TrialKind.SOLUTION, text, fenced(text), label)
    return Trial(TrialKind.SOLUTION, "", text, label)


def _unskilled(task: Task) -> Iterator[Trial]:
    name = task.problem.entry_point
    if name is None:
        yield _trial(TrialKind.RAISING, f"{_OWN_ERROR}raise Refused\n", "a program that raises")
        yield _trial(TrialKind.STUB, "pass\n", "a program that prints nothing")
    else:
        is_class = _is_class(task, name)
        raising = f"{name}.__init__" if is_class else name
        stub = f"class {name}:\n    pass\n" if is_class else _defining(name, "return None")
        yield _trial(TrialKind.RAISING, f"{_OWN_ERROR}{_defining(raising, 'raise Refused')}", "always raising")
        yield _trial(TrialKind.STUB, stub, f"an empty {name}")
    best = best_constant(task.problem)
    source = best.source if best is not None else None
    if best is None or source is None:
        return
    shown = source if len(source) <= _SHOWN_CHARS else source[:_SHOWN_CHARS] + "..."
    if best.is_output:
        yield _trial(TrialKind.CONSTANT, f"print({source}, end='')\n", f"printing {shown}")
    elif name is not None:
        yield _trial(TrialKind.CONSTANT, _defining(name, f"return {source}"), f"returning {shown}")


def _trial(kind: TrialKind, code: str, label: str) -> Trial:
    return Trial(kind, code, fenced(code), label)


def _defining(name: str, statement: str) -> str:
    """Python that defines a function of this name, or a class with a method of it, that consists of a statement."""
    root, _, method = name.partition(".")
    if not method:
        return f"def {root}(*args, **kwargs):\n    {statement}\n"
    return f"class {root}:\n    def {method}(self, *args, **kwargs):\n        {statement}\n"


def _is_class(task: Task, name: str) -> bool:
    """Whether what is asked for is a class, going by the code that came with the task."""
    return any(
        isinstance(statement, ast.ClassDef) and statement.name == name
        for source in (*task.solutions, task.problem.prompt)
        for statement in _statements(source)
    )


def _is_python(text: str) -> bool:
    """Whether a solution is code, and not text with code in it."""
    return "```" not in text or bool(_statements(text))


def _statements(source: str) -> list[ast.stmt]:
    try:
        return parse(source, "solution").body
    except InvalidFieldError:
        return []
