"""Which names of an answer are those of classes, so that what calling one makes is no result."""

from __future__ import annotations

import pytest

from testcases.objects import Naming


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
        ("class stacked:\n    ...", "stack", False),
        ("def Extract(items):\n    ...", "Extract", False),
        ("async def Extract(items):\n    ...", "Extract", False),
        ("def Extracted(items):\n    ...", "Extract", True),
        ("# class stack:", "stack", False),
    ],
)
def test_a_class_is_told_by_the_prompt_or_by_how_its_name_is_written(prompt: str, name: str, is_class: bool) -> None:
    assert Naming(prompt).is_class(name) is is_class
