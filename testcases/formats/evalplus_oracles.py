"""Tasks of HumanEval+ and MBPP+ whose outputs cannot be compared with ``==``.

Which they are, and what is right in them, is as in ``evalplus/eval/__init__.py`` and ``_special_oracle.py``, version
0.3.1, with one exception: EvalPlus lets any output of ``are_equivalent`` pass; here it must at least be a bool.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from testcases.problem import Comparison

__all__ = ["PRESENCE", "comparison_of", "presence_check"]

PRESENCE: Final = frozenset({"check_str", "text_match_three", "text_starta_endb"})
"""Functions of MBPP+ that may return anything, as long as it is ``None`` when the solution's is."""

_SETS = frozenset(
    [
        "Diff",
        "common_in_nested_lists",
        "extract_singly",
        "find_char_long",
        "find_dissimilar",
        "intersection_array",
        "larg_nnum",
        "similar_elements",
    ]
)
"""Functions of MBPP+ whose list is a set in any order."""

_CHECKERS: Final = {
    "find_zero": """\
def checker(given, expected, got):
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return False
    return abs(sum(coefficient * got**power for power, coefficient in enumerate(given[0]))) <= {atol!r}
""",
    "are_equivalent": "def checker(given, expected, got):\n    return isinstance(got, bool)\n",
    "sum_div": "def checker(given, expected, got):\n    return not isinstance(got, bool) and got in (expected, 0)\n",
    "surface_Area": """\
def checker(given, expected, got):
    base, height = given
    other = round(base**2 + 2 * base * ((base / 2) ** 2 + height**2) ** 0.5)
    return not isinstance(got, bool) and (got == expected or abs(got - other) <= {atol!r})
""",
    "digit_distance_nums": """\
def checker(given, expected, got):
    one, other = map(str, given)
    width = max(len(one), len(other))
    padded = sum(abs(int(a) - int(b)) for a, b in zip(one.zfill(width), other.zfill(width)))
    return not isinstance(got, bool) and got in (expected, padded)
""",
}


def comparison_of(entry_point: str, atol: float) -> Comparison:
    """How the outputs of a task are compared: floats within EvalPlus's tolerances, unless the task is a special one.

    Args:
        entry_point: name of the function.
        atol: the task's absolute tolerance; 0 is EvalPlus's 1e-6.
    """
    checker = _CHECKERS.get(entry_point, "").replace("{atol!r}", repr(atol or 1e-6))
    near = Comparison(float_abs=atol or 1e-6, float_rel=1e-7, checker=checker)
    return replace(near, mode="set") if entry_point in _SETS else near


def presence_check(expressions: list[tuple[str, str]], solution: str = "") -> str:
    """A check function for the tasks of `PRESENCE`.

    Args:
        expressions: for each call, its arguments and what is expected, as Python.
        solution: Python that what is expected may use.
    """
    lines = [f"    assert present(candidate({given})) == present({wanted})" for given, wanted in expressions]
    return (
        f"{solution}\n\ndef present(value):\n    return value if isinstance(value, bool) else value is not None\n\n\n"
        f"def check(candidate):\n" + "\n".join(lines) + "\n"
    )
