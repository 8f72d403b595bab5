"""Probes of a task: answers that must pass its tests, and answers that must not."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.tools.datasets.prompts import fenced
from grader.types import Sample
from testcases.compare.credit import best_baseline
from testcases.errors import InvalidFieldError
from testcases.source.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.datasets.tasks import Task

__all__ = ["UNSKILLED", "Probe", "ProbeKind", "make_probes"]


_SHOWN_CHARS = 60
_ERROR_CLASS_SOURCE = "class Refused(Exception):\n    pass\n\n\n"


class ProbeKind(StrEnum):
    """What is tried."""

    SOLUTION = "solution"
    """A solution that came with the row; must pass every test."""
    RAISING = "raising"
    """What is asked for, and raises an exception of its own whatever it is asked."""
    STUB = "stub"
    """What is asked for, with nothing in it: a function that returns ``None``, a program that prints nothing."""
    CONSTANT = "constant"
    """What always returns or prints the value that most tests expect."""


UNSKILLED = (ProbeKind.RAISING, ProbeKind.STUB, ProbeKind.CONSTANT)
"""What passes tests that need no skill."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer to try."""

    kind: ProbeKind
    code: str
    """The code that is to run."""
    completion: str
    """The model's text that it is in."""
    label: str = ""
    """What to call it, beyond its kind."""

    def sample(self, task: Task) -> Sample:
        """The sample that puts it to the task."""
        return Sample(self.kind.value, self.completion, task.reference, prompt=task.prompt)


def make_probes(task: Task, *, solutions: int) -> list[Probe]:
    """What to try on a task.

    Args:
        task: the task.
        solutions: try at most so many of those that came with it.
    """
    found = [_solution_probe(text, number) for number, text in enumerate(task.solutions[:solutions], 1)]
    return [*found, *_unskilled_probes(task)]


def _solution_probe(text: str, number: int) -> Probe:
    label = f"solution {number}"
    if _is_python(text):
        return Probe(ProbeKind.SOLUTION, text, fenced(text), label)
    return Probe(ProbeKind.SOLUTION, "", text, label)


def _unskilled_probes(task: Task) -> Iterator[Probe]:
    name = task.problem.entry_point
    if name is None:
        yield _probe(ProbeKind.RAISING, f"{_ERROR_CLASS_SOURCE}raise Refused\n", "a program that raises")
        yield _probe(ProbeKind.STUB, "pass\n", "a program that prints nothing")
    else:
        is_class = _is_class(task, name)
        raising = f"{name}.__init__" if is_class else name
        stub = f"class {name}:\n    pass\n" if is_class else _definition_source(name, "return None")
        yield _probe(
            ProbeKind.RAISING, f"{_ERROR_CLASS_SOURCE}{_definition_source(raising, 'raise Refused')}", "always raising"
        )
        yield _probe(ProbeKind.STUB, stub, f"an empty {name}")
    best = best_baseline(task.problem)
    source = best.source if best is not None else None
    if best is None or source is None:
        return
    shown = source if len(source) <= _SHOWN_CHARS else source[:_SHOWN_CHARS] + "..."
    if best.is_output:
        yield _probe(ProbeKind.CONSTANT, f"print({source}, end='')\n", f"printing {shown}")
    elif name is not None:
        yield _probe(ProbeKind.CONSTANT, _definition_source(name, f"return {source}"), f"returning {shown}")


def _probe(kind: ProbeKind, code: str, label: str) -> Probe:
    return Probe(kind, code, fenced(code), label)


def _definition_source(name: str, statement: str) -> str:
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
