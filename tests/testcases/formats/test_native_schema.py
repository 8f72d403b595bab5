"""The published schema of the native format says what the reader says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from testcases.errors import ProblemError
from testcases.examples import load_examples
from testcases.formats import read_reference
from testcases.formats.native_schema import native_schema

DOCS = Path(__file__).parents[3] / "docs"
PUBLISHED = json.loads((DOCS / "native.schema.json").read_text())
CHECK = "def check(candidate):\n    assert candidate(1) == 1\n"
SUITE = "from solution import f\ndef test_f():\n    assert f(1) == 1\n"


def valid(reference: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(PUBLISHED).is_valid(reference))


def readable(reference: Any) -> bool:
    try:
        read_reference(reference, format_name="native")
    except ProblemError:
        return False
    return True


def test_is_the_one_the_models_make() -> None:
    assert native_schema() == PUBLISHED, "write it anew: python -m testcases.formats.native_schema"


def test_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)


def test_takes_the_examples_of_the_document() -> None:
    section = re.split(r"^## ", (DOCS / "references.md").read_text(), flags=re.MULTILINE)
    blocks = [
        json.loads(block)
        for part in section
        if part.startswith("native")
        for block in re.findall(r"^```json\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL)
    ]
    assert blocks
    for block in blocks:
        jsonschema.validate(block, PUBLISHED)


def test_takes_the_bundled_examples() -> None:
    native = [example for example in load_examples() if "tests" in example.reference]
    assert native
    for example in native:
        jsonschema.validate(example.reference, PUBLISHED)


def with_test(**fields: Any) -> dict[str, Any]:
    return {"entry_point": "f", "tests": [fields]}


NULLS = dict.fromkeys(
    ["args", "kwargs", "function", "stdin", "stdout", "assert", "check", "pytest", "module", "one_of"]
)


@pytest.mark.parametrize(
    "reference",
    [
        with_test(args=[1], expected=None),
        with_test(args=[[1, {"a": None}]], kwargs={"b": 2}, expected=2, function="g", weight=0.5, group="a"),
        with_test(expected=1),
        with_test(args=[1], one_of=[1, None], compare={"mode": "set", "float_abs": 0.1}),
        with_test(stdin="", stdout="", weight=1000),
        with_test(stdin="", one_of=["a", "b"], compare={"checker": "def checker(a, b, c): return True"}),
        {**with_test(args=[1]), "oracle": "def f(x): return x"},
        with_test(**{"assert": "assert f(1)"}),
        with_test(check=CHECK, group="b"),
        with_test(pytest=SUITE, module="solution"),
        {**with_test(expected=1), "isolation": "shared", "limits": {"cpu_s": 1, "memory_mb": 64}, "format": "native"},
        # as tables have it
        with_test(**{**NULLS, "args": [1], "expected": 1, "weight": None, "group": None, "compare": None}),
        with_test(**{**NULLS, "expected": None}),
        with_test(**{**NULLS, "stdin": "", "stdout": "", "expected": None}),
        with_test(**{**NULLS, "pytest": SUITE, "expected": None}),
        {**with_test(expected=1), **dict.fromkeys(["prompt", "setup", "oracle", "limits", "compare", "isolation"])},
        {**with_test(expected=1), "limits": {"cpu_s": None}, "compare": {"mode": None, "checker": None}},
    ],
)  # fmt: skip
def test_takes_what_is_read(reference: dict[str, Any]) -> None:
    assert readable(reference)
    jsonschema.validate(reference, PUBLISHED)


@pytest.mark.parametrize(
    "reference",
    [
        {},
        {"tests": []},
        {"tests": {}},
        with_test(),
        with_test(args=1, expected=1),
        with_test(kwargs=[], expected=1),
        with_test(stdin=""),
        with_test(stdin=1, stdout=""),
        with_test(stdin="", one_of=[]),
        with_test(stdin="", one_of=[1]),
        with_test(stdin="", stdout="", expected=1),
        with_test(args=[], one_of=[]),
        with_test(expected=1, weight=0),
        with_test(expected=1, weight=1001),
        with_test(expected=1, weight="1"),
        with_test(expected=1, group=""),
        with_test(expected=1, compare={"mode": "fuzzy"}),
        with_test(expected=1, compare={"float_abs": -1}),
        with_test(**{"assert": 1}),
        with_test(check=CHECK, compare={}),
        with_test(expected=1, colour="red"),
        {**with_test(expected=1), "colour": "red"},
        {**with_test(expected=1), "entry_point": 1},
        {**with_test(expected=1), "isolation": "none"},
        {**with_test(expected=1), "limits": {"cpu_s": 0}},
        {**with_test(expected=1), "limits": {"memory_mb": 1.5}},
        {**with_test(expected=1), "allow_imports": "numpy"},
        {**with_test(expected=1), "format": "mbpp"},
    ],
)
def test_refuses_what_is_refused(reference: dict[str, Any]) -> None:
    assert not readable(reference)
    assert not valid(reference)
