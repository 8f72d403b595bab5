"""Sources that are made to break their reader, and the analysis of the next source."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import sandbox.scheduler.analyzer as analyzer_module
from sandbox.types import AnalysisRequest, AnalysisStatus
from tests.sandbox.conftest import LATE_S, processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.types import Analysis
    from tests.sandbox.conftest import Box

FINE = "def f(x):\n    return x + 1\n"
UGLY_AND_LONG = "def f( x ):\n" + "".join(f"  y{n}={n} + x ;  print( y{n} )\n" for n in range(900)) + "  return x\n"


def nested(depth: int, body: str) -> str:
    """``try`` in ``finally``, which the compiler copies at each level."""
    lines = [line for level in range(depth) for line in (f"{' ' * level}try: pass", f"{' ' * level}finally:")]
    return "def f():\n" + "".join(f" {line}\n" for line in [*lines, " " * depth + body])


CRASH = "def f():\n return " + "[" * 26 + "1" + " for x in y]" * 26 + "\n"
"""Kills the compilers of CPython 3.12 and 3.13 (python/cpython#156091); others compile it."""
CPU_BOMB = nested(17, "pass")
MEMORY_BOMB = nested(14, "x=1;" * 10_000 + "pass")


def status(reading: tuple[Analysis, object]) -> AnalysisStatus:
    return reading[0].status


def is_fine(box: Box) -> bool:
    """Return whether an ordinary source is analyzed as usual."""
    ((analysis, style),) = box.analyze(FINE)
    return (
        analysis.status is AnalysisStatus.OK
        and analysis.defines_entry_point
        and not analysis.is_stub
        and style is not None
        and style.similarity == 1.0
    )


def analyzers(box: Box) -> set[int]:
    zygote = box.sandbox._analyzer_zygote.pid
    return set(processes(zygote)) - {zygote}


@pytest.mark.skipif(sys.version_info[:2] not in {(3, 12), (3, 13)}, reason="the compilers of 3.12 and 3.13 crash on it")
def test_a_source_that_crashes_the_compiler_harms_no_other(box: Box) -> None:
    ((analysis, style),) = box.analyze(CRASH)
    assert analysis.status in {AnalysisStatus.EXHAUSTED, AnalysisStatus.OK}  # where the crash has been mended
    assert analysis.status is AnalysisStatus.OK or style is None
    assert is_fine(box)
    assert [status(reading) for reading in box.analyze(FINE, CRASH, FINE, FINE)][::2] == [AnalysisStatus.OK] * 2


def test_a_source_that_takes_for_ever_to_compile_costs_one_analyzer(
    own_box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzer_module, "_INSPECT_CPU_S", 0.2)
    started = time.monotonic()
    ((analysis, style),) = own_box.analyze(CPU_BOMB)
    assert time.monotonic() - started < LATE_S
    assert analysis.status is AnalysisStatus.EXHAUSTED
    assert "ran out of time" in analysis.detail
    assert style is None
    end = time.monotonic() + LATE_S
    while analyzers(own_box) and time.monotonic() < end:
        time.sleep(0.01)
    assert not analyzers(own_box)  # given up, and not left to burn on
    assert is_fine(own_box)


def test_a_source_that_eats_memory_is_exhausted(box: Box) -> None:
    started = time.monotonic()
    ((analysis, style),) = box.analyze(MEMORY_BOMB)
    assert (analysis.status, style) == (AnalysisStatus.EXHAUSTED, None)
    assert time.monotonic() - started < LATE_S
    assert is_fine(box)


@pytest.mark.parametrize(
    "source",
    ["x = " + "-" * 60_000 + "1", "a" + ".a" * 30_000, "(" * 5000, "x = " + "not " * 15_000 + "1", "a" + "()" * 30_000],
    ids=["signs", "attributes", "parentheses", "nots", "calls"],
)
def test_a_source_that_is_too_deep_is_exhausted(box: Box, source: str) -> None:
    ((analysis, style),) = box.analyze(source)
    assert analysis.status in {AnalysisStatus.EXHAUSTED, AnalysisStatus.SYNTAX_ERROR}
    assert analysis.detail
    assert style is None
    assert is_fine(box)


def test_a_source_that_is_too_large_is_not_even_parsed(box: Box) -> None:
    cap = box.sandbox.settings.max_source_bytes
    readings = box.analyze("#" * cap, "#" * (cap + 1), "#" + "ä" * (cap // 2), "#" * (20 << 20))
    assert [status(reading) for reading in readings] == [AnalysisStatus.OK] + [AnalysisStatus.TOO_LARGE] * 3
    assert is_fine(box)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = '\ud800'\n", "line 1: a lone surrogate"),
        ("\n\nx = 1\0\n", "line 3: a null character"),
        ("\0", "line 1: a null character"),
        ("def f(:\n", "line 1"),
        ("x = " + "9" * 5000, "4300 digits"),
    ],
    ids=["surrogate", "null", "only null", "syntax", "digits"],
)
def test_a_source_that_is_not_python_gets_a_reason(box: Box, source: str, reason: str) -> None:
    ((analysis, style),) = box.analyze(source)
    assert analysis.status is AnalysisStatus.SYNTAX_ERROR
    assert reason in analysis.detail
    assert style is None


def test_an_empty_source_is_read(box: Box) -> None:
    ((analysis, _),) = box.analyze("")
    assert (analysis.status, analysis.defines_entry_point) == (AnalysisStatus.OK, False)


def test_style_comes_after_the_analysis(box: Box) -> None:
    order: list[str] = []

    async def read() -> None:
        reading = box.sandbox.analyze(AnalysisRequest(UGLY_AND_LONG, "f"), deadline=time.monotonic() + 60)
        analysis = await reading.analysis
        order.append(f"found {analysis.status}")
        order.append("style is there" if reading.style.done else "style is still measured")
        style = await reading.style
        assert style is not None
        order.append(f"style {style.similarity < 1}")

    box.sandbox.run([read()])
    assert order == ["found ok", "style is still measured", "style True"]


@pytest.mark.parametrize("unit", ["#", "# ", "#\n", "# type", "# fmt ", "#:", " "])
def test_style_of_endless_comments_is_measured_in_time(box: Box, unit: str) -> None:
    ((analysis, style),) = box.analyze(unit * (65_000 // len(unit)))
    assert analysis.status is AnalysisStatus.OK
    assert style is not None


def test_style_that_is_not_requested_is_not_measured(box: Box) -> None:
    async def read() -> None:
        reading = box.sandbox.analyze(AnalysisRequest(UGLY_AND_LONG, "f"), deadline=time.monotonic() + 60, style=False)
        assert (await reading.analysis).status is AnalysisStatus.OK
        assert await reading.style is None

    box.sandbox.run([read()])


def test_style_that_takes_too_long_leaves_the_analysis_valid(own_box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer_module, "_STYLE_CPU_S", 0.02)
    ((analysis, style),) = own_box.analyze(UGLY_AND_LONG)
    assert (analysis.status, style) == (AnalysisStatus.OK, None)
    monkeypatch.undo()
    assert is_fine(own_box)


# Lost from outside


@pytest.mark.parametrize("who", ["analyzers", "zygote", "both"])
def test_a_process_that_dies_idle_is_replaced_at_the_next_use(own_box: Box, who: str) -> None:
    own_box.analyze(*[FINE] * 8)
    zygote = own_box.sandbox._analyzer_zygote.pid
    assert zygote is not None
    killed = {"analyzers": analyzers(own_box), "zygote": {zygote}, "both": set(processes(zygote))}[who]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert [status(reading) for reading in own_box.analyze(*[FINE] * 8)] == [AnalysisStatus.OK] * 8
    assert is_fine(own_box)


@pytest.mark.parametrize("who", ["analyzers", "zygote", "both"])
def test_a_process_that_dies_at_work_is_replaced_once(own_box: Box, who: str) -> None:
    own_box.analyze(*[FINE] * 4)
    zygote = own_box.sandbox._analyzer_zygote.pid
    assert zygote is not None

    def strike() -> None:
        time.sleep(0.15)
        for pid in {"analyzers": analyzers(own_box), "zygote": {zygote}, "both": set(processes(zygote))}[who]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    thread = Thread(target=strike)
    thread.start()
    try:
        readings = own_box.analyze(*[UGLY_AND_LONG, FINE] * 4)
    finally:
        thread.join()
    assert [status(reading) for reading in readings] == [AnalysisStatus.OK] * 8
    assert is_fine(own_box)


@pytest.mark.parametrize("who", ["analyzer", "zygote"])
def test_a_stopped_process_is_not_awaited_past_the_deadline(make_box: Callable[..., Box], who: str) -> None:
    box = make_box(workers=1)
    box.analyze(FINE)
    zygote, (analyzer,) = box.sandbox._analyzer_zygote.pid, analyzers(box)
    assert zygote is not None
    if who == "zygote":
        os.kill(analyzer, signal.SIGKILL)
    os.kill(analyzer if who == "analyzer" else zygote, signal.SIGSTOP)
    started = time.monotonic()
    readings = box.analyze(FINE, FINE, FINE, deadline_s=0.8)
    assert time.monotonic() - started < LATE_S
    assert [status(reading) for reading in readings] == [AnalysisStatus.INTERNAL] * 3
    assert is_fine(box)
    assert "T" not in processes(zygote).values()


def test_a_deadline_that_is_over_starts_nothing_and_blames_no_source(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    box.analyze(FINE)
    before = processes(box.sandbox._analyzer_zygote.pid).keys()
    readings = box.analyze(*[FINE] * 50, deadline_s=-1.0)
    assert [status(reading) for reading in readings] == [AnalysisStatus.INTERNAL] * 50
    assert {reading[0].detail for reading in readings} == {"the deadline came before the source was read"}
    assert processes(box.sandbox._analyzer_zygote.pid).keys() == before
    assert is_fine(box)


def test_a_deadline_at_work_ends_the_analyzer(own_box: Box) -> None:
    assert is_fine(own_box)
    ((analysis, style),) = own_box.analyze(nested(19, "pass"), deadline_s=0.3)
    assert (analysis.status, style) == (AnalysisStatus.INTERNAL, None)  # without: exhausted, after seconds
    assert is_fine(own_box)
