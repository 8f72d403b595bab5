"""Answers with honest objects, whose classes compute with the test's own data, and whose state changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

ANSWER = """
import math

class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)
    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)
    def __mul__(self, other):
        if isinstance(other, Vector):
            return self.x * other.x + self.y * other.y
        return Vector(self.x * other, self.y * other)
    __rmul__ = __mul__
    def __truediv__(self, other):
        return Vector(self.x / other, self.y / other)
    def __neg__(self):
        return Vector(-self.x, -self.y)
    def __abs__(self):
        return math.hypot(self.x, self.y)
    def __eq__(self, other):
        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
    def __iter__(self):
        return iter((self.x, self.y))
    def __str__(self):
        return f"({self.x}, {self.y})"
    @classmethod
    def unit(cls):
        return cls(1, 0)

class Ratio:
    def __init__(self, a, b):
        self.a, self.b = a, b
    def __float__(self):
        return self.a / self.b
    def __sub__(self, other):
        return Ratio(self.a * other.b - other.a * self.b, self.b * other.b)
    def __eq__(self, other):
        return float(self) == float(other)
    def __lt__(self, other):
        return float(self) < float(other)

class Money(int):
    def __add__(self, other):
        return Money(int(self) + int(other))
    def __mul__(self, other):
        return Money(int(self) * other)
    def __mod__(self, other):
        return Money(int(self) % other)

class Stack:
    def __init__(self):
        self.items = []
    def push(self, item):
        self.items.append(item)
        return self
    def pop(self):
        return self.items.pop()
    def __len__(self):
        return len(self.items)
    def __contains__(self, item):
        return item in self.items
    def __iadd__(self, item):
        self.items.append(item)
        return self
    def __str__(self):
        return ",".join(map(str, self.items))

class Account:
    def __init__(self):
        self.balance = 0.0
    def deposit(self, amount):
        self.balance += amount
    def __float__(self):
        return self.balance

class Pair(tuple):
    pass

class Name(str):
    def startswith(self, prefix, *places):
        return self.lower().__str__().startswith(prefix.lower(), *places)

class Text:
    def __init__(self, text):
        self.text = text
    def __iter__(self):
        return iter(self.text)
    def __len__(self):
        return len(self.text)
    def __str__(self):
        return self.text
    def __eq__(self, other):
        return str(self) == str(other)
    def upper(self):
        return Text(self.text.upper())

class Cache:
    def __init__(self, clock):
        self.clock = clock
    def __len__(self):
        return 1 if self.clock() < 10 else 0

class Trie:
    def __init__(self, *words):
        self.words = words
    def startswith(self, prefix):
        return any(word.startswith(prefix) for word in self.words)

def stack():
    return Stack()

def tally(*items):
    class Tally(dict):
        pass
    return Tally((item, items.count(item)) for item in items)

class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __complex__(self):
        return complex(self.x, self.y)
    def __abs__(self):
        return abs(complex(self))
    def __eq__(self, other):
        return complex(self) == other

def point(x, y):
    return Point(x, y)

class Number:
    def __init__(self, n):
        self.n = n
    def __index__(self):
        return self.n
    def __float__(self):
        return float(self.n)
    def __bool__(self):
        return self.n != 0
    def __eq__(self, other):
        return self.n == other

def number(n):
    return Number(n)
"""
TESTS = [
    "assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)",
    "assert Vector(3, 4) - Vector(1, 1) == Vector(2, 3)",
    "assert (Vector(3, 4) - Vector(1, 1)) * 2 == Vector(4, 6)",
    "assert Vector(1, 2) * 3 == Vector(3, 6) and 3 * Vector(1, 2) == Vector(3, 6)",
    "assert Vector(1, 2) * Vector(3, 4) == 11",
    "assert Vector(2, 4) / 2 == Vector(1, 2)",
    "assert -Vector(2, 4) * 2 == Vector(-4, -8)",
    "assert abs(Vector(3, 4)) == 5.0",
    "assert Vector.unit() * 2 == Vector(2, 0)",
    "assert sum([Vector(1, 1), Vector(1, 2)], Vector(0, 0)) == Vector(2, 3)",
    "assert str(Vector(1, 2)) == '(1, 2)' and f'{Vector(1, 2)}' == '(1, 2)'",
    "assert list(Vector(1, 2)) == [1, 2] and 2 in Vector(1, 2)",
    "assert float(Ratio(1, 2)) == 0.5 and Ratio(1, 2) == 0.5",
    "assert Ratio(1, 2) - Ratio(1, 2) == 0 and Ratio(0, 1) == 0",
    "assert Ratio(1, 3) < Ratio(1, 2)",
    "assert Money(5) * 2 == Money(10) and Money(5) * 2 == 10",
    "assert Money(5) + 3 == 8 and Money(5) % 3 == 2 and Money(5) < 6",
    "s = Stack()\nassert not s and len(s) == 0\ns.push(3)\nassert s and len(s) == 1\ns.pop()\nassert not s",
    "s = Stack()\ns += 4\nassert len(s) == 1 and 4 in s and 5 not in s and str(s) == '4'",
    "s = stack()\nassert not s and len(s) == 0 and str(s) == ''\ns.push(3)\nassert s and len(s) == 1 and str(s) == '3'",
    "s = stack()\nassert not s\ns.items = [1, 2]\nassert len(s) == 2",
    "a = Account()\na.deposit(5)\nassert float(a) == 5.0\na.deposit(2.5)\nassert float(a) == 7.5",
    "assert Pair((1, 2)) == (1, 2) and len(Pair((1, 2))) == 2",
    "assert Name('Hello').startswith('heLL') and not Name('Hello').startswith('x')",
    "assert Text('ab') == 'ab' and Text('ab').upper() == 'AB' and len(Text('ab')) == 2",
    "now = [0]\nc = Cache(lambda: now[0])\nassert len(c) == 1\nnow[0] = 11\nassert len(c) == 0",
    "assert Trie('abc').startswith('ab') and not Trie('abc').startswith('b')",
    "t = tally('a', 'a')\nassert t == {'a': 2} and t.get('a') == 2 and t.get('c') is None and 'c' not in t",
    "t = tally('a')\nt.update({'b': 7})\nassert t.get('b') == 7 and sorted(t.items()) == [('a', 1), ('b', 7)]",
    "assert Point(3, 4) == 3 + 4j and abs(Point(3, 4)) == 5.0 and point(3, 4) == 3 + 4j and not point(3, 4) == 3",
    "assert number(3) == 3 and number(3) == 3.0 and number(0) == 0 and [number(1)] == [1] and number(1) == True",
    "class Kid(Vector):\n    pass\nassert Kid(1, 2) * 3 == Vector(3, 6) and abs(Kid(3, 4)) == 5.0",
]


@pytest.mark.parametrize("entry_point", ["Vector", None])
def test_honest_objects_pass_in_assertions(grader: Grader, entry_point: str | None) -> None:
    reference = {"entry_point": entry_point, "tests": [{"assert": source} for source in TESTS]}
    grade = grader.grade(Sample("honest", f"```python\n{ANSWER}```", reference))
    became = [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"]
    assert became == []
    assert len(grade.tests) == len(TESTS)


def test_honest_objects_pass_in_a_suite(grader: Grader) -> None:
    suite = "from solution import *\n\n"
    for number, source in enumerate(TESTS):
        suite += f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.split("\n")) + "\n"
    grade = grader.grade(Sample("honest", f"```python\n{ANSWER}```", {"tests": [{"pytest": suite}]}))
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []


def test_a_class_that_the_prompt_names_may_be_spelled_like_a_function(grader: Grader) -> None:
    """Without the prompt it cannot be distinguished from a function."""
    answer = "class money:\n    def __init__(self, n): self.n = n\n    def __sub__(self, k): return money(self.n - k)\n"
    answer += "    def __eq__(self, other): return isinstance(other, money) and self.n == other.n\n"
    reference = {"entry_point": "money", "tests": [{"assert": "assert money(8) - 2 == money(6)"}]}
    for prompt, verdict in [("class money:\n    ...\n", "passed"), ("", "wrong_answer")]:
        grade = grader.grade(Sample("money", f"```python\n{answer}```", {**reference, "prompt": prompt}))
        assert [test.verdict for test in grade.tests] == [verdict]
