"""Write the reference of a training row: the row's own without needless columns, or the native format."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from grader.errors import FieldError
from grader.references.locate import find_reference, reject_address
from grader.text import json_line
from grader.tools.datasets.tasks import SOLUTION_COLUMNS, RowError
from testcases.errors import ProblemError
from testcases.formats import read_reference
from testcases.model import ASK_ORACLE, AssertTest, CallTest, CheckTest, Comparison, PytestTest, StdinTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.datasets.tasks import Task
    from testcases.model import Problem, Test

__all__ = ["ReferenceWriter", "to_native"]


_DEFAULT_COMPARISON = asdict(Comparison())
_INFINITY_MARK = "<an infinity of this row>"


def to_native(problem: Problem) -> dict[str, Any]:
    """Return a native reference of a problem.

    The native format cannot express every problem: read the reference again, and compare.
    """
    reference: dict[str, Any] = {
        "entry_point": problem.entry_point,
        "tests": [_test(test) for test in problem.tests],
        "prompt": problem.prompt,
        "setup": problem.setup,
        "oracle": problem.oracle,
        "limits": {name: value for name, value in asdict(problem.limits).items() if value is not None},
        "compare": _changed_options(problem.comparison),
        "allow_imports": list(problem.allow_imports),
        "needed_modules": list(problem.needed_modules),
        "isolation": problem.isolation if problem.isolation != "split" else "",
        "header": problem.header if problem.header != "none" else "",
    }
    return {name: value for name, value in reference.items() if value}


def _test(test: Test) -> dict[str, Any]:
    worth: dict[str, Any] = {} if test.weight == 1.0 else {"weight": test.weight}
    if test.group is not None:
        worth["group"] = test.group
    return _test_fields(test) | worth


def _test_fields(test: Test) -> dict[str, Any]:
    match test:
        case CallTest():
            call = {"function": test.function, "args": list(test.args), "kwargs": dict(test.kwargs)}
            given = {name: value for name, value in call.items() if value}
            return given | _expected("expected", test) | _comparison(test)
        case StdinTest():
            return {"stdin": test.stdin} | _expected("stdout", test) | _comparison(test)
        case AssertTest():
            return {"assert": test.source}
        case CheckTest():
            return {"check": test.source}
        case PytestTest():
            return {"pytest": test.source, "module": test.module}


def _expected(name: str, test: CallTest | StdinTest) -> dict[str, Any]:
    value = test.expected if isinstance(test, CallTest) else test.stdout
    if value is ASK_ORACLE:
        return {} if isinstance(test, CallTest) and test.args else {"args": []}
    return {"one_of": [value, *test.alternatives]} if test.alternatives else {name: value}


def _comparison(test: CallTest | StdinTest) -> dict[str, Any]:
    return {} if test.comparison is None else {"compare": _changed_options(test.comparison)}


def _changed_options(comparison: Comparison) -> dict[str, Any]:
    return {name: value for name, value in asdict(comparison).items() if value != _DEFAULT_COMPARISON[name]}


class ReferenceWriter:
    """Writes references, each of which is read again and must be the same problem.

    Args:
        native: True writes the native format where it can express the problem, instead of the row's own.
    """

    def __init__(self, *, native: bool = False) -> None:
        self._native = native
        self._needed: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        """Columns that were needed so far, by format and columns of the row."""

    def write(self, task: Task) -> Any:
        """Return the reference for a task.

        Raises:
            RowError: no way to write it is read as the same problem.
        """
        expected = _fingerprint(task.problem)
        for reference in self._attempts(task, expected):
            for written in (reference, _with_infinities(reference)):
                if written is not None and _reads_as(written, expected, task):
                    return written
        raise RowError("its tests hold values that cannot be written as JSON")

    def _attempts(self, task: Task, expected: str) -> Iterator[Any]:
        if self._native:
            yield to_native(task.problem)
        for original in self._originals(task, expected):
            yield original
            # Some rows fit several formats; the name of the format decides.
            if isinstance(original, Mapping):
                yield {**original, "format": task.problem.format_name}
        if not self._native:
            yield to_native(task.problem)

    def _originals(self, task: Task, expected: str) -> Iterator[Any]:
        if not task.is_row:
            yield task.reference
            return
        with contextlib.suppress(FieldError):  # a trainer's row that was read as a whole, as its format asks for
            yield find_reference(task.row)[0]
        yield from self._trimmed(task, expected)

    def _trimmed(self, task: Task, expected: str) -> Iterator[dict[str, Any]]:
        """Yield the row reduced to the columns that it needs, then with more of its columns, then whole."""
        row = {name: value for name, value in task.row.items() if value is not None}
        kind = (task.problem.format_name, frozenset(row))
        known = self._needed.get(kind)
        if known is not None:
            # Rows of a data set nearly always need the same columns. To find them, the row is read once per column.
            yield {name: value for name, value in row.items() if name in known}
        needed = dict(row)
        # Solutions first: they are the largest columns, and each later reading is faster without them.
        for name in sorted(row, key=lambda name: name not in SOLUTION_COLUMNS):
            without = {other: value for other, value in needed.items() if other != name}
            if _reads_as({**without, "format": task.problem.format_name}, expected, task):
                needed = without
        # Columns are only added: a later row may need one that the first row did not.
        self._needed[kind] = frozenset(needed) | (known or frozenset())
        yield needed
        yield {name: value for name, value in row.items() if name not in SOLUTION_COLUMNS}
        yield row


def _with_infinities(reference: Any) -> dict[str, str] | None:
    """Return a reference as JSON text in which infinities are numbers too large for a float; ``None`` if it has none.

    JSON has no infinity, but no limit on numbers either: readers of 64-bit floats take ``1e999`` for an infinity. As
    text, because trainers write rows again and again, and not all of them by way of such floats.
    """
    found: list[float] = []
    marked = _marked(reference, found)
    if not found:
        return None
    try:
        text = json.dumps(marked, allow_nan=False)
    except (TypeError, ValueError):
        return None
    if text.count(_INFINITY_MARK) != len(found):
        return None  # the row has such a text of its own
    return {"text": text.replace(f'"{_INFINITY_MARK}+"', "1e999").replace(f'"{_INFINITY_MARK}-"', "-1e999")}


def _marked(value: Any, found: list[float]) -> Any:
    """Return a copy of JSON values with a text in the place of each infinity, which is added to a list."""
    if isinstance(value, float) and math.isinf(value):
        found.append(value)
        return f"{_INFINITY_MARK}{'+' if value > 0 else '-'}"
    if isinstance(value, Mapping):
        return {key: _marked(item, found) for key, item in value.items()}
    return [_marked(item, found) for item in value] if isinstance(value, (list, tuple)) else value


def _reads_as(reference: Any, expected: str, task: Task) -> bool:
    """Return True if a reference is read as the expected problem, after it was written as JSON."""
    # without the prompt, because the training file renders it in another way
    try:
        again = read_reference(json.loads(json_line(reference)), prompt="", check=reject_address)
    except (ProblemError, TypeError, ValueError, RecursionError):
        return False
    return _fingerprint(again) == expected and task.problem.entry_point == again.entry_point


def _fingerprint(problem: Problem) -> str:
    """Return a text that is equal for problems that are graded alike.

    Unlike ``==``, it tells True from 1, and finds NaN equal to itself.

    Raises:
        RowError: a value has no text.
    """
    try:
        # By repr, which is exact for built-in types. The format is left out, since the native one is as good.
        return repr(replace(problem, format_name=""))
    except (ValueError, RecursionError):
        raise RowError("its tests hold an integer of too many digits, or values nested too deeply") from None
