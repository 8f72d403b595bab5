"""Which names of an answer are those of classes, so that what calling one makes is no result."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.proxies.class_registry import ClassNaming

NAMES = ["Stack", "stack", "Stacked", "_Stack", "f", "Find_Max", "E\u0301", "E\u0301e", "é", "a·", "def"]
PIECES = [
    *NAMES,
    "def ",
    "class ",
    "async ",
    "def",
    "class",
    "\n",
    "  ",
    "\n\n",
    "\n    class ",
    "\ndef ",
    "(",
    ":",
    ".",
    "<",
    "#",
    "`",
]
PROMPTS = st.lists(st.sampled_from(PIECES) | st.characters(categories=None), max_size=16).map("".join)


@pytest.mark.parametrize(
    ("prompt", "name", "is_class"),
    [
        ("", "Stack", True),
        ("", "LRUCache", True),
        ("", "_Node", True),
        ("", "P", True),
        ("", "f", False),
        ("", "find_max", False),
        ("", "Find_Max", False),
        ("", "largestSum", False),
        ("", "Solution.Area", False),
        ("", "a.b", False),
        ("class stack:\n    ...", "stack", True),
        ("A stack.\n\n    class stack(object):\n", "stack", True),
        ("class\n    class stack:\n    ...", "stack", True),
        ("class stacked:\n    ...", "stack", False),
        ("class queue:\n    ...", "stack", False),
        ("def Extract(items):\n    ...", "Extract", False),
        ("async def Extract(items):\n    ...", "Extract", False),
        ("def Extracted(items):\n    ...", "Extract", True),
        ("# class stack:", "stack", False),
    ],
)
def test_a_class_is_recognised_by_the_prompt_or_by_its_spelling(prompt: str, name: str, is_class: bool) -> None:
    assert ClassNaming(prompt).is_class(name) is is_class


def is_class_by_patterns_of_the_name(prompt: str, name: str) -> bool:
    """Whether a name is a class's as it is defined, with patterns that are made for the name."""

    def prompt_has(keyword: str) -> bool:
        return re.search(rf"^\s*(?:async\s+)?{keyword}\s+{name}\b", prompt, re.MULTILINE) is not None

    if not name.isidentifier() or prompt_has("def"):
        return False
    bare = name.lstrip("_")
    return prompt_has("class") or (bare[:1].isupper() and "_" not in bare)


@given(PROMPTS, st.sampled_from(NAMES) | st.text(max_size=3))
def test_one_fixed_pattern_agrees_with_a_pattern_for_each_name(prompt: str, name: str) -> None:
    assert ClassNaming(prompt).is_class(name) is is_class_by_patterns_of_the_name(prompt, name)


def test_no_pattern_is_made_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a pattern was made")

    monkeypatch.setattr(re, "search", refuse)
    monkeypatch.setattr(re, "compile", refuse)
    assert ClassNaming("class nobody_asked_for_it_before:").is_class("nobody_asked_for_it_before")
