"""Generated workloads: groups as in training, programs, test suites, and batches of any size."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.workload import Item, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LOOP_S", "calls", "groups", "loops_of", "many", "program", "suite"]

_PROMPTS, _LOOPS_EVERY = 32, 8
_TASKS = 100
LOOP_S = 1.0
"""CPU seconds that a looping answer may take."""


def groups(*, loops: bool = True) -> Workload:
    """Make eight answers to each of 32 prompts: right, wrong, raising and broken ones, some of them twice; four loop.

    Args:
        loops: False to replace the looping answers by right ones.
    """
    items = [
        answer
        for number, item in enumerate(humaneval().items[:_PROMPTS])
        for answer in _group(item, number, loops=loops)
    ]
    budget = {"GRADER_LIMITS_CPU_S": str(LOOP_S), "GRADER_LIMITS_TOTAL_CPU_S": str(LOOP_S)}
    return Workload("GRPO" if loops else "GRPO without loops", tuple(items), LOOP_S, environ=budget)


def _group(item: Item, number: int, *, loops: bool) -> Sequence[Item]:
    stub = item.answer[: item.answer.index(f"def {item.entry_point}")]
    head = f"{stub}def {item.entry_point}(*args):\n"
    right, again = replace(item, id=f"{item.id} right"), replace(item, id=f"{item.id} right again")
    second = replace(item, id=f"{item.id} another", answer=f"{item.answer}\n# Another way.\n")
    third = replace(item, id=f"{item.id} a third", answer=f"{item.answer}\n# A third way.\n")
    boxed = f"_plain = {item.entry_point}\ndef {item.entry_point}(*args):\n    return [_plain(*args)]\n"
    wrong = replace(item, id=f"{item.id} wrong", answer=f"{item.answer}\n{boxed}", right=False)
    raising = replace(
        item, id=f"{item.id} raising", answer=f"{head}    raise ValueError(f'{{args}}: no')\n", right=False
    )
    if number % _LOOPS_EVERY == _LOOPS_EVERY // 2:
        text = f"{head}    while args:\n        pass\n" if loops else f"{item.answer}\n# A fourth way.\n"
        last = replace(item, id=f"{item.id} loop", answer=text, right=not loops)
    else:
        last = replace(item, id=f"{item.id} broken", answer=f"{item.answer}\n    return (\n", right=False)
    return right, second, wrong, again, raising, third, replace(wrong, id=f"{item.id} wrong again"), last


def loops_of(workload: Workload) -> list[int]:
    """Return the indices of the answers that loop, or that replace looping ones."""
    return [index for index, item in enumerate(workload.items) if item.id.endswith(" loop")]


_PROGRAM = """
import sys


def main():
    count = int(sys.stdin.readline())
    values = list(map(int, sys.stdin.readline().split()))
    best = current = values[0]
    for value in values[1:count]:
        current = max(value, current + value)
        best = max(best, current)
    print(best)


main()
"""


def program(tests: int = 100, answers: int = 4) -> Workload:
    """Make answers that are programs for the largest sum of neighbours; the unit of rates is a test."""
    cases = []
    for number in range(tests):
        values = [(number * 7919 + index * 104729) % 201 - 100 for index in range(20 + number % 80)]
        best = current = values[0]
        for value in values[1:]:
            current = max(value, current + value)
            best = max(best, current)
        cases.append((f"{len(values)}\n{' '.join(map(str, values))}\n", f"{best}\n"))
    reference = {"tests": [{"stdin": stdin, "stdout": stdout} for stdin, stdout in cases]}
    items = [
        Item(f"program {number}", f"NUMBER = {number}\n{_PROGRAM}", True, reference, programs=tuple(cases), tests=tests)
        for number in range(answers)
    ]
    return Workload(f"stdin, {tests} tests", tuple(items), per_test=True)


_CLASSES = '''
class Account:
    """Money of one owner."""

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.entries = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("a deposit is positive")
        self.balance += amount
        self.entries.append(("deposit", amount))
        return self.balance

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError("not enough money")
        self.balance -= amount
        self.entries.append(("withdraw", amount))
        return self.balance

    def __len__(self):
        return len(self.entries)

    def __iter__(self):
        return iter(self.entries)


class Bank:
    """Accounts by owner."""

    def __init__(self):
        self._accounts = {}

    def open(self, owner, balance=0):
        if owner in self._accounts:
            raise KeyError(owner)
        self._accounts[owner] = Account(owner, balance)
        return self._accounts[owner]

    def transfer(self, giver, taker, amount):
        self._accounts[giver].withdraw(amount)
        self._accounts[taker].deposit(amount)

    def total(self):
        return sum(account.balance for account in self._accounts.values())
'''
_TESTS = """
def refuses(kind, function, *args):
    try:
        function(*args)
    except kind:
        return True
    return False


class TestAccount:
    def test_starts_empty(self):
        assert Account("ada").balance == 0

    def test_deposits_add_up(self):
        account = Account("ada", 10)
        assert account.deposit(5) == 15
        assert account.deposit(7) == 22

    def test_withdrawals_take_away(self):
        account = Account("ada", 10)
        assert account.withdraw(4) == 6

    def test_no_more_than_there_is(self):
        account = Account("ada", 10)
        assert refuses(ValueError, account.withdraw, 11)
        assert account.balance == 10

    def test_nothing_is_no_deposit(self):
        assert refuses(ValueError, Account("ada").deposit, 0)

    def test_entries_are_kept(self):
        account = Account("ada", 10)
        account.deposit(1)
        account.withdraw(2)
        assert len(account) == 2
        assert list(account) == [("deposit", 1), ("withdraw", 2)]


class TestBank:
    def test_accounts_are_told_apart(self):
        bank = Bank()
        assert bank.open("ada", 5).owner == "ada"
        assert bank.open("bob").balance == 0

    def test_an_owner_has_one(self):
        bank = Bank()
        bank.open("ada")
        assert refuses(KeyError, bank.open, "ada")

    def test_money_moves(self):
        bank = Bank()
        ada, bob = bank.open("ada", 50), bank.open("bob", 5)
        bank.transfer("ada", "bob", 20)
        assert (ada.balance, bob.balance) == (30, 25)

    def test_money_is_not_made(self):
        bank = Bank()
        for number in range(10):
            bank.open(f"owner {number}", 10)
        bank.transfer("owner 3", "owner 4", 7)
        assert bank.total() == 100
"""
_RUN_ALL = """
for case in (TestAccount, TestBank):
    for name in dir(case):
        if name.startswith("test_"):
            getattr(case(), name)()
"""


def suite(answers: int = 32) -> Workload:
    """Make answers with two classes and ten tests of them in two test classes, as a pytest module and as a function."""
    every = textwrap.indent(_RUN_ALL, "    ")
    items = [
        Item(
            f"suite {number}",
            f"NUMBER = {number}\n{_CLASSES}",
            True,
            {"pytest": f"from solution import Account, Bank\n{_TESTS}"},
            entry_point="Account",
            check=f"{_TESTS}\n\ndef check(_):\n{every}",
        )
        for number in range(answers)
    ]
    return Workload("class-based pytest suite", tuple(items))


def many(samples: int) -> Workload:
    """Make different answers to as many different problems, by repeating 100 tasks of HumanEval."""
    items = humaneval().items[:_TASKS]
    return Workload(f"{samples} samples", tuple(_variant(items[n % _TASKS], n // _TASKS) for n in range(samples)))


def _variant(item: Item, number: int) -> Item:
    mark = f"# variant {number}\n"
    return replace(
        item,
        id=f"{item.id} {number}",
        answer=mark + item.answer,
        check=mark + item.check,
        reference={**item.reference, "test": mark + item.check},
    )


def calls(tests: int, answers: int = 8) -> Workload:
    """Make answers to a problem with many calls; the unit of rates is a test."""
    answer = textwrap.dedent("""
        def digits(number, base):
            found = []
            while number:
                number, digit = divmod(number, base)
                found.append(digit)
            return found[::-1]
        """)
    namespace: dict[str, object] = {}
    exec(answer, namespace)  # noqa: S102 - the code above
    digits = namespace["digits"]
    assert callable(digits)
    cases = [(number * 7919 + 13, 2 + number % 9) for number in range(tests)]
    reference = {
        "entry_point": "digits",
        "tests": [{"args": list(args), "expected": digits(*args)} for args in cases],
    }
    items = [
        Item(f"calls {number}", f"NUMBER = {number}\n{answer}", True, reference, "digits", tests=tests)
        for number in range(answers)
    ]
    return Workload(f"{tests} tests a sample", tuple(items), per_test=True)
