from __future__ import annotations

from typing import Any

import pytest

from testcases.source.prompts import runnable_prompt, stub_names


def run(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(runnable_prompt(code), "prompt", "exec", dont_inherit=True), namespace)
    return namespace


def test_annotations_without_their_import_do_not_matter() -> None:
    names = run("def helper(x: List[int]) -> Dict[str, int]:\n    return x\n\ndef asked(x: List[int]):\n    ...\n")
    assert names["helper"](1) == 1
    assert "asked" not in names


@pytest.mark.parametrize(
    "body",
    ["pass", "...", '"""Doc."""', "raise NotImplementedError", 'raise NotImplementedError("x")', '"""D."""\n    pass'],
)
def test_functions_without_a_body_are_asked_for(body: str) -> None:
    code = f"def f(x):\n    {body}\n\ndef g(x):\n    return x\n"
    assert stub_names(code) == {"f"}
    assert "f" not in run(code)
    assert run(code)["g"](2) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "class Shape(ABC):\n    pass",
        "@lru_cache\ndef cached(x):\n    return x",
        "def limited(x=inf):\n    return x",
        "print(undefined)",
    ],
)
def test_what_raises_is_left_out(statement: str) -> None:
    assert run(f"{statement}\n\n\ndef g(x):\n    return x\n")["g"](2) == 2


def test_a_missing_module_is_still_an_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        run("import no_such_module_here\n")


def test_dataclasses_work_without_evaluated_annotations() -> None:
    assert (
        run("from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n    y: List[int]\n")["P"](1, 2).y
        == 2
    )


@pytest.mark.parametrize("text", ["Add two numbers.", "def f(:", ""])
def test_prose_is_returned_unchanged(text: str) -> None:
    assert runnable_prompt(text) == text
    assert stub_names(text) == frozenset()
