"""The benchmark counts right: figures, targets, workloads, and verdicts of what it measures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.throughput import roster
from benchmarks.throughput.contender import Run, Running
from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.figures import Figures, figures_of, ratio
from benchmarks.throughput.findings import held, table_of
from benchmarks.throughput.measuring import measure, order_of
from benchmarks.throughput.targets import Target
from benchmarks.throughput.usage import Usage
from benchmarks.throughput.workload import Item, Workload
from sandbox.walls.report import Tier

CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n"
ADD = Item(
    "right",
    "def add(a, b):\n    return a + b\n",
    True,
    {"test": CHECK, "entry_point": "add"},
    entry_point="add",
    check=CHECK,
    solution="def add(a, b):\n    return a + b\n",
)
ITEMS = (
    ADD,
    replace(ADD, id="wrong", answer="def add(a, b):\n    return a - b\n", right=False),
    replace(ADD, id="broken", answer="def add(a, b:\n", right=False),
    replace(ADD, id="looping", answer="def add(a, b):\n    while True:\n        pass\n", right=False),
)
MIXED = Workload("mixed", ITEMS, limit_s=0.3, environ={"GRADER_LIMITS_CPU_S": "0.3"})
DOUBLING = Item(
    "doubling",
    "for line in open(0):\n    print(2 * int(line))\n",
    True,
    {"tests": [{"stdin": "1\n2\n", "stdout": "2\n4\n"}, {"stdin": "3\n", "stdout": "6\n"}]},
    programs=(("1\n2\n", "2\n4\n"), ("3\n", "6\n")),
)


def run(seconds: float, passed: tuple[bool, ...] = (True, False), cpu_s: float = 0.1) -> Run:
    return Run(seconds, passed, Usage(cpu_s, {"itself": seconds}))


def test_a_rate_is_the_median_of_the_rounds() -> None:
    figures = figures_of([run(1.0), run(4.0), run(2.0)], 8, (True, False))
    assert (figures.rate, figures.rates) == (4.0, (8.0, 2.0, 4.0))
    assert figures.spread == 1.0
    assert figures.cpu_ms == pytest.approx(12.5)
    assert figures.peaks_mb == {"itself": 4.0}


def test_a_verdict_that_is_not_the_workloads_is_wrong() -> None:
    assert figures_of([run(1.0), run(1.0, (False, True))], 2, (True, False)).wrong == 2
    assert figures_of([run(1.0)], 2, (True, False)).wrong == 0


def test_a_ratio_is_that_of_the_same_round() -> None:
    assert ratio([10.0, 1.0, 4.0], [5.0, 0.5, 4.0]) == 2.0


def test_a_target_is_met_on_its_own_side_only() -> None:
    assert [Target("", 2.0, one).met for one in (1.9, 2.0, None)] == [False, True, None]
    assert [Target("", 2.0, one, at_most=True).met for one in (1.9, 2.0, 2.1)] == [True, True, False]


def test_a_figure_is_held_against_anothers_by_time_and_by_cpu() -> None:
    figures = {"one": Figures((30.0,), 2.0, 0, 0, {}), "other": Figures((10.0,), 3.0, 0, 0, {})}
    target = held(figures, "one", "other", 2.0, what="it")
    assert (target.measured, target.by_cpu, target.met) == (3.0, 1.5, True)
    slower = held(figures, "other", "one", 2.0, what="it", at_most=True)
    assert (slower.measured, slower.by_cpu, slower.met) == (3.0, 1.5, False)
    assert held(figures, "one", "nobody", 2.0, what="it").met is None


def test_each_round_begins_with_another() -> None:
    assert [order_of("abc", number)[0] for number in range(4)] == ["a", "b", "c", "a"]
    assert sorted(order_of("abc", 2)) == ["a", "b", "c"]
    assert order_of([], 3) == []


def test_no_round_has_the_texts_of_another_but_all_its_duplicates() -> None:
    twice = Workload("twice", (ADD, replace(ADD, id="again"), DOUBLING))
    first, second = twice.at_round(1), twice.at_round(2)
    assert first.items[0].answer != second.items[0].answer
    assert first.items[0].reference["test"] != second.items[0].reference["test"]
    assert first.items[0].answer == first.items[1].answer
    assert first.items[2].reference["tests"] == second.items[2].reference["tests"]


def test_a_workload_survives_json() -> None:
    workload = Workload("both", (ADD, DOUBLING), per_test=True)
    assert Workload.load(workload.dump()) == workload
    assert (workload.units, replace(workload, per_test=False).units) == (3, 2)


def test_humaneval_is_all_of_it() -> None:
    items = humaneval().items
    assert len(items) == 164
    for item in items[:3]:
        namespace: dict[str, object] = {}
        exec(f"{item.answer}\n{item.check}\ncheck({item.entry_point})", namespace)


def test_a_table_has_what_went_wrong() -> None:
    figures = {"fork": Figures((10.0,), 1.0, 0, 0, {"itself": 3.0}), "other": Figures((5.0,), 2.0, 7, 1, {})}
    table = table_of("it", figures, {"third": "it has ended"}, {}, floor="fork")
    assert table.rows[1][4:] == ("0.50", "2.00", "2.00", "0", "7")
    assert table.notes == ["third could not be measured: it has ended", "other: 1 samples unscored"]


@pytest.mark.parametrize("place", range(3))
def test_a_floor_tells_right_from_wrong(place: int) -> None:
    floor = roster.floors()[place]
    with Running(floor) as running:
        running.prepare(MIXED)
        done = running.run(0)
        assert done.passed == (True, False, False, False)
        assert done.usage.cpu_s >= 0.2
        wrong = replace(DOUBLING, id="wrong", answer="print(1)", right=False)
        running.prepare(Workload("programs", (DOUBLING, wrong), per_test=True))
        assert running.run(0).passed == (True, False)


def test_this_grader_is_measured_like_the_others() -> None:
    found, runs, failed = measure(MIXED, roster.functional([Tier.RLIMIT]), 1)
    (name, figures), *more = found.items()
    assert not more
    assert not failed
    assert (figures.wrong, figures.unscored) == (0, 0)
    assert figures.peaks_mb.keys() >= {"itself", "zygotes of examiners", "examiners", "answers"}
    assert runs[name][0].told["tier"] == "rlimit"


def test_a_contender_that_ends_is_named_and_the_others_go_on() -> None:
    broken = replace(roster.floors()[0], name="broken", program=("floors", "no such floor"))
    found, _, failed = measure(MIXED, [broken, roster.floors()[0]], 1)
    assert list(found) == ["bare fork"]
    assert failed == {"broken": "broken has ended with 1"}
