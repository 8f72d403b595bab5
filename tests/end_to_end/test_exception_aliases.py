"""Built-in exception classes under a name of the answer: they never catch what the test itself has raised."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

IMPORTS = "import contextlib, pytest, solution, unittest\nfrom solution import ParseError, Parser, parse"

MUST_RAISE = {
    "a clause": """
        try:
            parse("x")
            assert False, "should raise"
        except ParseError:
            pass
        """,
    "a clause of several": """
        try:
            parse("x")
            assert parse is None
        except (KeyError, ParseError) as error:
            assert error is not None
        """,
    "a clause in a loop": """
        for text in ("x", "y"):
            try:
                parse(text)
            except ParseError:
                continue
            else:
                raise AssertionError(text)
        """,
    "a raise": """
        try:
            parse("x")
            raise RuntimeError("should raise")
        except ParseError:
            pass
        """,
    "a class in a variable": """
        expected = ParseError
        try:
            parse("x")
            assert False
        except expected:
            pass
        """,
    "a group": """
        try:
            parse("x")
            assert False
        except* ParseError:
            pass
        """,
    "suppress": """
        raised = True
        with contextlib.suppress(ParseError):
            parse("x")
            raised = False
            assert raised
        assert raised
        """,
    "an own context manager": """
        class Raises:
            def __enter__(self): return self
            def __exit__(self, kind, error, trace):
                if kind is None:
                    raise AssertionError("should raise")
                return issubclass(kind, ParseError) or isinstance(error, ParseError)
        with Raises():
            parse("x")
            assert False
        """,
}
IN_SUITES = {
    "raises": """
        with pytest.raises(ParseError):
            parse("x")
            pytest.fail("should raise")
        """,
    "raises and asserts": """
        with pytest.raises(ParseError):
            assert parse("x") is None
        """,
    "an attribute of the module": """
        with pytest.raises(solution.ParseError):
            assert parse("x") is None
        """,
    "an attribute of a class": """
        with pytest.raises(Parser.Error):
            assert parse("x") is None
        """,
    "an attribute of an object": """
        with pytest.raises(Parser().Error):
            assert parse("x") is None
        """,
    "what a function returns": """
        with pytest.raises(Parser().error()):
            assert parse("x") is None
        """,
    "assertRaises": """
        case = unittest.TestCase()
        with case.assertRaises(ParseError):
            parse("x")
            case.fail("should raise")
        """,
    "assertRaisesRegex": """
        case = unittest.TestCase()
        with case.assertRaisesRegex(ParseError, "no"):
            case.assertEqual(parse("x"), None)
        """,
}
CLASSES = {
    "AssertionError": "ParseError = AssertionError",
    "Exception": "ParseError = Exception",
    "BaseException": "ParseError = BaseException",
    "a tuple": "ParseError = (ValueError, AssertionError, RuntimeError)",
    "everything by its metaclass": """
        class Meta(type):
            def __instancecheck__(cls, other): return True
            def __subclasscheck__(cls, other): return True
            def __eq__(cls, other): return True
            __hash__ = type.__hash__
        class ParseError(Exception, metaclass=Meta): pass
        """,
    "a class of an assertion": "class ParseError(AssertionError): pass",
}
ANSWER = """
class Parser:
    Error = ParseError
    def error(self): return ParseError
def parse(text): return text
"""
HONEST_ANSWER = """
ParseError = ValueError
class Parser:
    Error = ParseError
    def error(self): return KeyError
def parse(text): raise ValueError("no " + text)
def call(function):
    try:
        return function()
    except ParseError:
        return "caught"
"""
HONEST = {
    "a clause": MUST_RAISE["a clause"],
    "a clause of several": MUST_RAISE["a clause of several"],
    "a clause in a loop": MUST_RAISE["a clause in a loop"],
    "a group": MUST_RAISE["a group"],
    "suppress": """
        with contextlib.suppress(ParseError):
            parse("x")
            assert False
        """,
    "an own context manager": MUST_RAISE["an own context manager"],
    **IN_SUITES,
    "is and equal": """
        assert ParseError is ValueError and ValueError is ParseError and ParseError is not KeyError
        assert ParseError == ValueError and ParseError in (ValueError, KeyError)
        assert Parser().error() is KeyError and {KeyError: 1}[Parser().error()] == 1
        case = unittest.TestCase()
        case.assertIs(ParseError, ValueError)
        case.assertIsNot(ParseError, KeyError)
        assert ParseError.__name__ == "ValueError" and repr(ParseError) == "<class 'ValueError'>"
        """,
    "a subclass": """
        assert issubclass(ParseError, ValueError) and issubclass(UnicodeError, ParseError)
        assert not issubclass(KeyError, ParseError)
        class Own(ParseError): pass
        with pytest.raises(ParseError):
            raise Own("x")
        """,
    "what it makes": """
        error = ParseError("x")
        assert type(error) is ParseError and isinstance(error, ParseError) and str(error) == "x"
        with pytest.raises(ParseError, match="x"):
            raise ParseError("x")
        with pytest.raises(ParseError) as caught:
            parse("y")
        assert isinstance(caught.value, ParseError) and type(caught.value) is ParseError
        assert caught.type is ValueError and caught.errisinstance(ParseError)
        """,
    "an error of a callback": """
        def fail(): raise ParseError("x")
        assert call(fail) == "caught"
        def miss(): raise KeyError("x")
        with pytest.raises(KeyError):
            call(miss)
        """,
    "a failure that the test names": """
        with pytest.raises(AssertionError):
            assert parse is None
        try:
            assert parse is None
        except AssertionError:
            pass
        """,
}


def passed(grader: Grader, answer: str, *tests: dict[str, str]) -> list[bool]:
    reference = {"entry_point": "parse", "tests": list(tests)}
    grade = grader.grade(Sample("aliases", f"```python\n{dedent(answer)}\n```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    return [test.verdict == "passed" for test in grade.tests]


def suite(sources: list[str]) -> dict[str, str]:
    tests = (f"def test_{place}():\n{indent(dedent(source), '    ')}\n" for place, source in enumerate(sources))
    imports = f"{IMPORTS}, call" if any("call(" in source for source in sources) else IMPORTS
    return {"pytest": imports + "\n" + "".join(tests)}


@pytest.mark.parametrize("kind", CLASSES)
def test_no_class_of_the_answer_catches_the_failure_of_a_test(grader: Grader, kind: str) -> None:
    answer = dedent(CLASSES[kind]) + ANSWER
    sources = [*MUST_RAISE.values(), *IN_SUITES.values()]
    assert passed(grader, answer, suite(sources)) == [False] * len(sources)
    plain = [f"import contextlib\n{dedent(source)}" for source in MUST_RAISE.values()]
    assert passed(grader, answer, *({"assert": source} for source in plain)) == [False] * len(plain)
    checks = [{"check": "def check(candidate):\n" + indent(source, "    ")} for source in plain]
    assert True not in passed(grader, answer, *checks)


def test_an_honest_name_for_a_built_in_class_is_that_class(grader: Grader) -> None:
    sources = list(HONEST.values())
    told = passed(grader, HONEST_ANSWER, suite(sources))
    wrong = [name for name, ok in zip(HONEST, told, strict=True) if not ok]
    assert wrong == ["what a function returns"]  # a KeyError, which is not what parse raises


@pytest.mark.parametrize("name", [name for name in HONEST if name in MUST_RAISE])
def test_honest_checks_and_assertions(grader: Grader, name: str) -> None:
    source = f"import contextlib\n{dedent(HONEST[name])}"
    check = "def check(candidate):\n" + indent(source, "    ")
    assert False not in passed(grader, HONEST_ANSWER, {"assert": source}, {"check": check})
