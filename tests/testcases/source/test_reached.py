"""Tests that may come to their end without any of their assertions, read off their source."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from testcases.source.pytest_collection import collect
from testcases.source.reached import asserting_helpers, may_skip_assertions


@pytest.mark.parametrize(
    "source",
    [
        "for x in f(): assert x",
        "for x in f():\n  with self.subTest(x):\n    self.assertEqual(x, 1)",
        "x = f()\nif x: assert x == 1",
        "x = f()\nif not x: return\nassert x == 1",
        "while f(): assert g()",
        "for x in [1, 2]:\n  if f(x): continue\n  assert x",
        "for x in f([1]): assert x",
        "try:\n  x = f()\nexcept KeyError: pass\nelse:\n  assert x",
        "def inner(x): assert x\nf(inner)",
        "match f():\n  case 1: assert g()",
        "if sys.platform and f(): assert g()",
        "for x in f():\n  with pytest.raises(ValueError): x()",
        "[self.assertEqual(x, 1) for x in f()]",
        "f() and self.assertEqual(f(), 1)",
        "list(map(lambda x: self.assertEqual(x, 1), f()))",
    ],
)
def test_assertions_that_may_be_skipped(source: str) -> None:
    assert may_skip_assertions(_body(source))


@pytest.mark.parametrize(
    "source",
    [
        "assert f()",
        "f()",
        "x = f()\nself.assertEqual(x, 1)\nfor y in x: assert y",
        "with pytest.raises(ValueError): f()",
        "with a: assert f()",
        "for x in [1, 2]: assert f(x)",
        "try: f()\nexcept ValueError: assert False",
        "try: f()\nexcept ValueError as e: assert str(e)",
        "try:\n  f()\nexcept ValueError: pass\nelse: self.fail()",
        "try:\n  f()\nexcept ValueError: pass\nelse: raise AssertionError('x')",
        "if sys.version_info >= (3, 12): assert f()",
        "if os.name == 'nt': assert f()",
        "for x in f([]): assert x",
        "for x in sorted(f('', 0, set())): assert x",
        "mock.assert_called_once()",
    ],
)
def test_assertions_that_are_reached_or_not_needed(source: str) -> None:
    assert not may_skip_assertions(_body(source))


HELPERS = """
def same(x): assert x == 1
def indirect(x): same(x)
def perhaps(x):
  for y in x: assert y
def early(x):
  if not x: return
  assert x
def late(x):
  assert x
  return x
class TestIt(Base):
  def check(self, x): self.assertEqual(x, 1)
  def test_a(self): self.check(1)
def twice(x): assert x
class Other:
  def twice(self): assert True
class Another:
  def twice(self): pass
"""


def test_helpers_that_reach_an_assertion_whenever_they_end() -> None:
    assert asserting_helpers(ast.parse(HELPERS)) == {"same", "indirect", "late", ".check", "twice"}


@pytest.mark.parametrize(
    ("source", "may_skip"),
    [
        ("for x in f(): same(x)", True),
        ("for x in f(): indirect(x)", True),
        ("for x in f():\n  self.check(x)", True),
        ("[same(x) for x in f()]", True),
        ("x = f()\nx and same(x)", True),
        ("same(f())", False),
        ("self.check(f())", False),
        ("for x in f(): perhaps(x)", False),  # it may rightly find nothing to assert
        ("for x in f(): early(x)", False),
        ("for x in f([]): same(x)", False),
        ("for x in f(): x.same()", False),
    ],
)
def test_assertions_in_helpers(source: str, *, may_skip: bool) -> None:
    assert may_skip_assertions(_body(source), asserting_helpers(ast.parse(HELPERS))) is may_skip


def _body(source: str) -> list[ast.stmt]:
    function = ast.parse("def test():\n" + "\n".join(f"    {line}" for line in source.splitlines())).body[0]
    assert isinstance(function, ast.FunctionDef)
    return function.body


@pytest.mark.parametrize(
    ("values", "least"),
    [
        ("zip(make(3), [1, 4, 9])", 3),
        ("list(zip(GOT, WANT))", 2),
        ("[(a, b) for a, b in zip(make(2), (1, 4))]", 2),
        ("enumerate(zip(make(2), (1, 4)))", 2),
        ("make(3)", 1),
        ("make(3) + [1, 2]", 2),
        ("zip(own(), [1, 2])", 1),  # of the test's own making
        ("zip(make(3), range(9))", 1),
        ("[x for x in zip(make(3), [1, 2]) if x]", 1),
    ],
)
def test_cases_that_there_must_be_at_least(values: str, least: int) -> None:
    source = f"""
        import pytest
        from solution import make
        def own(): return [1]
        GOT = make(2)
        WANT = [1, 4]
        @pytest.mark.parametrize("x", {values})
        def test_x(x): pass
        """
    (test,) = collect(dedent(source)).tests
    assert (test.cases, test.least) == (None, least)


def test_functions_that_the_source_does_not_show_to_run() -> None:
    source = """
        import functools, pytest, unittest
        from unittest import mock
        from solution import traced
        slow = pytest.mark.slow
        def test_a(): pass
        @slow
        @pytest.mark.parametrize("x", [1])
        @mock.patch("random.random")
        def test_b(x, y): pass
        @traced
        def test_c(): pass
        def test_d(): yield 1
        async def test_e(): pass
        @traced
        class TestIt(unittest.TestCase):
            def test_f(self): pass
        def test_g():
            def inner(): yield 1
        """
    plan = collect(dedent(source))
    assert [test.name for test in plan.tests if test.has_marked_body] == ["test_c", "test_d", "test_e", "test_f"]
    assert len(plan.marked_bodies) == 4
