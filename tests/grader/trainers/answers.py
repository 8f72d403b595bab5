"""Answers and tests that the tests of adapters share."""

from __future__ import annotations

import json

__all__ = ["BROKEN", "CONTINUED", "PROMPT", "REFERENCE", "RIGHT", "WRONG"]

RIGHT = "Here it is:\n```python\ndef add(a, b):\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
PROMPT = "Write add(a, b)."
REFERENCE = json.dumps({"test_list": ["assert add(1, 2) == 3", "assert add(2, 2) == 4"]})
CONTINUED = json.dumps(
    {
        "entry_point": "add",
        "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 2) == 4\n",
    }
)
"""Tests of answers that may be the body alone, which follows the prompt."""
BROKEN = json.dumps({"test_list": ["assert add(1, 2) =="]})
