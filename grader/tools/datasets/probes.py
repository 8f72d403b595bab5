"""Make the probes of a task: answers that must pass its tests, and answers that must not."""

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

__all__ = ["TRIVIAL_KINDS", "Probe", "ProbeKind", "is_class", "make_probes"]


_SHOWN_CHARS = 60
_EMPTIED_SOURCE = """\
def emptied(*values):
    for value in values:
        if hasattr(value, "clear"):
            value.clear()
    return values[0] if values else None


"""
_ERROR_CLASS_SOURCE = "class Refused(Exception):\n    pass\n\n\n"


class ProbeKind(StrEnum):
    """Kinds of answers that are run against the tests."""

    SOLUTION = "solution"
    """A solution of the row; must pass every test."""
    RAISING = "raising"
    """A function or program that always raises an exception of its own."""
    STUB = "stub"
    """A function that returns ``None``, an empty class, or a program that prints nothing."""
    CONSTANT = "constant"
    """A function or program that always returns or prints the value that most tests expect."""
    ECHO = "echo"
    """A function that returns its first argument, or a program that prints its input."""
    EMPTYING = "emptying"
    """A function that empties its arguments and returns the first: ``sort(x) == sorted(x)`` may hold for it."""


TRIVIAL_KINDS = (ProbeKind.RAISING, ProbeKind.STUB, ProbeKind.CONSTANT, ProbeKind.ECHO, ProbeKind.EMPTYING)
"""Kinds of trivial answers: the tests that one passes show nothing."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer to run against the tests."""

    kind: ProbeKind
    code: str
    """Code that is to run; empty where the solution is text with code in it."""
    completion: str
    """Completion that holds the code."""
    label: str = ""
    """Name of the probe, for people."""

    def sample(self, task: Task) -> Sample:
        """Return the sample that runs it against the tests of a task."""
        return Sample(self.kind.value, self.completion, task.reference, prompt=task.prompt)


def make_probes(task: Task, *, solutions: int) -> list[Probe]:
    """Return the probes of a task.

    Args:
        task: the task.
        solutions: maximum number of solutions of the row that are made probes.
    """
    if task.problem.answer == "literal":
        # A value is text with no code in it, and of the trivial answers only values can be right.
        values = [
            *(
                (ProbeKind.SOLUTION, text, f"solution {number}")
                for number, text in enumerate(task.solutions[:solutions], 1)
            ),
            (ProbeKind.RAISING, "assert 1 / 0 == 1 / 0", "an expression that raises"),
            (ProbeKind.STUB, "assert None == None", "None"),
        ]
        return [Probe(kind, "", fenced(text), label) for kind, text, label in values]
    probes = [_solution_probe(text, number) for number, text in enumerate(task.solutions[:solutions], 1)]
    return [*probes, *_trivial_probes(task)]


def _solution_probe(text: str, number: int) -> Probe:
    # Text with code in it goes to the grader as it is: finding the code is part of what is checked.
    label = f"solution {number}"
    if _is_python(text):
        return Probe(ProbeKind.SOLUTION, text, fenced(text), label)
    return Probe(ProbeKind.SOLUTION, "", text, label)


def _trivial_probes(task: Task) -> Iterator[Probe]:
    name = task.problem.entry_point
    if name is None:
        yield _probe(ProbeKind.RAISING, f"{_ERROR_CLASS_SOURCE}raise Refused\n", "a program that raises")
        yield _probe(ProbeKind.STUB, "pass\n", "a program that prints nothing")
        yield _probe(
            ProbeKind.ECHO, "import sys\n\nprint(sys.stdin.read(), end='')\n", "a program that prints its input"
        )
    else:
        # The entry point alone does not tell: tests call a class like a function.
        of_class = is_class(task, name)
        raising = f"{name}.__init__" if of_class else name
        stub = f"class {name}:\n    pass\n" if of_class else _definition_source(name, "return None")
        yield _probe(
            ProbeKind.RAISING, f"{_ERROR_CLASS_SOURCE}{_definition_source(raising, 'raise Refused')}", "always raising"
        )
        yield _probe(ProbeKind.STUB, stub, f"an empty {name}")
        if not of_class:
            echo = _definition_source(name, "return [*args, *kwargs.values(), None][0]")
            yield _probe(ProbeKind.ECHO, echo, "returning the first argument")
            emptying = _EMPTIED_SOURCE + _definition_source(name, "return emptied(*args, *kwargs.values())")
            yield _probe(ProbeKind.EMPTYING, emptying, "emptying its arguments")
    # The same baseline that the setting credit = above_constant subtracts.
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
    """Return Python that defines a function, or a class with a method, of one statement."""
    root, _, method = name.partition(".")
    if not method:
        return f"def {root}(*args, **kwargs):\n    {statement}\n"
    return f"class {root}:\n    def {method}(self, *args, **kwargs):\n        {statement}\n"


def is_class(task: Task, name: str) -> bool:
    """Return True if the code of the row defines the name as a class."""
    return any(
        isinstance(statement, ast.ClassDef) and statement.name == name
        for source in (*task.solutions, task.problem.prompt)
        for statement in _statements(source)
    )


def _is_python(text: str) -> bool:
    """Return True if a solution is code, and not text with code in it."""
    # Backticks may stand in a docstring, so code with them is parsed to find out.
    return "```" not in text or bool(_statements(text))


def _statements(source: str) -> list[ast.stmt]:
    try:
        return parse(source, "solution").body
    except InvalidFieldError:
        return []
