"""Names by which test code means a module without importing it."""

from __future__ import annotations

import collections
import math
from types import ModuleType

import pytest

from testcases.source.module_names import find_modules


@pytest.mark.parametrize(
    ("source", "entry_point", "found"),
    [
        ("assert math.isclose(f(1), 2)", None, {"math"}),
        ("import math\nassert math.isclose(f(1), 2)", None, set()),
        ("assert math.isclose(f(1), 2)", "math", set()),
        ("assert math.isclose(f(1), 2)", "math.isclose", set()),
        ("assert math.absent(f(1))", None, set()),
        ("assert calendar(2024) == 1", None, set()),
        ("assert queue.put(1) is None and queue.size() == 1", None, set()),
        ("assert collections.Counter(f(1)) == {} and math.pi", None, {"collections", "math"}),
        ("assert g(math) and math.pi", None, set()),
        ("assert dt.datetime(2020, 1, 1) == f()", None, {"dt"}),
        ("assert f(1) == pytest.approx(2)", None, {"pytest"}),
        ("assert this.s", None, set()),
        ("not python(", None, set()),
    ],
)
def test_a_name_means_a_module_if_it_is_used_for_its_attributes_only(
    source: str, entry_point: str | None, found: set[str]
) -> None:
    module = ModuleType("pytest")
    module.approx = abs  # type: ignore[attr-defined]  # an attribute of the test
    assert set(find_modules([source], entry_point, {"pytest": lambda: module})) == found


def test_all_test_code_must_mean_the_module() -> None:
    uses = ["assert math.pi", "assert collections.Counter(math.e)"]
    assert find_modules(uses, None, {}) == {"math": math, "collections": collections}
    assert find_modules([*uses, "assert math(3) == 9"], None, {}) == {"collections": collections}
