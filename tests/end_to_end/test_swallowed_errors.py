"""Errors that Python, or an object of the solution, swallows: an answer that raises must not pass its test."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.core.grader import Grader

STOPS = "import asyncio\nclass Own({0}): pass\ndef f(*a): raise {0}\ndef g(*a): raise Own\nasync def h(*a): raise {0}\n"

SWALLOWED = {
    "all of a map": "assert all(map(lambda case: f(case[0]) == case[1], [(1, 2), (2, 4)]))",
    "of an own class": "assert all(map(lambda case: g(case[0]) == case[1], [(1, 2), (2, 4)]))",
    "a sum": "assert sum(map(f, [-1, -2])) == 0",
    "no any": "assert not any(map(f, [1, 2]))",
    "a filter": "assert list(filter(f, [1, 2])) == []",
    "a loop": "for got, want in zip(map(f, [1, 2]), [2, 4]):\n    assert got == want",
    "a sentinel": "assert list(iter(lambda: f(1), None)) == []",
    "an iterator of the test's": """
        class Results:
            def __iter__(self): return self
            def __next__(self): return f(1)
        for got in Results():
            assert got == 2
        """,
    "behind a handler that does not wait for it": """
        def one(case):
            try:
                return f(case) == 2
            except KeyError:
                return False
            finally:
                pass
        assert all(map(one, [1, 2]))
        """,
    "another is caught later": """
        results = list(map(f, [1, 2]))
        try:
            f(3)
        except StopIteration:
            pass
        assert results == []
        """,
    "from a callback": """
        items = iter([1])
        def take(n): return next(items)
        def each(n): return f(n)
        assert list(map(each, [1, 2])) == []
        """,
}
AWAITED = {
    "a task group": """
        async def one(x, want):
            assert await h(x) == want
        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(one(1, 2))
                group.create_task(one(2, 3))
        asyncio.run(main())
        """,
    "a wait": """
        async def one(x):
            assert await h(x) == x
        async def main():
            await asyncio.wait([asyncio.create_task(one(x)) for x in range(3)])
        asyncio.run(main())
        """,
    "a gathering": """
        async def main():
            got = await asyncio.gather(h(1), h(2), return_exceptions=True)
            assert len(got) == 2
        asyncio.run(main())
        """,
}
ITERATED = """
class Results:
    def __aiter__(self): return self
    async def __anext__(self): return await h(1)
async def main():
    async for got in Results():
        assert got == 2
asyncio.run(main())
"""


def suite(tests: Iterable[str], head: str = "") -> dict[str, str]:
    functions = (f"def test_{place}():\n{indent(dedent(test), '    ')}\n" for place, test in enumerate(tests))
    return {"pytest": f"import asyncio\nfrom solution import *\n{head}\n" + "".join(functions)}


def passed(grader: Grader, answer: str, *tests: dict[str, str], entry_point: str = "f") -> list[bool]:
    reference = {"entry_point": entry_point, "tests": list(tests)}
    grade = grader.grade(Sample("swallowed", f"```python\n{dedent(answer)}\n```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert [test.detail for test in grade.tests if test.verdict == "internal"] == []
    return [test.verdict == "passed" for test in grade.tests]


@pytest.mark.parametrize("form", ["assert", "check", "pytest"])
def test_an_exception_that_ends_an_iteration_passes_no_test(grader: Grader, form: str) -> None:
    answer, sources = STOPS.format("StopIteration"), [dedent(source).strip() for source in SWALLOWED.values()]
    if form == "pytest":
        assert passed(grader, answer, suite(sources)) == [False] * len(sources)
    elif form == "assert":
        assert passed(grader, answer, *({"assert": source} for source in sources)) == [False] * len(sources)
    else:
        checks = [{"check": "def check(candidate):\n" + indent(source, "    ")} for source in sources]
        assert True not in passed(grader, answer, *checks)


def test_a_check_fails_the_assertion_that_was_not_met(grader: Grader) -> None:
    check = """
        def check(candidate):
            assert not any(map(candidate, [1, 2]))
            assert 1 < len('xy')
            assert list(map(candidate, [1])) == []
            assert candidate is not None
        """
    told = passed(grader, STOPS.format("StopIteration"), {"check": dedent(check)})
    assert told == [False, True, False, True]


@pytest.mark.parametrize("form", ["assert", "pytest"])
def test_a_cancelled_task_passes_nothing(grader: Grader, form: str) -> None:
    answer, sources = STOPS.format("asyncio.CancelledError"), [dedent(source).strip() for source in AWAITED.values()]
    tests = [suite(sources)] if form == "pytest" else [{"assert": f"import asyncio\n{source}"} for source in sources]
    assert passed(grader, answer, *tests) == [False] * len(sources)
    class_ = """
        import asyncio, unittest
        from solution import h
        class TestIt(unittest.IsolatedAsyncioTestCase):
            async def test_it(self):
                async def one(x): self.assertEqual(await h(x), x)
                await asyncio.wait([asyncio.create_task(one(x)) for x in range(3)])
        """
    assert passed(grader, answer, {"pytest": dedent(class_)}) == [False]


def test_an_exception_that_ends_an_asynchronous_iteration_passes_nothing(grader: Grader) -> None:
    assert passed(grader, STOPS.format("StopAsyncIteration"), suite([ITERATED])) == [False]


def test_an_error_swallowed_before_the_tests_fails_all_that_use_it(grader: Grader) -> None:
    answer = STOPS.format("StopIteration")
    loop = "for one in GOT: assert one == 2"
    assert passed(grader, answer, suite([loop, loop], "GOT = list(map(f, [1, 2]))")) == [False, False]
    fixture = "import pytest\n@pytest.fixture(scope='module')\ndef got(): return list(map(f, [1, 2]))"
    source = suite([], fixture)["pytest"] + "".join(
        f"def test_{place}(got):\n    for one in got: assert one == 2\n" for place in range(2)
    )
    assert passed(grader, answer, {"pytest": source}) == [False, False]
    of_class = """
        import unittest
        from solution import f
        class TestIt(unittest.TestCase):
            @classmethod
            def setUpClass(cls): cls.got = list(map(f, [1, 2]))
            def test_a(self): self.assertFalse([one for one in self.got if one != 2])
            def test_b(self): self.assertFalse([one for one in self.got if one != 2])
        """
    assert passed(grader, answer, {"pytest": dedent(of_class)}) == [False, False]
    setup = {"entry_point": "f", "setup": "GOT = list(map(f, [1, 2]))", "tests": [{"assert": loop}, {"assert": loop}]}
    grade = grader.grade(Sample("setup", f"```python\n{answer}\n```", setup))
    assert [test.verdict for test in grade.tests] == ["exception", "exception"]


CATCHES = """
import pytest, contextlib, unittest

def test_raises():
    with pytest.raises(StopIteration):
        f(1)

def test_raises_of_a_base():
    with pytest.raises(Exception) as info:
        g(1)
    assert isinstance(info.value, StopIteration)
    pytest.raises(StopIteration, f, 1)

def test_handler():
    for _ in range(200):
        try:
            f(1)
        except StopIteration as error:
            assert error.args == ()
        else:
            assert False

def test_handler_of_all():
    def one(x):
        try:
            return f(x)
        except Exception:
            return None
    assert all(map(lambda x: one(x) is None, [1, 2]))

def test_suppress():
    with contextlib.suppress(StopIteration):
        f(1)
        assert False

def test_generator():
    with pytest.raises(RuntimeError, match="generator raised StopIteration"):
        list(f(x) for x in [1, 2])

class TestIt(unittest.TestCase):
    def test_it(self):
        with self.assertRaises(StopIteration):
            f(1)
        self.assertRaises(StopIteration, f, 1)
        with self.assertRaisesRegex(StopIteration, "^$"):
            f(1)
"""

ITERATES = """
import pytest

def test_loop():
    assert [one for one in Count(3)] == [1, 2, 3]
    assert all(map(lambda pair: pair[0] == pair[1], zip(Count(2), [1, 2])))
    assert list(zip(Count(5), "ab")) == [(1, "a"), (2, "b")]

def test_end():
    ones = iter(Count(1))
    assert next(ones) == 1
    with pytest.raises(StopIteration):
        next(ones)
    with pytest.raises(StopIteration):
        ones.__next__()
    assert next(ones, None) is None

def test_old_name():
    ones = Count(1)
    assert ones.next() == 1
    with pytest.raises(StopIteration):
        ones.next()

def test_generator():
    assert list(count(3)) == [1, 2, 3]
    talk = echo()
    assert next(talk) is None
    assert talk.send(5) == 5
    try:
        talk.send(None)
        assert False
    except StopIteration as end:
        assert end.value == "over"

def test_asynchronous():
    async def main():
        assert [one async for one in Slow(3)] == [1, 2, 3]
        assert [one async for one in slowly(3)] == [1, 2, 3]
        ones = aiter(Slow(1))
        assert await anext(ones) == 1
        assert await anext(ones, None) is None
        with pytest.raises(StopAsyncIteration):
            await anext(ones)
        with pytest.raises(StopAsyncIteration):
            await ones.__anext__()
        assert await asyncio.wait_for(Slow(1).__anext__(), 5) == 1
    asyncio.run(main())

def test_cancelled():
    async def main():
        with pytest.raises(asyncio.CancelledError):
            await cancelled()
        try:
            await asyncio.create_task(cancelled())
        except asyncio.CancelledError:
            pass
        task = asyncio.create_task(forever())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
    asyncio.run(main())
"""

COUNTS = """
import asyncio

class Count:
    def __init__(self, most):
        self.most, self.at = most, 0
    def __iter__(self):
        return self
    def __next__(self):
        if self.at == self.most:
            raise StopIteration
        self.at += 1
        return self.at
    def next(self):
        return next(self)

def count(most):
    yield from Count(most)

def echo():
    got = yield
    yield got
    return "over"

class Slow:
    def __init__(self, most):
        self.ones = Count(most)
    def __aiter__(self):
        return self
    async def __anext__(self):
        await asyncio.sleep(0)
        try:
            return next(self.ones)
        except StopIteration:
            raise StopAsyncIteration from None

async def slowly(most):
    async for one in Slow(most):
        yield one

async def cancelled():
    task = asyncio.create_task(asyncio.sleep(100))
    await asyncio.sleep(0)
    task.cancel()
    await task

async def forever():
    await asyncio.sleep(1000)
"""


def test_tests_that_catch_it_themselves_pass(grader: Grader) -> None:
    assert passed(grader, STOPS.format("StopIteration"), suite([], CATCHES)) == [True] * 7
    caught = "try:\n    f(1)\n    assert False\nexcept StopIteration:\n    pass"
    check = "def check(candidate):\n    ended = False\n" + indent(caught.replace("f(", "candidate("), "    ")
    check = check.replace("pass", "ended = True") + "\n    assert ended\n"
    assert passed(grader, STOPS.format("StopIteration"), {"assert": caught}, {"check": check}) == [True, True]


def test_iterators_generators_and_cancelled_tasks_work_as_ever(grader: Grader) -> None:
    assert passed(grader, COUNTS, suite([], ITERATES), entry_point="Count") == [True] * 6


MANAGER = """
class f:
    def __init__(self, *a): self.value = 99
    def __enter__(self): return {entered}
    def __exit__(self, *a): return {said}
    async def __aenter__(self): return {entered}
    async def __aexit__(self, *a): return {said}
    def get(self, *a): raise KeyError(a)
"""
UNDONE = {
    "an assertion": "with f(1) as v:\n    assert v == 3",
    "a value of another kind": "with f(1) as v:\n    assert v['k'] == 3",
    "a value of another kind, before the assertion": "with f(1) as v:\n    found = v['k']\n    assert found == 3",
    "a call in an assertion": "with f(1) as v:\n    assert v.get('k') == 3",
    "a call in part of an assertion": "with f(1) as v:\n    assert (\n        v.get('k') == 3\n        and v\n    )",
    "a call in a generator": "with f(1) as v:\n    assert all(v.get(k) == 3 for k in 'ab')",
    "an assertion in a function": "def sound(v):\n    assert v == 3\nwith f(1) as v:\n    sound(v)",
    "an asynchronous block": "async def main():\n    async with f(1) as v:\n        assert v == 3\nasyncio.run(main())",
    "a value in an asynchronous block": (
        "async def main():\n    async with f(1) as v:\n        assert v['k'] == 3\nasyncio.run(main())"
    ),
    "a stack": "with contextlib.ExitStack() as stack:\n    v = stack.enter_context(f(1))\n    assert v == 3",
}


@pytest.mark.parametrize("said", ["True", "1", "'yes'", "[0]", "self"])
@pytest.mark.parametrize("entered", ["99", "None", "self"])
def test_no_context_manager_undoes_a_failure(grader: Grader, entered: str, said: str) -> None:
    answer = MANAGER.format(entered=entered, said=said)
    class_ = """
import unittest
class TestIt(unittest.TestCase):
    def test_equal(self):
        with f(1) as v:
            self.assertEqual(v, 3)
    def test_raised(self):
        with f(1) as v:
            self.assertEqual(v.get('k'), 3)
"""
    told = passed(grader, answer, suite(UNDONE.values(), "import contextlib" + class_))
    assert told == [False] * (len(UNDONE) + 2)


SUPPRESSES = """
import contextlib, json, pytest

class Odd(Exception): pass

def fail(): raise Odd("odd")

def test_its_own():
    with f(1) as v:
        v.get("k")
        assert False
    assert v.value == 99

@pytest.mark.parametrize("act", [0, 1])
def test_raised_by_the_test(act):
    with f(1):
        if act:
            raise ValueError("x")
        fail()

def test_plain_accidents():
    with f(1):
        1 / 0
    with f(1):
        int("x")
    with f(1):
        {}["k"]
    with f(1):
        json.loads("{")
    with f(1):
        undefined

def test_asynchronous():
    async def main():
        async with f(1) as v:
            raise ValueError("x")
        async with f(1) as v:
            v.get("k")
    asyncio.run(main())

def test_asked():
    assert f(1).__exit__(ValueError, ValueError("x"), None)
    assert f(1).__exit__(None, None, None)

def test_stack():
    with contextlib.ExitStack() as stack:
        stack.enter_context(f(1))
        raise ValueError("x")
"""


def test_a_context_manager_suppresses_what_it_is_meant_to(grader: Grader) -> None:
    assert passed(grader, MANAGER.format(entered="self", said="True"), suite([], SUPPRESSES)) == [True] * 7
    said_no = passed(grader, MANAGER.format(entered="self", said="None"), suite([], SUPPRESSES))
    assert said_no == [False] * 7


def test_names_of_star_imports_from_elsewhere_are_not_taken_from_the_answer(grader: Grader) -> None:
    forged = "def isclose(*a, **k): return True\ndef approx(x): return x\ndef f(*a): return 0\n"
    source = "from math import *\nfrom solution import *\ndef test_it():\n    assert isclose(f(1), 3.5)\n"
    for text in (source, source.replace("math", "pytest").replace("isclose(f(1), 3.5)", "approx(f(1)) == approx(3)")):
        assert passed(grader, forged, {"pytest": text}) == [False]
        grade = grader.grade(Sample("star", f"```python\n{forged}\n```", {"tests": [{"pytest": text}]}))
        assert [test.verdict for test in grade.tests] == ["wrong_answer"]


def test_the_entry_point_is_taken_from_the_answer_even_if_others_have_it(grader: Grader) -> None:
    source = "from math import *\nfrom solution import *\ndef test_it():\n    assert gcd(12, 18) == 6 == sqrt(36)\n"
    right = "def gcd(a, b):\n    return gcd(b, a % b) if b else a\n"
    wrong = "def gcd(a, b):\n    return a\n"
    for answer, verdict in ((right, True), (wrong, False)):
        assert passed(grader, answer, {"pytest": source}, entry_point="gcd") == [verdict]
        grade = grader.grade(Sample("star", f"```python\n{answer}\n```", {"tests": [{"pytest": source}]}))
        assert [test.verdict == "passed" for test in grade.tests] == [verdict]


def test_an_answer_that_is_a_missing_module_is_wrong(grader: Grader) -> None:
    check = "def check(candidate):\n    raise candidate('x')\n"
    source = "from solution import f\ndef test_it():\n    raise f('x')\n"
    assert passed(grader, "f = ImportError", {"check": check}, {"pytest": source}) == [False, False]


def test_a_missing_module_that_tests_import_breaks_the_tests(grader: Grader) -> None:
    wants = ["import no_such", "try:\n    import no_such\nexcept ImportError:\n    raise ImportError('get no_such')"]
    for source in (*wants, "raise ImportError('get no_such')", "import importlib\nimportlib.import_module('no_such')"):
        grade = grader.grade(
            Sample("x", "```python\ndef f(): return 1\n```", {"tests": [{"assert": source + "\nassert f() == 1"}]})
        )
        assert grade.status is not GradeStatus.SCORED, source


def test_a_manager_may_suppress_what_no_answer_has_caused(grader: Grader) -> None:
    suite = "from solution import f\n\n\ndef test_constant():\n    with f(1) as v:\n        int('x')\n    assert v\n"
    suite += "\n\ndef test_division():\n    with f(1) as v:\n        1 / 0\n    assert v\n"
    answer = MANAGER.format(entered="self", said="a[0] is not None")
    grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": suite}))
    assert [test.verdict for test in grade.tests] == ["passed"] * 2, grade.reason
