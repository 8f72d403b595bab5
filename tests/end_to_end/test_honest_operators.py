"""Honest classes with operators, as suites for classes use them: what test code constructs, computes and is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

ANSWER = """
import functools
import math
from dataclasses import dataclass
from enum import Enum, IntEnum


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)
    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)
    def __mul__(self, k):
        return Vector(self.x * k, self.y * k) if isinstance(k, (int, float)) else self.x * k.x + self.y * k.y
    __rmul__ = __mul__
    def __truediv__(self, k):
        return Vector(self.x / k, self.y / k)
    def __neg__(self):
        return Vector(-self.x, -self.y)
    def __abs__(self):
        return math.hypot(self.x, self.y)
    def __eq__(self, other):
        return self.x == other.x and self.y == other.y
    def __hash__(self):
        return hash((self.x, self.y))
    def __iter__(self):
        yield self.x
        yield self.y
    def __bool__(self):
        return bool(self.x or self.y)
    def __repr__(self):
        return f"Vector({self.x}, {self.y})"
    def normalized(self):
        return self / abs(self)
    def me(self):
        return self
    @property
    def opposite(self):
        return -self


@functools.total_ordering
class Money:
    def __init__(self, amount):
        self.amount = amount
    def __add__(self, other):
        return Money(self.amount + (other.amount if isinstance(other, Money) else other))
    __radd__ = __add__
    def __sub__(self, other):
        return Money(self.amount - (other.amount if isinstance(other, Money) else other))
    def __mul__(self, k):
        return Money(self.amount * k)
    def __eq__(self, other):
        return self.amount == (other.amount if isinstance(other, Money) else other)
    def __lt__(self, other):
        return self.amount < (other.amount if isinstance(other, Money) else other)
    def __hash__(self):
        return hash(self.amount)
    def __round__(self, n=None):
        return Money(round(self.amount, n))
    def __float__(self):
        return float(self.amount)
    def __str__(self):
        return f"${self.amount:.2f}"
    def __format__(self, spec):
        return format(self.amount, spec) if spec else str(self)


class Ratio:
    def __init__(self, a, b=1):
        g = math.gcd(a, b)
        self.a, self.b = a // g, b // g
    def _of(self, other):
        return other if isinstance(other, Ratio) else Ratio(other)
    def __add__(self, other):
        other = self._of(other)
        return Ratio(self.a * other.b + other.a * self.b, self.b * other.b)
    def __sub__(self, other):
        if isinstance(other, float):
            return self.a / self.b - other
        other = self._of(other)
        return Ratio(self.a * other.b - other.a * self.b, self.b * other.b)
    def __rsub__(self, other):
        return -(self - other)
    def __neg__(self):
        return Ratio(-self.a, self.b)
    def __mul__(self, other):
        other = self._of(other)
        return Ratio(self.a * other.a, self.b * other.b)
    __rmul__ = __mul__
    def __truediv__(self, other):
        other = self._of(other)
        return Ratio(self.a * other.b, self.b * other.a)
    def __pow__(self, n):
        return Ratio(self.a ** n, self.b ** n)
    def __rpow__(self, base):
        return base ** (self.a / self.b)
    def __abs__(self):
        return Ratio(abs(self.a), self.b)
    def __float__(self):
        return self.a / self.b
    def __int__(self):
        return self.a // self.b
    def __eq__(self, other):
        if not isinstance(other, Ratio):
            return float(self) == other
        return (self.a, self.b) == (other.a, other.b)
    def __lt__(self, other):
        return float(self) < float(other)
    def __str__(self):
        return f"{self.a}/{self.b}"


class Matrix:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]
    @classmethod
    def identity(cls, n):
        return cls([[int(i == j) for j in range(n)] for i in range(n)])
    def __matmul__(self, other):
        return Matrix([[sum(a * b for a, b in zip(r, c)) for c in zip(*other.rows)] for r in self.rows])
    def __mul__(self, k):
        return Matrix([[k * a for a in row] for row in self.rows])
    __rmul__ = __mul__
    def __add__(self, other):
        return Matrix([[a + b for a, b in zip(r, s)] for r, s in zip(self.rows, other.rows)])
    def __getitem__(self, place):
        i, j = place
        return self.rows[i][j]
    def __eq__(self, other):
        return self.rows == other.rows
    def transposed(self):
        return Matrix(zip(*self.rows))


class Polynomial:
    def __init__(self, *coefficients):
        self.coefficients = list(coefficients)
    def __call__(self, x):
        return sum(c * x ** i for i, c in enumerate(self.coefficients))
    def __add__(self, other):
        a, b = self.coefficients, other.coefficients if isinstance(other, Polynomial) else [other]
        n = max(len(a), len(b))
        return Polynomial(*[x + y for x, y in zip(a + [0] * (n - len(a)), b + [0] * (n - len(b)))])
    __radd__ = __add__
    def __eq__(self, other):
        return isinstance(other, Polynomial) and self.coefficients == other.coefficients
    def derivative(self):
        return Polynomial(*[i * c for i, c in enumerate(self.coefficients)][1:])
    def __len__(self):
        return len(self.coefficients)
    def __getitem__(self, i):
        return self.coefficients[i]


class Bag:
    def __init__(self, items=()):
        self.items = list(items)
    def add(self, item):
        self.items.append(item)
        return self
    def __contains__(self, item):
        return item in self.items
    def __len__(self):
        return len(self.items)
    def __or__(self, other):
        return Bag(self.items + [i for i in other.items if i not in self.items])
    def __sub__(self, other):
        gone = other.items if isinstance(other, Bag) else other
        return Bag(i for i in self.items if i not in gone)
    def __eq__(self, other):
        return sorted(self.items) == sorted(other.items)
    def __iadd__(self, item):
        return self.add(item)
    def __isub__(self, item):
        self.items.remove(item)
        return self
    def __getitem__(self, i):
        return self.items[i]
    def __bool__(self):
        return bool(self.items)
    def difference(self, other):
        return Bag(i for i in self.items if i not in other)
    def issubset(self, other):
        return all(i in other for i in self.items)


class Numbers(Bag):
    def __iter__(self):
        return iter(self.items)


class Trie:
    def __init__(self):
        self.words = []
    def insert(self, word):
        self.words.append(word)
        return self
    def startswith(self, prefix):
        return any(word.startswith(prefix) for word in self.words)


class Query:
    def __init__(self):
        self.parts = []
    def select(self, *names):
        self.parts.append("SELECT " + ", ".join(names))
        return self
    def where(self, text):
        self.parts.append("WHERE " + text)
        return self
    def build(self):
        return " ".join(self.parts)
    def __str__(self):
        return self.build()


class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next


class LinkedList:
    def __init__(self):
        self.head = None
    def push(self, node):
        node.next, self.head = self.head, node
        return node
    def __iter__(self):
        node = self.head
        while node:
            yield node
            node = node.next


class Version:
    def __init__(self, text):
        self.parts = [int(p) for p in text.split(".")]
    def _of(self, other):
        return other if isinstance(other, Version) else Version(other)
    def __eq__(self, other):
        return self.parts == self._of(other).parts
    def __lt__(self, other):
        return self.parts < self._of(other).parts
    def __ge__(self, other):
        return not self < other
    def __gt__(self, other):
        return self.parts > self._of(other).parts


class Celsius(float):
    def warmer(self, by):
        return Celsius(self + by)


class Modulo7(int):
    def __new__(cls, n):
        return super().__new__(cls, n % 7)
    def __sub__(self, other):
        return Modulo7(int(self) - int(other))
    def __add__(self, other):
        return Modulo7(int(self) + int(other))


class Level(IntEnum):
    LOW = 1
    HIGH = 3


class Color(Enum):
    RED = "r"
    @classmethod
    def default(cls):
        return cls.RED


@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int
    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)
    def __sub__(self, other):
        return Point(self.x - other.x, self.y - other.y)
    def distance(self, other):
        return math.dist((self.x, self.y), (other.x, other.y))


class Clock:
    def __init__(self, hour, minute):
        self.minutes = (hour * 60 + minute) % 1440
    def __add__(self, minutes):
        return Clock(0, self.minutes + minutes)
    def __sub__(self, minutes):
        return Clock(0, self.minutes - minutes)
    def __eq__(self, other):
        return self.minutes == other.minutes
    def __repr__(self):
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}"


class Template:
    def __init__(self, text):
        self.text = text
    def __mod__(self, values):
        return self.text % values


class Day:
    def __init__(self, n):
        self.n = n
    def __sub__(self, other):
        return self.n - other.n if isinstance(other, Day) else Day(self.n - other)
    def after(self, n):
        return Day(self.n + n)
    def __eq__(self, other):
        return self.n == other.n


def warm(by):
    return Celsius(20.5).warmer(by)


def highest():
    return Level.HIGH


def unit(x, y):
    return Vector(x, y).normalized()
"""
ASSERTIONS = [
    "assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)",
    "assert Vector(1, 2) != Vector(3, 4)",
    "assert Vector(3, 4) - Vector(1, 1) == Vector(2, 3)",
    "assert Vector(1, 2) * 3 == Vector(3, 6) == 3 * Vector(1, 2)",
    "assert Vector(1, 2) * Vector(3, 4) == 11",
    "assert Vector(2, 4) / 2 == Vector(1, 2)",
    "assert abs(Vector(3, 4)) == 5.0",
    "assert abs(Vector(5, 5) - Vector(2, 1)) == 5.0",
    "assert -(Vector(5, 5) - Vector(2, 1)) == Vector(-3, -4)",
    "assert (Vector(3, 4) - Vector(1, 1)) * 2 == Vector(4, 6)",
    "assert Vector(3, 4).normalized() == Vector(0.6, 0.8)",
    "assert Vector(3, 4).normalized() * 10 == Vector(6, 8)",
    "assert abs(unit(3, 4)) == 1.0",
    "assert abs(abs(Vector(3, 4).normalized()) - 1) < 1e-9",
    "assert abs(Vector(3, 4).normalized() - Vector(0.6, 0.8)) < 1e-9",
    "assert (Vector(3, 4) / 2).x == 1.5 and tuple(Vector(3, 4) / 2) == (1.5, 2)",
    "assert repr(Vector(2, 4) / 2) == 'Vector(1.0, 2.0)'",
    "assert sum([Vector(1, 1), Vector(1, 2)], Vector(0, 0)) == Vector(2, 3)",
    "assert len({Vector(1, 2), Vector(1, 2), Vector(2, 1)}) == 2",
    "assert Vector(1, 2) and not Vector(0, 0)",
    "assert Vector(1, 2) in [Vector(3, 4), Vector(1, 2)] and Vector(1, 2) not in [Vector(3, 4)]",
    "v = Vector(1, 2)\nassert v.me() is v and v.me().me() == v and v is not Vector(1, 2)",
    "v = Vector(1, 2)\nassert {v: 1}[v.me()] == 1 and [v].index(v.me()) == 0",
    "assert Vector(1, 2).opposite + Vector(1, 2) == Vector(0, 0)",
    "assert 2 in Vector(1, 2) and 3 not in Vector(1, 2)",
    "assert Money(1.5) + Money(2) == Money(3.5) and Money(1.5) + 2 == Money(3.5)",
    "assert sum([Money(1), Money(2)]) == Money(3)",
    "assert Money(5) - 2 == Money(3) and Money(5) - 2 == 3",
    "assert str(Money(5) - 2) == '$3.00' and f'{Money(5):.1f}' == '5.0'",
    "assert round(Money(3.14159), 2) == Money(3.14) and round(Money(3.14159), 2) == 3.14",
    "assert float(Money(2.5)) == 2.5 and abs(float(Money(2.5)) - 2.5) < 1e-9",
    "assert Money(2) < Money(3) and Money(2) < 3 and Money(4) >= 3 and not Money(2) > 3",
    "assert sorted([Money(3), Money(1)]) == [Money(1), Money(3)] and max(Money(1), Money(3)) == Money(3)",
    "assert Money(5) == 5 and 5 == Money(5) and Money(5) != 6",
    "assert abs(float(Money(1.1) + Money(2.2)) - 3.3) < 1e-9",
    "m = Money(5)\nm += 3\nassert m == Money(8) and m == 8",
    "assert Ratio(1, 2) + Ratio(1, 3) == Ratio(5, 6) and Ratio(2, 4) == Ratio(1, 2)",
    "assert Ratio(1, 2) - Ratio(1, 2) == Ratio(0, 1) and Ratio(1, 2) - Ratio(1, 2) == 0",
    "assert Ratio(1, 2) * 2 == 1 and 2 * Ratio(1, 2) == Ratio(1, 1)",
    "assert 1 - Ratio(1, 2) == Ratio(1, 2) and Ratio(3, 2) - 1 == Ratio(1, 2)",
    "assert Ratio(1, 2) / 2 == Ratio(1, 4) and Ratio(1, 2) / Ratio(1, 4) == 2",
    "assert abs(Ratio(-1, 2)) == Ratio(1, 2) and abs(Ratio(-1, 2)) == 0.5",
    "assert Ratio(1, 2) ** 3 == Ratio(1, 8) and abs(8 ** Ratio(4, 3) - 16.0) < 1e-8",
    "assert abs(Ratio(1, 3) - 0.3333) < 1e-3 and round(Ratio(1, 3) - 0.3333, 3) == 0",
    "assert int(Ratio(7, 2)) == 3 and float(Ratio(7, 2)) == 3.5 and str(Ratio(2, 4)) == '1/2'",
    "import math\nassert math.isclose(Ratio(1, 3), 0.333333333333) and math.sqrt(Ratio(1, 4)) == 0.5",
    "assert Ratio(1, 3) < Ratio(1, 2) and Ratio(1, 3) < 0.5",
    "assert Matrix([[1, 2], [3, 4]]) @ Matrix.identity(2) == Matrix([[1, 2], [3, 4]])",
    "assert Matrix.identity(2) * 2 == Matrix([[2, 0], [0, 2]]) == 2 * Matrix.identity(2)",
    "assert Matrix([[1, 2], [3, 4]]).transposed() * 2 == Matrix([[2, 6], [4, 8]])",
    "assert (Matrix([[1, 2]]) + Matrix([[3, 4]]))[0, 1] == 6",
    "p = Polynomial(1, 2, 3)\nassert p(2) == 17 and p.derivative() == Polynomial(2, 6) and len(p) == 3 and p[2] == 3",
    "assert Polynomial(1, 2) + 3 == Polynomial(4, 2) == 3 + Polynomial(1, 2)",
    "assert Polynomial(1, 2, 3).derivative() + 1 == Polynomial(3, 6)",
    "s = Bag()\ns.add(3)\nassert len(s) == 1 and 3 in s and 4 not in s and bool(s)",
    "s = Bag()\ns += 4\ns += 5\nassert len(s) == 2 and 4 in s and 6 not in s\ns -= 4\nassert list(s) == [5]",
    "assert len(Bag().add(1).add(2)) == 2 and Bag().add(1).add(2)[1] == 2 and Bag().add(1) == Bag([1])",
    "assert 2 in Numbers().add(1).add(2) and 3 not in Numbers().add(1)",
    "assert Bag([1, 2]) | Bag([2, 3]) == Bag([1, 2, 3]) and len(Bag([1]) | Bag([2])) == 2",
    "assert Bag([1, 2, 3]) - Bag([1]) == Bag([2, 3]) and Bag([1, 2, 3]) - {1} == Bag([2, 3])",
    "assert list(Bag([1, 2, 3]) - {1}) == [2, 3] and Bag([1, 2]).difference([1]) == Bag([2])",
    "assert Bag([1]).issubset([1, 2]) and not Bag([3]).issubset([1, 2]) and not Bag()",
    "t = Trie()\nt.insert('apple').insert('pear')\nassert t.startswith('app') and not t.startswith('x')",
    "assert Query().select('a', 'b').where('a > 1').build() == 'SELECT a, b WHERE a > 1'",
    "assert str(Query().select('a').where('b')) == 'SELECT a WHERE b'",
    "assert Query().select('a').build().startswith('SEL')",
    "q = Query()\nassert q.select('a') is q and q.select('b') == q",
    "a, b = Node(1), Node(2)\nl = LinkedList()\nl.push(a)\nassert l.push(b) is b and l.head is b and b.next is a",
    "a, b = Node(1), Node(2)\nl = LinkedList()\nl.push(a)\nassert [n.value for n in l] == [1] and a in list(l)",
    "a, b = Node(1), Node(2)\nl = LinkedList()\nl.push(a)\nassert a in l and b not in l and len({a, l.head}) == 1",
    "assert Version('1.2') < Version('1.10') and Version('1.2') < '1.10' and Version('1.10') > '1.9'",
    "assert Version('1.2') == Version('1.2') and not Version('1.2') < '1.0' and '1.1' < Version('1.2')",
    "assert abs(warm(2) - 22.5) < 1e-9 and warm(2) == 22.5 and 22 < warm(2) < 23 and round(warm(2)) == 22",
    "assert Celsius(20.5) + 1 == 21.5 and abs(Celsius(20.5) - 20) == 0.5",
    "assert Modulo7(5) + 4 == Modulo7(2) and Modulo7(5) - 6 == Modulo7(6) and Modulo7(12) == 5",
    "assert highest() > 2 and highest() == 3 and highest() + 1 == 4 and highest() is Level.HIGH",
    "assert Color.RED is Color.default() and Color('r') is Color.RED and Color.RED.value == 'r'",
    "assert Point(1, 2) + Point(3, 4) == Point(4, 6) and Point(1, 2) < Point(1, 3)",
    "assert Point(4, 4) - Point(1, 0) == Point(3, 4)",
    "assert Point(0, 0).distance(Point(3, 4)) == 5.0 and Point(1, 2) in {Point(1, 2)}",
    "assert str(Clock(10, 3) - 90) == '08:33' and Clock(10, 0) + 65 == Clock(11, 5)",
    "assert Clock(0, 10) - 20 == Clock(23, 50)",
    "assert Template('%s is %d') % ('a', 2) == 'a is 2'",
    "assert Day(3).after(2) - Day(1) == 4 and Day(5) - 2 == Day(3) and Day(3).after(2) == Day(5)",
    "import copy\nv = Vector(1, 2)\nassert copy.copy(v) == v\nassert copy.deepcopy(v) * 2 == Vector(2, 4)",
    "class Wide(Vector):\n    def double(self):\n        return self * 2\nassert Wide(1, 2).double() == Vector(2, 4)",
]
UNITTEST = """
import unittest
from solution import *


class T(unittest.TestCase):
    def test_almost(self):
        self.assertAlmostEqual(float(Ratio(1, 3)), 0.3333333333)
        self.assertAlmostEqual(Ratio(1, 3), 0.3333333333)
        self.assertAlmostEqual(abs(Vector(3, 4)), 5.0)
        self.assertAlmostEqual(warm(2), 22.5)
        self.assertAlmostEqual(8 ** Ratio(4, 3), 16.0, places=8)

    def test_identity(self):
        q = Query()
        self.assertIs(q.select("a"), q)
        self.assertIsNot(q.select("a"), Query())
        a = Node(1)
        l = LinkedList()
        l.push(a)
        self.assertIs(l.head, a)
        self.assertIsNone(a.next)

    def test_members(self):
        bag = Bag([1, 2])
        self.assertIn(1, bag)
        self.assertNotIn(3, bag)
        self.assertIn(Vector(1, 2), [Vector(1, 2)])
        self.assertIn(2, Numbers([1]).add(2))
        self.assertEqual(len(bag.add(3)), 3)
        self.assertTrue(bag)

    def test_order(self):
        self.assertLess(Money(1), Money(2))
        self.assertLess(Version("1.2"), "1.10")
        self.assertGreaterEqual(Money(2), 2)
        self.assertCountEqual([Vector(1, 2), Vector(3, 4)], [Vector(3, 4), Vector(1, 2)])
        self.assertListEqual([Vector(1, 2) * 2], [Vector(2, 4)])
        self.assertDictEqual({"a": Point(1, 2)}, {"a": Point(1, 2)})
        self.assertEqual(Vector(2, 4) / 2, Vector(1, 2))
"""


def test_honest_operators_pass_in_assertions(grader: Grader) -> None:
    reference = {"tests": [{"assert": source} for source in ASSERTIONS]}
    grade = grader.grade(Sample("honest", f"```python\n{ANSWER}```", reference))
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []
    assert len(grade.tests) == len(ASSERTIONS) >= 60


@pytest.mark.parametrize("form", ["pytest", "unittest"])
def test_honest_operators_pass_in_a_suite(grader: Grader, form: str) -> None:
    suite = UNITTEST
    if form == "pytest":
        suite = "from solution import *\n\n"
        for number, source in enumerate(ASSERTIONS):
            suite += f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.split("\n")) + "\n"
    grade = grader.grade(Sample("honest", f"```python\n{ANSWER}```", {"pytest": suite}))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []
