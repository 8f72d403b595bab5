"""Padding that costs nothing to write never raises the style of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.scoring import style_score
from sandbox.processes.analyzer.code_lines import code_lines
from sandbox.processes.analyzer.inspection import measure_style

UGLY = """\
import os,sys,re,json
from math import *
def add( a,b ):
  x=1;y=2
  if a==None: return None
  l = lambda q:q
  return a+b
"""
SOURCES = [
    UGLY,
    "def add(a,b): return a+b\n",
    "import sys\n\n\ndef add(a, b):\n    total = a+b\n    return a+b\n",
    "class Sum :\n  def __init__(self,a) :\n    self.a=a\n  def add(self,b): return self.a+b\ndef add(a): return 1\n",
    "n=int( input() )\nfor i in range(n) :\n  a,b=map( int,input().split() )\n  print( a+b )\n",
    "def add(a, b):\n    def inner( c ): return c+b\n    return inner( a )\n",
    "def add(a, b):\n    return a + b\n",
]
HELPER = "def helper{0}(first, second):\n    total = first + second\n    return total * {0}\n"
TABLE = "TABLE = [\n" + "".join(f"    {number},\n" for number in range(20)) + "]\n"
BLOCKS = [
    "# note\n",
    "# A longer comment, which says nothing of what the code below does, or why\n",
    "\n",
    '"""Text."""\n',
    '"""\n' + "A line of text.\n" * 20 + '"""\n',
    'TEXT = """\n' + "A line of text.\n" * 20 + '"""\n',
    "pass\n",
    "0\n",
    "VALUE = 1\n",
    TABLE,
    "if False:\n    print(1)\n    print(2)\n",
    "if 0:\n    import os\n\n    print(os.name)\n",
    "while False:\n    print(3)\n",
    "for _ in ():\n    print(4)\n",
    "if 1 > 2:\n    print(5)\n",
    'len("")\n',
]
DEFINITIONS = [
    "\n\n".join(HELPER.format(number) + "\n" for number in range(count)).rstrip("\n") + "\n" for count in (1, 5, 50)
] + ["class Neat:\n    def first(self):\n        return self\n\n    def second(self):\n        return self.first()\n"]
PADDINGS = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=30).map("".join) | st.sampled_from(DEFINITIONS)


def style(source: str) -> float:
    return style_score(measure_style(source))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(SOURCES), PADDINGS, st.booleans())
def test_padding_before_or_after_the_code_hardly_raises_its_style(source: str, padding: str, before: bool) -> None:
    padded = f"{padding}\n\n{source}" if before else f"{source}\n\n{padding}"
    # Blank lines too many before the padding balance missing ones in the code: by 0.02 at most in what was found.
    assert style(padded) <= style(source) + 0.03


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=30), st.booleans())
def test_padding_inside_a_function_never_raises_its_style(blocks: list[str], last: bool) -> None:
    source = "def add( a,b ):\n    x=a;y=b\n    return x+y\n"
    lines = "".join(blocks).splitlines()
    padding = "".join(f"    {line}\n" if line else "\n" for line in lines)
    head, body = source.split("\n", 1)
    padded = source + padding if last else f"{head}\n{padding}{body}"
    assert measure_style(padded) is not None
    assert style(padded) <= style(source) + 1e-9


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "runner",
    [
        "exec({})",
        "code = {}\nexec(code)",
        "run = exec\nrun({})",
        "exec(compile({}, 'a', 'exec'))",
        "from builtins import exec as run\nrun({})",
        "import builtins\nbuiltins.exec({})",
        "import builtins\ngetattr(builtins, 'exec')({})",
        "__import__('builtins').exec({})",
        "__builtins__['exec']({})",
        "eval(compile({}, 'a', 'exec'))",
        "code = {}\neval(code)",
        "exec('' + {})",
        "exec('\\n'.join([{}]))",
    ],
)
def test_code_inside_a_text_has_no_style(source: str, runner: str) -> None:
    assert style(runner.format(repr(source)) + "\n") == 0.0


@pytest.mark.parametrize(
    "source",
    ["print(eval(input()))\n", "import sys\n\nfor line in sys.stdin:\n    print(eval(line))\n",
     "def add(a, b):\n    return eval(a + '+' + b)\n", "import re\n\nprint(re.compile('a').match(input()))\n",
     "def compile(a):\n    return a\n\n\nprint(compile('a'))\n"],
)  # fmt: skip
def test_values_that_are_read_by_eval_are_no_code_in_a_text(source: str) -> None:
    assert style(source) > 0.9


@pytest.mark.parametrize(
    ("neat", "commented"),
    [
        ("x = print(1)\n", "# One.\nx = print(1)  # two\n"),
        ("def f(a):\n    return a\n", 'def f(a):\n    """Return it."""\n    # Now.\n    return a\n'),
        ("def f(a):\n    b = a\n\n    return b\n", "def f(a):\n    b = a\n\n    # Now.\n\n    return b\n"),
        ("x = [\n    print(1),\n]\n", "x = [\n    # One:\n    print(1),  # one\n]\n"),
    ],
)
def test_comments_change_nothing_of_neat_code(neat: str, commented: str) -> None:
    assert style(neat) == style(commented) == 1.0


def test_a_line_holds_its_code_and_only_the_start_of_a_text() -> None:
    source = """\
'''Doc'''
x = '''a
b''' + f(  # c
    'd'
)
# e

y = f'{x}' 'long long long long text'
"""
    assert [(line.number, line.text) for line in code_lines(source)] == [
        (2, "x = '''a + f("),
        (4, "    'd'"),
        (5, ")"),
        (7, ""),
        (8, "y = f'{x}' 'long long long '"),
        (9, ""),
    ]
