"""Features of pytest in suites: the right answer passes every test, and a wrong one does not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade

FEATURES = tomllib.loads((Path(__file__).parent / "runner_features.toml").read_text())


def grade_of(grader: Grader, answer: str, suite: str, **fields: Any) -> Grade:
    names = ", ".join(name for name in ("add", "hi", "f") if f"{name}(" in suite.replace("def f(", ""))
    source = f"import pytest\nfrom solution import {names}\n{suite}"
    return grader.grade(Sample("features", f"```python\n{answer}```", {"pytest": source, **fields}))


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_of_pytest_tells_right_from_wrong(grader: Grader, name: str) -> None:
    feature = FEATURES[name]
    for answer, wanted in ((feature["right"], {"passed"}), (feature["wrong"], set())):
        grade = grade_of(grader, answer, feature["suite"])
        verdicts = {str(test.verdict) for test in grade.tests}
        assert grade.status == "scored", grade.reason
        assert len(grade.tests) == feature.get("count", len(grade.tests))
        assert verdicts == wanted or (not wanted and "passed" not in verdicts), grade.tests
