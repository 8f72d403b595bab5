"""Modules that test code imports, also where the interpreter's library is in a folder that only root can enter."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

ANSWER = "```python\ndef f(x):\n    return [x, 2.0]\n```"
MODULES = (
    "bz2", "configparser", "ctypes", "doctest", "email.mime.text", "gzip", "http.client", "lzma", "sqlite3", "tarfile",
    "urllib.request", "xml.dom.minidom", "xml.etree.ElementTree", "zipfile",
)  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_test_code_imports_any_module_of_the_library(tiered_grader: Grader, module: str) -> None:
    source = f"import {module}\nfrom solution import f\n\n\ndef test_a():\n    assert f(1) == [1, 2.0]\n"
    grade = tiered_grader.grade(Sample("x", ANSWER, {"pytest": source}))
    assert (grade.status.value, grade.metric("functional")) == ("scored", 1.0), grade.reason


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="numpy is not installed")
def test_test_code_imports_numpy_where_it_may_start_no_thread(tiered_grader: Grader) -> None:
    source = "import numpy as np\nfrom solution import f\n\n\ndef test_a():\n    assert np.sum(np.array(f(1))) == 3\n"
    grade = tiered_grader.grade(Sample("x", ANSWER, {"pytest": source}))
    assert (grade.status.value, grade.metric("functional")) == ("scored", 1.0), grade.reason


def test_an_answer_gets_none_of_these_folders(tiered_grader: Grader) -> None:
    answer = "import os\n\n\ndef f(x):\n    found = []\n    for number in range(4, 1024):\n        try:\n"
    answer += "            os.fstat(number)\n            found.append(number)\n        except OSError:\n"
    answer += "            pass\n    return found\n"
    source = "import doctest\nfrom solution import f\n\n\ndef test_a():\n    assert f(1) == []\n"
    grade = tiered_grader.grade(Sample("x", f"```python\n{answer}```", {"pytest": source}))
    assert grade.metric("functional") == 1.0, grade.reason
