"""How many tests a pytest or unittest module has, read off its source."""

from __future__ import annotations

from textwrap import dedent

import pytest

from testcases.model import Problem, PytestTest
from testcases.source.counting import count_all_tests
from testcases.source.pytest_collection import collect, count_cases
from testcases.source.pytest_unsupported import unsupported_features


def labels(source: str) -> list[str]:
    return [test.label for test in collect(dedent(source)).tests]


def test_functions_and_methods_are_tests_in_their_order() -> None:
    source = """
        import unittest
        def test_b(): pass
        def helper(): pass
        class TestX:
            def test_z(self): pass
            def test_a(self): pass
            def other(self): pass
            class TestInner:
                def test_deep(self): pass
        class Plain:
            def test_no(self): pass
        class TestWithInit:
            def __init__(self): pass
            def test_no(self): pass
        class Cases(unittest.TestCase):
            def test_z(self): pass
            def test_a(self): pass
        def test_a(): pass
        async def test_c(): pass
    """
    assert labels(source) == [
        "test_b", "TestX::test_z", "TestX::test_a", "TestX::TestInner::test_deep", "Cases::test_a", "Cases::test_z",
        "test_a", "test_c",
    ]  # fmt: skip


def test_tests_in_branches_for_this_platform_are_collected() -> None:
    source = """
        import sys
        if sys.version_info >= (3, 8):
            def test_a(): pass
        else:
            def test_b(): pass
        if sys.platform == "win32":
            def test_c(): pass
    """
    assert labels(source) == ["test_a"]


def test_methods_are_inherited() -> None:
    source = """
        from unittest import TestCase
        class Base(TestCase):
            def test_a(self): pass
        class Child(Base):
            def test_b(self): pass
        class Mixin:
            def test_m(self): pass
            def test_n(self): pass
        class TestMixed(Mixin):
            def test_m(self): pass
    """
    assert labels(source) == [
        "Base::test_a", "Child::test_a", "Child::test_b", "TestMixed::test_n", "TestMixed::test_m",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ("[1, 2, 3]", 3),
        ("(1, 2)", 2),
        ("{1, 2, 2}", 2),
        ("{1, 1.0, 2}", 2),
        ("range(5)", 5),
        ("range(2, 10, 3)", 3),
        ("range(3, -3, -1)", 6),
        ("list(range(4))", 4),
        ("VALUES", 3),
        ("VALUES + [7]", 4),
        ("[*VALUES, 7]", 4),
        ("VALUES * 2", 6),
        ("zip(VALUES, range(9))", 3),
        ("[x * x for x in VALUES]", 3),
        ("TABLE.items()", 2),
        ("sorted(TABLE)", 2),
        ("'abc'", 3),
        ("product(VALUES, range(2))", 6),
        ("[pytest.param(1, id='a'), pytest.param(2, marks=pytest.mark.skip)]", 1),
        ("[pytest.param(1, marks=[pytest.mark.xfail(reason='x')]), 2]", 1),
        # what takes running code counts once
        ("CHANGED", None),
        ("REBOUND", None),
        ("make()", None),
        ("[x for x in VALUES if x > 1]", None),
        ("[*make()]", None),
        ("SELF", None),
        ("range(n)", None),
        ("1", None),
    ],
)
def test_cases_of_a_parametrized_test(values: str, count: int | None) -> None:
    source = f"""
        import pytest
        from itertools import product
        VALUES = [1, 2, 3]
        TABLE = {{"a": 1, "b": 2}}
        CHANGED = [1]
        CHANGED.append(2)
        REBOUND = [1]
        REBOUND += [2]
        SELF = [*SELF]
        @pytest.mark.parametrize("x", {values})
        def test_it(x): pass
    """
    (test,) = collect(dedent(source)).tests
    assert test.cases == count
    assert count_cases(dedent(source)) == (1 if count is None else count)


def test_marks_and_fixtures_multiply() -> None:
    source = """
        import pytest as pt
        from pytest import mark, fixture
        @fixture(params=[1, 2])
        def two(): pass
        @pt.fixture
        def through(two): pass
        @fixture(params=[1, 2, 3], autouse=True)
        def automatic(): pass
        @mark.parametrize("a", [1, 2])
        @mark.parametrize("b, c", [(1, 2)] * 5)
        def test_stacked(a, b, c): pass
        def test_through(through): pass
        @mark.parametrize("two", [1])
        def test_direct(two): pass
        @mark.usefixtures("two")
        class TestUsed:
            def test_a(self): pass
        pairs = mark.parametrize("x", "ab")
        @pairs
        def test_named(x): pass
    """
    counts = {test.label: test.cases for test in collect(dedent(source)).tests}
    assert counts == {"test_stacked": 30, "test_through": 6, "test_direct": 3, "TestUsed::test_a": 6, "test_named": 6}


def test_what_is_skipped_for_every_answer_is_no_test() -> None:
    source = """
        import pytest, unittest, sys, os
        @pytest.mark.skip
        def test_a(): pass
        @pytest.mark.skip(reason="x")
        def test_b(): pass
        @pytest.mark.xfail(strict=True)
        def test_c(): pass
        @pytest.mark.skipif(True, reason="x")
        def test_d(): pass
        @pytest.mark.skipif(sys.version_info >= (3, 8), reason="x")
        def test_e(): pass
        @pytest.mark.skipif(sys.version_info[:2] < (3, 8), reason="x")
        def test_runs(): pass
        @pytest.mark.skipif(os.environ.get("X"), reason="x")
        def test_perhaps(): pass
        @unittest.skip("x")
        class Cases(unittest.TestCase):
            def test_a(self): pass
        class Others(unittest.TestCase):
            @unittest.expectedFailure
            def test_a(self): pass
            @unittest.skipUnless(sys.platform == "linux", "x")
            def test_b(self): pass
            @unittest.skipIf(sys.platform == "linux", "x")
            def test_c(self): pass
    """
    assert labels(source) == ["test_runs", "test_perhaps", "Others::test_b"]
    assert labels("import pytest\npytestmark = pytest.mark.skip\ndef test_a(): pass") == []


def test_a_problem_counts_every_case() -> None:
    source = "import pytest\n@pytest.mark.parametrize('x', range(4))\ndef test_a(x): pass\ndef test_b(): pass\n"
    assert count_all_tests(Problem((PytestTest(source),), entry_point="f")) == 5
    assert count_all_tests(Problem((PytestTest("def test_a(:"),), entry_point="f")) == 1
    assert count_cases("import pytest\n@pytest.mark.parametrize('x', range(10**9))\ndef test_a(x): pass\n") == 1


@pytest.mark.parametrize(
    ("source", "feature"),
    [
        ("def test_a(tmpdir): pass", "fixture tmpdir: is not offered: use tmp_path"),
        ("def test_a(mocker): pass", "fixture mocker: is not offered"),
        ("import pytest\n@pytest.fixture\ndef f(capfdbinary): pass", "fixture capfdbinary: is not offered"),
        ("import pytest\nclass TestA:\n    def test_a(self, benchmark): pass", "fixture benchmark"),
        ("import threading", "module threading: starts threads"),
        ("from concurrent.futures import ThreadPoolExecutor", "module concurrent"),
        ("import subprocess as sp\nsp.run(['ls'])", "subprocess.run: starts processes"),
        ("import inspect\ninspect.getsource(len)", "inspect.getsource"),
        ("from importlib import reload\nreload(x)", "importlib.reload"),
        ("import os\ndef test_a():\n    assert os.popen('ls').read()", "os.popen: starts processes"),
        ("from os import system\nsystem('ls')", "os.system: starts processes"),
        ("import pytest\n@pytest.mark.parametrize('x', [1], indirect=NAMES)\ndef test_a(x): pass", "indirect"),
        ("def pytest_configure(config): pass", "pytest_configure: hooks"),
        ("from unittest.mock import patch\n@patch.dict('solution.TABLE', {})\ndef test_a(): pass", "patch.dict"),
        ("import pytest\n@pytest.fixture\nasync def f(): pass", "async fixtures"),
    ],
)
def test_what_cannot_be_split_is_named_with_its_line(source: str, feature: str) -> None:
    found = unsupported_features(source)
    assert found
    line, told = found[0]
    assert feature in told
    assert 1 <= line <= len(source.splitlines())
    in_one_process = any(word in source for word in ("threading", "concurrent", "patch.dict"))
    assert bool(unsupported_features(source, shared=True)) is not in_one_process


@pytest.mark.parametrize(
    "source",
    [
        "def test_a(capsys, monkeypatch, request): pass",
        "import pytest\n@pytest.fixture(name='other')\ndef f(): pass\ndef test_a(other): pass",
        "import pytest\n@pytest.mark.parametrize('x, y', [(1, 2)], indirect=False)\ndef test_a(x, y): pass",
        "import pytest\n@pytest.mark.parametrize(('x',), [(1,)])\nclass TestA:\n    def test_a(self, x): pass",
        "from unittest.mock import patch\n@patch('builtins.input')\ndef test_a(mocked): pass",
        "import unittest\nclass A(unittest.TestCase):\n    def helper(self, x): pass\n    def test_a(self): pass",
        "def test_a(x=1): pass\ndef helper(y): pass",
        "def test_a(caplog, recwarn): pass",
        "import pytest, warnings\nwith pytest.warns(UserWarning), warnings.catch_warnings(): pass",
        "import inspect\nassert inspect.signature(f)",
        "import subprocess\nraise subprocess.CalledProcessError(1, ['ls'])",
        "import os\nfrom unittest.mock import patch\nwith patch('os.system'):\n    os.system('ls')",
        "def test_(",
    ],
)
def test_what_can_be_split_is_not_refused(source: str) -> None:
    assert unsupported_features(source) == ()
