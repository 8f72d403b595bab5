"""The benchmark counts right: figures, targets, workloads, and verdicts of what it measures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.throughput import roster
from benchmarks.throughput.__main__ import main
from benchmarks.throughput.contender import ContenderFailedError, Run, Running
from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.figures import Figures, figures_of, ratio
from benchmarks.throughput.findings import held, table_of
from benchmarks.throughput.made import calls, groups, loops_of, many, program, suite
from benchmarks.throughput.measuring import Measured, entries_of, measure, order_of
from benchmarks.throughput.starting import cold_start
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


def test_a_verdict_that_is_not_the_workloads_is_wrong() -> None:
    assert figures_of([run(1.0), run(1.0, (False, True))], 2, (True, False)).wrong == 2
    assert figures_of([run(1.0)], 2, (True, False)).wrong == 0


def test_a_ratio_is_that_of_the_same_round() -> None:
    assert ratio([10.0, 1.0, 4.0], [5.0, 0.5, 4.0]) == 2.0


def test_a_target_is_met_on_its_own_side_only() -> None:
    assert [Target("", 2.0, one).met for one in (1.9, 2.0, None)] == [False, True, None]
    assert [Target("", 2.0, one, at_most=True).met for one in (1.9, 2.0, 2.1)] == [True, True, False]


def test_a_figure_is_held_against_anothers_by_time_and_by_cpu() -> None:
    figures = {"one": figures_at(30.0, 2.0), "other": figures_at(10.0, 3.0)}
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
    figures = {"fork": figures_at(10.0, 1.0), "other": figures_at(5.0, 2.0, wrong=7, unscored=1)}
    measured = Measured(figures, failed={"third": "it has ended"}, versions={"fork": "3.11", "other": ""})
    table = table_of("it", measured, floor="fork")
    assert table.rows[1][3:] == ("0.50", "2.00", "2.00", "4", "7")
    assert table.notes == ["fork: 3.11", "third could not be measured: it has ended", "other: 1 samples unscored"]


@pytest.mark.parametrize("place", range(3))
def test_a_floor_tells_right_from_wrong(place: int) -> None:
    floor = roster.floors()[place]
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
    assert figures.peaks_mb.keys() >= {"itself", "zygotes of examiners", "examiners", "answers"}
    assert figures.cpu_ms_by_role["children of zygotes of examiners"] > 0
    assert found.runs[name][0].told["tier"] == "rlimit"


def test_a_contender_that_ends_is_named_and_the_others_go_on() -> None:
    broken = replace(roster.floors()[0], name="broken", program=("floors", "no such floor"))
    found = measure(entries_of(MIXED, [broken, roster.floors()[0]]), 1)
    assert list(found.figures) == ["bare fork"]
    assert found.failed == {"broken": "broken has ended with 1"}


def test_a_groups_answers_get_what_they_are_said_to() -> None:
    looping, calm = groups(), groups(loops=False)
    assert (len(looping.items), len(calm.items)) == (256, 256)
    places = loops_of(looping)
    assert [looping.items[place].right for place in places] == [False] * 4
    assert [calm.items[place].right for place in places] == [True] * 4
    assert len({item.answer for item in looping.items}) == 32 * 6
    group = replace(looping, items=looping.items[32:40], limit_s=0.3)
    assert {item.right for item in group.items} == {True, False}
    with Running(roster.floors()[0]) as running:
        running.prepare(group)
        assert running.run(0).passed == tuple(item.right for item in group.items)


def test_what_is_made_is_right() -> None:
    made = [*program(3, 1).items, *suite(1).items, *many(2).items, *calls(4, 1).items]
    workload = Workload("made", tuple(made), environ={"GRADER_ISOLATION": "rlimit"})
    measured = measure(entries_of(workload, roster.functional([Tier.RLIMIT])), 1)
    ((_, figures),) = measured.figures.items()
    assert (figures.wrong, figures.unscored) == (0, 0)
    assert [item.tests for item in made] == [3, 1, 1, 1, 4]


@pytest.mark.parametrize(("contender", "names"), [("door", set()), ("stages", {"total", "run", "compare", "extract"})])
def test_the_handler_and_the_stages_are_measured_like_the_others(contender: str, names: set[str]) -> None:
    workload = Workload("small", humaneval().items[:2])
    (one,) = getattr(roster, contender)([Tier.RLIMIT])
    found = measure(entries_of(workload, [one]), 1)
    assert not found.failed
    assert found.figures[one.name].wrong == 0
    assert found.runs[one.name][0].told.get("stages", {}).keys() >= names


def test_a_cold_start_ends_with_a_response(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps(Workload("one", humaneval().items[:1]).event()))
    for kind in ("plain", "grader"):
        start = cold_start(kind, event, 1, {"GRADER_ISOLATION": "rlimit"})
        assert start.seconds > 0
        assert start.cpu_s > 0
    with pytest.raises(ContenderFailedError, match="does not answer"):
        cold_start("grader", event, 2, {})


def test_the_command_writes_what_it_has_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    assert main(["--only", "start", "--rounds", "1", "--no-peers", "--tier", "rlimit", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    (target,) = found["targets"]
    assert target["measured"] > 0
    assert "It must show" in capsys.readouterr().out
    assert main(["--mbpp", str(tmp_path / "nowhere")]) == 2
