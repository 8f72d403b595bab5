"""Prompts that do not run by themselves, before answers that are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

CHECK = "def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0\n"
CALLS = [{"args": [[1, 2]], "expected": 3}, {"args": [[]], "expected": 0}]
WHOLE = "from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n"
PROMPTS = {
    "an annotation without its import": "def total(xs: List[int]) -> int:\n    ...\n",
    "a decorator without its import": "@lru_cache\ndef total(xs):\n    ...\n",
    "a default without its import": "def total(xs=Queue()):\n    ...\n",
    "a base class without its import": "class Base(ABC):\n    pass\n\n\ndef total(xs: Base):\n    ...\n",
    "a call of what the answer must write": "def total(xs):\n    ...\n\n\nassert total([1]) == 1\n",
}


ORACLE = "def half(n):\n    assert n % 2 == 0\n    return n // 2\n"


@pytest.mark.parametrize(("inputs", "total"), [([2, 3, 8], 2), ([1, 4], 1), ([2, 4, 6], 3)])
def test_an_input_that_the_oracle_refuses_is_left_out_for_every_answer(
    grader: Grader, inputs: list[int], total: int
) -> None:
    reference = {"entry_point": "half", "oracle": ORACLE, "tests": [{"args": [value]} for value in inputs]}
    for body, passed in (("return n // 2", total), ("return n", 0), ("raise ValueError", 0)):
        grade = grader.grade(Sample("x", f"```python\ndef half(n):\n    {body}\n```", reference))
        assert (grade.metric("tests_passed"), grade.metric("tests_total")) == (passed, total), grade.reason


def test_an_oracle_that_refuses_every_input_is_broken(grader: Grader) -> None:
    reference = {"entry_point": "half", "oracle": ORACLE, "tests": [{"args": [1]}, {"args": [3]}]}
    grade = grader.grade(Sample("x", "```python\ndef half(n):\n    return 0\n```", reference))
    assert grade.status.value == "unscored"
    assert "the oracle fails over half(1)" in grade.reason


def graded(grader: Grader, reference: dict[str, Any], answer: str) -> float | None:
    grade = grader.grade(Sample("x", f"```python\n{answer}```", reference))
    assert grade.status.value == "scored", grade.reason
    return grade.metric("functional")


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("tests", [CALLS, [{"check": CHECK}]], ids=["calls", "check"])
def test_a_whole_answer_stands_by_itself(grader: Grader, prompt: str, tests: list[dict[str, Any]]) -> None:
    reference = {"entry_point": "total", "prompt": prompt, "tests": tests}
    assert graded(grader, reference, WHOLE) == 1.0
    assert graded(grader, reference, WHOLE.replace("sum(xs)", "len(xs)")) == 0.5


def test_helpers_of_the_prompt_fill_in_what_the_answer_lacks(grader: Grader) -> None:
    prompt = "def double(x: Number):\n    return 2 * x\n\n\ndef total(xs: List[int]):\n    ...\n"
    reference = {"entry_point": "total", "prompt": prompt, "tests": [{"args": [[1, 2]], "expected": 6}]}
    assert graded(grader, reference, "def total(xs):\n    return double(sum(xs))\n") == 1.0


def test_a_helper_of_the_prompt_is_not_replaced_in_tests(grader: Grader) -> None:
    prompt = "def encode(x):\n    return x + 5\n\n\ndef decode(x):\n    ...\n"
    check = "def check(candidate):\n    assert candidate(encode(3)) == 3\n"
    reference = {"entry_point": "decode", "prompt": prompt, "tests": [{"check": check}]}
    assert graded(grader, reference, "def decode(x):\n    return x - 5\n") == 1.0
    assert graded(grader, reference, "def encode(x):\n    return x\n\n\ndef decode(x):\n    return x\n") == 0.0


def test_the_function_that_the_prompt_asks_for_is_tested(grader: Grader) -> None:
    prompt = "class Box:\n    def __init__(self, v):\n        self.v = v\n\n\ndef twin(b: Box) -> Box:\n    ...\n"
    test = "def test_twin():\n    box = Box(3)\n    assert twin(box).v == 3\n"
    reference = {"question": prompt, "test": test}
    assert graded(grader, reference, prompt.replace("...", "return Box(b.v)")) == 1.0
    assert graded(grader, reference, prompt.replace("...", "return Box(b.v + 1)")) == 0.0


@pytest.mark.parametrize(
    "header", ["import solution", "import solution as s", "import math\nimport solution"], ids=["plain", "as", "beside"]
)
def test_a_file_that_imports_the_module_names_the_answer(grader: Grader, header: str) -> None:
    module = "s" if header.endswith("as s") else "solution"
    source = f"{header}\n\n\ndef test_a():\n    assert {module}.f() == 3\n"
    assert graded(grader, {"pytest": source}, "def f():\n    return 3\n") == 1.0
    assert graded(grader, {"pytest": source}, "def f():\n    return 4\n") == 0.0


@pytest.mark.parametrize(("given", "output"), [("1 2", 3), (["1 2"], 3), ([[1, 2]], [3]), ([1, 2], ["3"])])
def test_numbers_and_lists_in_rows_are_the_text_of_programs(grader: Grader, given: Any, output: Any) -> None:
    program = "import sys\n\nprint(sum(map(int, sys.stdin.read().split())))\n"
    reference = {"inputs": [given], "outputs": [output]}
    assert graded(grader, reference, program) == 1.0
    assert graded(grader, reference, program.replace("sum", "max")) == 0.0


ENUM = "from enum import Enum\n\n\nclass Color(Enum):\n    RED = 1\n    GREEN = 2\n\n\n"
NEXT = "def after(one):\n    return Color.GREEN if isinstance(one, Enum) and one is Color.RED else [one, Color.RED]\n"
LYING = """
class Color(Enum):
    RED = 1
    GREEN = 2
    def __eq__(self, other):
        return True
    __hash__ = None
    @property
    def name(self):
        return ANY()


class ANY(str):
    def __eq__(self, other):
        return True
    __hash__ = str.__hash__


"""
STRANGER = "class Color:\n    RED = GREEN = name = 'GREEN'\n    def __eq__(self, other):\n        return True\n\n\n"


@pytest.mark.parametrize("imports", ["", "from solution import after\n"])
@pytest.mark.parametrize(
    ("answer", "passed"),
    [
        (NEXT, 4),
        (ENUM + NEXT, 4),
        (NEXT.replace("Color.GREEN if", "Color.RED if"), 1),
        ("def after(one):\n    return one\n", 0),
        (ENUM + LYING + "def after(one):\n    return Color.RED\n", 0),
        (STRANGER + "def after(one):\n    return Color()\n", 1),
    ],
    ids=["helper of the prompt", "own copy", "wrong member", "its argument", "lying members", "another class"],
)
def test_members_of_an_enum_of_the_prompt_are_those_of_the_answer(
    grader: Grader, imports: str, answer: str, passed: int
) -> None:
    suite = (
        "def test_equal():\n    assert after(Color.RED) == Color.GREEN\n"
        "def test_same():\n    assert after(Color.RED) is Color.GREEN\n"
        "def test_deep():\n    assert after(Color.GREEN) == [Color.GREEN, Color.RED]\n"
        "def test_name():\n    assert after(Color.RED) != Color.RED and after(Color.RED).name == 'GREEN'\n"
    )
    reference = {
        "prompt": ENUM + 'def after(one):\n    """Return the colour after one."""\n',
        "entry_point": "after",
        "tests": [{"pytest": imports + suite}],
    }
    grade = grader.grade(Sample("enum", f"```python\n{answer}```", reference))
    assert grade.metric("tests_passed") == passed, grade.tests
