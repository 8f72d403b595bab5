"""Figures, targets and workloads of the benchmark, and the verdicts of the contenders."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.throughput import roster
from benchmarks.throughput.__main__ import main
from benchmarks.throughput.contender import ContenderFailedError, Run, Running
from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.figures import Figures, figures_of, ratio
from benchmarks.throughput.findings import compare, table_of
from benchmarks.throughput.measuring import Measured, entries_of, measure, order_of
from benchmarks.throughput.starting import cold_start
from benchmarks.throughput.synthetic import calls, groups, loops_of, many, program, suite
from benchmarks.throughput.targets import Target
from benchmarks.throughput.usage import Usage
from benchmarks.throughput.workload import Item, Workload
from sandbox.types import Tier

if TYPE_CHECKING:
    from pathlib import Path

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
    tests=2,
)


def run(seconds: float, passed: tuple[bool, ...] = (True, False), cpu_s: float = 0.1) -> Run:
    return Run(seconds, passed, Usage({"itself": cpu_s, "children": 0.0}, {"itself": seconds}))


def figures_at(rate: float, cpu_ms: float, *, wrong: int = 0, unscored: int = 0) -> Figures:
    return Figures((rate,), {"itself": cpu_ms}, wrong, unscored, {"itself": 4.0})


def test_a_rate_is_the_median_of_the_rounds() -> None:
    figures = figures_of([run(1.0), run(4.0), run(2.0)], 8, (True, False))
    assert (figures.rate, figures.rates) == (4.0, (8.0, 2.0, 4.0))
    assert figures.spread == 1.0
    assert figures.cpu_ms == pytest.approx(12.5)
    assert figures.peaks_mb == {"itself": 4.0}


def test_verdicts_that_differ_from_the_workloads_are_wrong() -> None:
    assert figures_of([run(1.0), run(1.0, (False, True))], 2, (True, False)).wrong == 2
    assert figures_of([run(1.0)], 2, (True, False)).wrong == 0


def test_a_ratio_is_that_of_the_same_round() -> None:
    assert ratio([10.0, 1.0, 4.0], [5.0, 0.5, 4.0]) == 2.0


def test_a_target_is_a_minimum_or_a_maximum() -> None:
    assert [Target("", 2.0, one).met for one in (1.9, 2.0, None)] == [False, True, None]
    assert [Target("", 2.0, one, at_most=True).met for one in (1.9, 2.0, 2.1)] == [True, True, False]


def test_contenders_are_compared_by_time_and_by_cpu() -> None:
    figures = {"one": figures_at(30.0, 2.0), "other": figures_at(10.0, 3.0)}
    target = compare(figures, "one", "other", 2.0, what="it")
    assert (target.measured, target.by_cpu, target.met) == (3.0, 1.5, True)
    slower = compare(figures, "other", "one", 2.0, what="it", at_most=True)
    assert (slower.measured, slower.by_cpu, slower.met) == (3.0, 1.5, False)
    assert compare(figures, "one", "nobody", 2.0, what="it").met is None


def test_each_round_begins_with_another() -> None:
    assert [order_of("abc", number)[0] for number in range(4)] == ["a", "b", "c", "a"]
    assert sorted(order_of("abc", 2)) == ["a", "b", "c"]
    assert order_of([], 3) == []


def test_rounds_differ_in_their_texts_but_not_in_their_duplicates() -> None:
    twice = Workload("twice", (ADD, replace(ADD, id="again"), DOUBLING))
    first, second = twice.at_round(1), twice.at_round(2)
    assert first.items[0].answer != second.items[0].answer
    assert first.items[0].reference["test"] != second.items[0].reference["test"]
    assert first.items[0].answer == first.items[1].answer
    assert first.items[2].reference["tests"] == second.items[2].reference["tests"]


def test_rounds_differ_in_their_entry_points() -> None:
    forms = Workload(
        "forms",
        (
            ADD,
            replace(
                ADD, reference={"entry_point": "add", "setup": "import x", "tests": [{"assert": "add(1, 2) == 3"}]}
            ),
            replace(ADD, reference={"entry_point": "add", "tests": [{"args": ["add"], "expected": "add"}]}),
            *suite(1).items,
        ),
    )
    names = set()
    for number in (-1, 0, 1):
        for before, item in zip(forms.items, forms.at_round(number).items, strict=True):
            names.add(item.entry_point)
            assert item.reference.get("entry_point", item.entry_point) == item.entry_point
            assert item.entry_point not in before.answer
            for text in (item.answer, item.solution):
                assert not re.search(rf"(?<![\w.]){before.entry_point}\b", text)
            if before.solution:
                assert f"def {item.entry_point}(" in item.solution
    assert len(names) == 2 * 3
    first = forms.at_round(0).items
    assert first[1].reference["tests"] == [{"assert": "# round 0\nadd_1(1, 2) == 3"}]
    assert first[2].reference["tests"] == [{"args": ["add"], "expected": "add"}]
    assert f"from solution import {first[3].entry_point}, Bank" in first[3].reference["pytest"]


def test_a_renamed_entry_point_leaves_attributes_and_longer_names_alone() -> None:
    source = "def add(a, add_all, seen):\n    seen.add(a)\n    return add_all(add)\n"
    (item,) = Workload("one", (replace(ADD, answer=source),)).at_round(3).items
    assert item.answer == "# round 3\ndef add_4(a, add_all, seen):\n    seen.add(a)\n    return add_all(add_4)\n"


def test_solutions_of_a_round_pass_their_checks() -> None:
    for item in humaneval().at_round(7).items:
        namespace: dict[str, object] = {}
        exec(f"{item.answer}\n{item.check}\ncheck({item.entry_point})", namespace)


def test_a_workload_survives_json() -> None:
    workload = Workload("both", (ADD, DOUBLING), per_test=True)
    assert Workload.load(workload.dump()) == workload
    assert (workload.units, replace(workload, per_test=False).units) == (3, 2)


def test_humaneval_has_all_tasks() -> None:
    items = humaneval().items
    assert len(items) == 164
    for item in items[:3]:
        namespace: dict[str, object] = {}
        exec(f"{item.answer}\n{item.check}\ncheck({item.entry_point})", namespace)


def test_a_table_shows_failures() -> None:
    figures = {"fork": figures_at(10.0, 1.0), "other": figures_at(5.0, 2.0, wrong=7, unscored=1)}
    measured = Measured(figures, failed={"third": "it has exited"}, versions={"fork": "3.11", "other": ""})
    table = table_of("it", measured, floor="fork")
    assert table.rows[1][3:] == ("0.50", "2.00", "2.00", "4", "7")
    assert table.notes == ["fork: 3.11", "third could not be measured: it has exited", "other: 1 samples unscored"]


@pytest.mark.parametrize("index", range(3))
def test_a_lower_bound_tells_right_from_wrong(index: int) -> None:
    floor = roster.floors()[index]
    with Running(floor) as running:
        running.prepare(MIXED)
        done = running.run(0)
        assert done.passed == (True, False, False, False)
        assert sum(done.usage.cpu_s.values()) >= 0.2
        wrong = replace(DOUBLING, id="wrong", answer="print(1)", right=False)
        running.prepare(Workload("programs", (DOUBLING, wrong), per_test=True))
        assert running.run(0).passed == (True, False)


def test_this_grader_is_measured_like_the_others() -> None:
    found = measure(entries_of(MIXED, roster.functional([Tier.RLIMIT])), 1)
    ((name, figures),) = found.figures.items()
    assert not found.failed
    assert (figures.wrong, figures.unscored) == (0, 0)
    assert figures.peaks_mb.keys() >= {"itself", "zygotes of harnesses", "harnesses", "solutions"}
    assert figures.cpu_ms_by_role["children of small zygotes"] > 0
    assert found.runs[name][0].details["tier"] == "rlimit"


def test_the_others_are_measured_when_a_contender_exits() -> None:
    broken = replace(roster.floors()[0], name="broken", program=("floors", "no such floor"))
    found = measure(entries_of(MIXED, [broken, roster.floors()[0]]), 1)
    assert list(found.figures) == ["bare fork"]
    assert found.failed == {"broken": "broken exited with 1"}


def test_answers_of_a_group_get_the_expected_verdicts() -> None:
    looping, calm = groups(), groups(loops=False)
    assert (len(looping.items), len(calm.items)) == (256, 256)
    loops = loops_of(looping)
    assert [looping.items[index].right for index in loops] == [False] * 4
    assert [calm.items[index].right for index in loops] == [True] * 4
    assert len({item.answer for item in looping.items}) == 32 * 6
    group = replace(looping, items=looping.items[32:40], limit_s=0.3)
    assert {item.right for item in group.items} == {True, False}
    with Running(roster.floors()[0]) as running:
        running.prepare(group)
        assert running.run(0).passed == tuple(item.right for item in group.items)


def test_generated_answers_are_right() -> None:
    items = [*program(3, 1).items, *suite(1).items, *many(2).items, *calls(4, 1).items]
    workload = Workload("generated", tuple(items), environ={"GRADER_ISOLATION": "rlimit"})
    measured = measure(entries_of(workload, roster.functional([Tier.RLIMIT])), 1)
    ((_, figures),) = measured.figures.items()
    assert (figures.wrong, figures.unscored) == (0, 0)
    assert [item.tests for item in items] == [3, 1, 1, 1, 4]


@pytest.mark.parametrize(
    ("contender", "names"), [("handler", set()), ("stages", {"total", "run", "compare", "extract"})]
)
def test_the_handler_and_the_stages_are_measured_like_the_others(contender: str, names: set[str]) -> None:
    workload = Workload("small", humaneval().items[:2])
    (one,) = getattr(roster, contender)([Tier.RLIMIT])
    found = measure(entries_of(workload, [one]), 1)
    assert not found.failed
    assert found.figures[one.name].wrong == 0
    assert found.runs[one.name][0].details.get("stages", {}).keys() >= names


def test_a_cold_start_ends_with_a_response(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps(Workload("one", humaneval().items[:1]).event()))
    for kind in ("plain", "grader"):
        start = cold_start(kind, event, 1, {"GRADER_ISOLATION": "rlimit"})
        assert start.seconds > 0
        assert start.cpu_s > 0
    with pytest.raises(ContenderFailedError, match="no valid response"):
        cold_start("grader", event, 2, {})


def test_the_command_writes_its_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    assert main(["--only", "start", "--rounds", "1", "--no-peers", "--tier", "rlimit", "--json", str(file)]) == 0
    document = json.loads(file.read_text())
    (target,) = document["targets"]
    assert target["measured"] > 0
    assert "Targets" in capsys.readouterr().out
    assert main(["--mbpp", str(tmp_path / "nowhere")]) == 2
