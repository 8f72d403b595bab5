"""Every reference in the documents is attacked: wrong answers that a reader's own checker or test might let pass.

People copy these snippets. One that a wrong answer passes teaches a model to give that answer.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample
from testcases.errors import ProblemError
from testcases.formats import read_reference
from testcases.model import PREDICTION_NAME, CallTest, StdinTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.core.grader import Grader

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```(json|jsonl|python|py)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)

RIGHT = {
    "add": "def right(a, b=0):\n    return a + b\ndef neg(n):\n    return -n\n",
    "divisor": "def right(n):\n    return next(d for d in range(2, n + 1) if n % d == 0)\n",
    "circle_circumference": "import math\ndef right(r):\n    return 2 * math.pi * r\n",
    "reverse_string": "def right(s):\n    return s[::-1]\n",
    "clamp": "def right(value, low, high=10):\n    return max(low, min(value, high))\n",
    "total": "def right(items, more=0):\n    return sum(items) + more\n",
    "task_func": "def right(items):\n    return sorted(items)\n",
}
PROGRAMS = {
    "sum": "numbers = map(int, sys.stdin.read().split())\nright = sum(numbers)\n",
    "divisor": "n = int(input())\nright = next(d for d in range(2, n) if n % d == 0)\n",
}
WRONG_VALUES = {
    "None": "None",
    **{f"constant {value!r}": repr(value) for value in (0, 1, -1, 0.5, True, "", "0", [], {})},
    "an echo": "given[0]",
    "an emptied argument": "emptied(given)",
    "its text": "repr(right(*args, **kwargs))",
    "in a list": "[right(*args, **kwargs)]",
    "as complex": "complex(right(*args, **kwargs), 0.1)",
    "a float beside it": "right(*args, **kwargs) + 0.25",
    "half the argument": "given[0] / 2",
    "an object equal to everything": "Anything()",
}
WRONG_OUTPUTS = {
    "nothing": "",
    "an echo": "print(text, end='')",
    "zero": "print(0)",
    "a float": "print(float(right))",
    "a leading zero": "print('0' + str(right))",
    "an exponent": "print(f'{right}e0')",
    "quoted": "print(repr(str(right)))",
    "twice": "print(right)\nprint(right)",
    "half the input": "print(int(text.split()[0]) / 2)",
}
HELPERS = """
class Anything:
    def __eq__(self, other): return True
    __hash__ = None
def emptied(given):
    given[0].clear()
    return given[0]
"""


def references_in(value: Any) -> Iterator[Any]:
    """Yield the references in a value, the outermost that can be read."""
    if isinstance(value, dict):
        try:
            read_reference(value)
        except ProblemError:
            for item in value.values():
                yield from references_in(item)
        else:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def values_in(kind: str, text: str) -> Iterator[Any]:
    """Yield the values of a block: JSON, or the literals of Python."""
    if kind in {"python", "py"}:
        try:
            nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Dict)]
        except SyntaxError:
            return
        for node in nodes:
            try:
                yield ast.literal_eval(node)
            except ValueError:
                continue
        return
    for part in [text, *text.splitlines()]:
        try:
            yield json.loads(part)
        except ValueError:
            continue


def snippets() -> list[Any]:
    found: dict[str, Any] = {}
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for kind, text in BLOCK.findall(path.read_text()):
            for value in values_in(kind, text):
                # A list of tests is a reference, too.
                parts = references_in(value) if isinstance(value, dict) else _as_list(value)
                for reference in (one for part in parts for one in [part, *alone(part)]):
                    found.setdefault(json.dumps(reference, sort_keys=True), (path.name, reference))
    return [pytest.param(reference, id=f"{name}-{n}") for n, (name, reference) in enumerate(found.values())]


def alone(reference: Any) -> list[Any]:
    """Return references with one test each: those that a checker decides."""
    tests = reference.get("tests", ()) if isinstance(reference, dict) else ()
    checked = [test for test in tests if isinstance(test, dict) and "checker" in test.get("compare", ())]
    return [{**reference, "tests": [test]} for test in checked]


def _as_list(value: Any) -> Iterator[Any]:
    try:
        read_reference(value)
    except ProblemError:
        yield from references_in(value)
    else:
        yield value


def answers_to(reference: Any) -> tuple[str, dict[str, str]]:
    """Return the right answer to a reference, and the wrong ones by name."""
    problem = read_reference(reference)
    name = problem.entry_point
    is_divisor = "n % d" in problem.oracle + problem.comparison.checker
    program = PROGRAMS["divisor" if name is None and is_divisor else "sum"]
    head = "import io, sys\ntext = sys.stdin.read()\nsys.stdin = io.StringIO(text)\n" + program
    if name is None:
        return head + "print(right)\n", {kind: head + code for kind, code in WRONG_OUTPUTS.items()}
    if name == PREDICTION_NAME:
        wrong = ["[]", "None", f"[{reference['output']}]", "f([1, 1])", reference["code"], "type('Any', (), {})()"]
        return reference["output"], {value: value for value in wrong}
    owner, _, method = name.rpartition(".")
    if name == "Adder":
        owner, method = "Adder", "add"
    right = RIGHT[method]
    # A reference may have programs beside its calls.
    tail = f"if __name__ == '__main__':\n    import sys\n    {program.splitlines()[0]}\n    print(sum(numbers))\n"
    tail = tail if any(isinstance(test, StdinTest) for test in problem.tests) else ""

    def defined(result: str) -> str:
        body = f"given = [*args, *kwargs.values()]\n    return {result}\n"
        function = f"def {method}(*args, **kwargs):\n    {body}"
        if owner:
            call = f"return {method}(*args, **kwargs)"
            function += f"class {owner}:\n    def {method}(self, *args, **kwargs):\n        {call}\n"
        return HELPERS + right + function + tail

    return defined("right(*args, **kwargs)"), {kind: defined(value) for kind, value in WRONG_VALUES.items()}


@pytest.mark.parametrize("reference", snippets())
def test_only_the_right_answer_passes(grader: Grader, reference: Any) -> None:
    right, wrong = answers_to(reference)
    tests = read_reference(reference).tests
    samples = [Sample(name, f"```python\n{code}```", reference) for name, code in [("right", right), *wrong.items()]]
    grades = grader.grade_batch(samples)
    assert [(grade.sample_id, grade.reason) for grade in grades if grade.status is not GradeStatus.SCORED] == []
    # In these data sets the output of a call may be wrapped in a list, so both are right (docs/references.md).
    is_wrapped = any(isinstance(test, CallTest) and test.alternatives == ([test.expected],) for test in tests)
    grades = [grade for grade in grades if not (is_wrapped and grade.sample_id == "in a list")]
    passed = [grade.sample_id for grade in grades if grade.metric("functional") == 1.0]
    assert passed == ["right"], grades[0].reason


def test_there_are_snippets_with_calls_programs_checkers_and_suites() -> None:
    problems = [read_reference(parameter.values[0]) for parameter in snippets()]
    kinds = {type(test).__name__ for problem in problems for test in problem.tests}
    assert kinds == {"CallTest", "StdinTest", "AssertTest", "CheckTest", "PytestTest"}
    calls = [test for problem in problems for test in problem.tests if isinstance(test, CallTest)]
    assert any(test.comparison is not None and test.comparison.checker for test in calls)
