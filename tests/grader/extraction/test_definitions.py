"""The fit between a piece of code and an entry point."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.extraction.definitions import EntryPointMatcher, Fit, defined_names, exported_names

NAMES = ["f", "ff", "f1", "_f", "F", "add", "adder", "é", "e\u0301", "ß", "f²", "ﬁ", "def", "class", "async", "x.y"]
ENTRY_POINTS = [*NAMES, "C.f", "f.C", "C.inner.f", "f.f", "f()", "(", "1f", "f-add", " f ", "f[0]", "$", "f|add", "f.*"]
PIECES = [
    *NAMES,
    "C",
    "def ",
    "class ",
    "async ",
    "def",
    "\t",
    " ",
    "    ",
    "\n",
    "\r",
    "\f",
    "(",
    ")",
    ":",
    "=",
    "==",
    "0",
    "@",
]
PIECES += ["input(", "stdin", "xinput(", "open(0", "\n    def ", "\ndef ", "\nclass ", "\nasync def ", " = ", ": int"]
codes = st.lists(st.sampled_from(PIECES) | st.characters(categories=None), max_size=24).map("".join)


def claim_by_patterns_of_the_name(entry_point: str | None, code: str) -> Fit:
    """Claim as it is defined, with patterns that are made for the entry point."""
    if not entry_point:
        return Fit.DEFINITION if re.search(r"\binput\(|\bstdin\b|\bopen\(0", code) else Fit.NOTHING
    names = re.findall(r"[^\W\d]\w*", entry_point)
    if not names:
        return Fit.NOTHING
    first, last = re.escape(names[0]), re.escape(names[-1])
    top = rf"^(?:(?:(?:async[ \t]++)?def|class)[ \t]++{first}(?!\w)|{first}[ \t]*+(?::|=(?!=)))"
    if re.search(top, code, re.MULTILINE):
        return Fit.DEFINITION
    method = rf"^[ \t]*+(?:async[ \t]++)?def[ \t]++{last}(?!\w)"
    return Fit.METHOD if re.search(method, code, re.MULTILINE) else Fit.NOTHING


@given(st.sampled_from([None, "", *ENTRY_POINTS]) | st.text(max_size=4), codes)
def test_a_claim_is_that_of_patterns_made_for_the_entry_point(entry_point: str | None, code: str) -> None:
    assert EntryPointMatcher(entry_point).fit(code) is claim_by_patterns_of_the_name(entry_point, code)


@pytest.mark.parametrize(
    ("entry_point", "code", "fit"),
    [
        ("f", "def f(): ...", Fit.DEFINITION),
        ("f", "async  def\tf(): ...", Fit.DEFINITION),
        ("f", "class f: ...", Fit.DEFINITION),
        ("f", "f = g", Fit.DEFINITION),
        ("f", "f: int", Fit.DEFINITION),
        ("f", "    def f(): ...\ndef f(): ...", Fit.DEFINITION),
        ("f", "class C:\n    def f(self): ...", Fit.METHOD),
        ("f", "class C:\n    class f: ...", Fit.NOTHING),
        ("f", "    f = g", Fit.NOTHING),
        ("f", "f == g", Fit.NOTHING),
        ("f", "def ff(): ...\nf1 = 1\nclass _f: ...", Fit.NOTHING),
        ("class", "class = 1", Fit.DEFINITION),
        ("C.f", "class C: ...", Fit.DEFINITION),
        ("C.f", "def f(): ...", Fit.METHOD),
        ("C.f", "class f: ...", Fit.NOTHING),
        ("C.f", "def f(): ...\nC = D", Fit.DEFINITION),
        ("(", "def f(): ...", Fit.NOTHING),
        (None, "input()", Fit.DEFINITION),
        (None, "def f(): ...", Fit.NOTHING),
    ],
)
def test_how_well_code_fits(entry_point: str | None, code: str, fit: Fit) -> None:
    assert EntryPointMatcher(entry_point).fit(code) is fit


def test_no_pattern_is_made_for_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a pattern was made")

    monkeypatch.setattr(re, "compile", refuse)
    monkeypatch.setattr(re, "escape", refuse)
    assert EntryPointMatcher("C.method_that_nobody_asked_for_before").fit("class C: ...") is Fit.DEFINITION


def test_names_are_told_with_and_without_those_of_inner_definitions() -> None:
    code = "class C:\n    def f(self): ...\nasync def g(): ...\nx = 1\n"
    assert defined_names(code) == {"C", "f", "g", "x"}
    assert exported_names(code) == {"C", "g"}
