"""A short version of the long run, and checks that it notices leaks."""

from __future__ import annotations

import pytest

from tests.soak.flatness import lines, slope
from tests.soak.hostile import SOURCES, TEXTS
from tests.soak.leaks import LEAKS
from tests.soak.meter import Reading, family
from tests.soak.samples import Kind, Mix, items
from tests.soak.soak import run

SHORT = Mix(hostile_every=10, problems=10)
HARMLESS = Mix(hostile_every=10**9, problems=10)


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["auto", pytest.param("rlimit", marks=pytest.mark.long)])
def test_many_samples_leave_nothing_behind_and_are_graded_right(tier: str) -> None:
    others = {process.pid for process in family()}  # of this process, and of graders that other tests share
    soak = run(10 * (len(SOURCES) + len(TEXTS)), mix=SHORT, batch=20, environ={"GRADER_ISOLATION": tier})
    assert soak.graded[Kind.HOSTILE] == len(SOURCES) + len(TEXTS)
    assert not soak.complaints
    assert [process for process in family() if process.pid not in others] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "leak", [pytest.param(leak, marks=[] if leak in {"memory", "processes"} else pytest.mark.long) for leak in LEAKS]
)
def test_a_leak_is_noticed(leak: str) -> None:
    named = {"descriptors": "descriptors of grader", "memory": "MiB of grader", "files": "entries"}.get(leak, leak)
    with LEAKS[leak]() as make:
        soak = run(200 if leak == "memory" else 100, mix=HARMLESS, batch=5, leak=make)
    assert not soak.wrong
    assert [complaint.partition(":")[0] for complaint in soak.complaints] == [named]


def test_a_wrong_grade_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.soak.samples.TASKS", [])
    with pytest.raises(IndexError):
        run(1, mix=HARMLESS)


def test_no_two_samples_are_equal() -> None:
    row = list(items(0, 5000, Mix()))
    numbered = [item.sample for item in row if "NUMBER" in TEXTS.get(item.name, "NUMBER")]
    assert len(numbered) > len(row) - 50
    assert len({(sample.completion, str(sample.reference)) for sample in numbered}) == len(numbered)
    assert list(items(100, 200, Mix())) == row[100:200]
    assert list(items(100, 200, Mix(seed=1))) != row[100:200]


# Rules for flatness


def readings(**values: list[float]) -> list[Reading]:
    ((name, row),) = values.items()
    return [
        Reading(100 * index, 19, 0, {}, {name: value}) if name != "processes" else Reading(100 * index, int(value), 0)
        for index, value in enumerate(row)
    ]


def complaints(**values: list[float]) -> list[str]:
    return [line.complaint for line in lines(readings(**values)) if line.complaint]


def test_the_slope_of_a_line_is_its_slope() -> None:
    assert slope([(x, 3 * x + 1) for x in range(10)]) == pytest.approx(3)
    assert slope([(1, 1)]) == slope([(1, 1), (1, 2)]) == 0.0


@pytest.mark.parametrize(
    ("row", "flat"),
    [
        ([40.0] * 100, True),
        ([10.0 + min(index, 19) for index in range(100)], True),  # caches fill in the warm-up
        ([40.0 + index % 2 for index in range(100)], True),
        ([40.0 + index / 10 for index in range(100)], False),
        ([40.0] * 70 + [60.0] * 30, False),
        ([40.0 + (9 if index == 90 else 0) for index in range(100)], False),
    ],
)
def test_memory_is_flat_or_not(row: list[float], flat: bool) -> None:
    assert complaints(grader=row) == [] if flat else complaints(grader=row)


@pytest.mark.parametrize(
    ("row", "flat"),
    [
        ([19.0] * 100, True),
        ([19.0 + index % 3 for index in range(100)], True),
        ([19.0 + index // 10 for index in range(100)], False),
        ([19.0] * 99 + [22.0], False),
    ],
)
def test_a_count_is_flat_or_not(row: list[float], flat: bool) -> None:
    assert complaints(processes=row) == [] if flat else complaints(processes=row)


@pytest.mark.parametrize(
    ("row", "flat"),
    [
        ([20.0 + index % 20 for index in range(100)], True),  # replaced after twenty
        ([20.0 + index % 20 + index / 5 for index in range(100)], False),
        ([20.0] * 50 + [90.0] + [20.0] * 49, False),
    ],
)
def test_memory_of_what_is_replaced_is_flat_or_not(row: list[float], flat: bool) -> None:
    assert complaints(harnesses=row) == [] if flat else complaints(harnesses=row)


def test_one_zombie_is_too_many() -> None:
    found = [line.complaint for line in lines([Reading(index, 19, int(index == 50)) for index in range(100)])]
    assert "zombies: there were 1" in found
