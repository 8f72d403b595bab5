"""The report in a real browser, headless, at two widths, light and dark."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli.report import report
from tests.grader.tools.html_report.browser import Browser, find_browser
from tests.grader.tools.html_report.making import HOSTILE, many_rows, result_row, write_results

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = find_browser()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
SHOTS = os.environ.get("REPORT_SCREENSHOTS", "")
"""Folder that screenshots are written to; none where it is empty."""
WIDE, NARROW = (1280, 900), (420, 800)


def browser(size: tuple[int, int] = WIDE, *, dark: bool = False) -> Browser:
    assert PROGRAM is not None
    return Browser(PROGRAM, width=size[0], height=size[1], dark=dark)


def shoot(page: Browser, name: str, *, whole: bool = True) -> None:
    if SHOTS:
        page.screenshot(Path(SHOTS) / f"{name}.png", whole=whole)


@pytest.fixture
def make_report(tmp_path: Path) -> Callable[..., Path]:
    def make(*runs: list[dict[str, Any]]) -> Path:
        files = [write_results(tmp_path / f"run-{number}.jsonl", *rows) for number, rows in enumerate(runs)]
        report(files, str(tmp_path / "report.html"))
        return tmp_path / "report.html"

    return make


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_is_drawn_without_complaint_and_fits(
    make_report: Callable[..., Path], size: tuple[int, int], dark: bool
) -> None:
    path = make_report(many_rows(2000))
    with browser(size, dark=dark) as page:
        page.open(path)
        page.wait("document.querySelectorAll('svg .bar .value').length > 100")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate("document.querySelectorAll('#samples .row').length") < 60
        cells = "[...document.querySelector(`#samples .${name}`).children]"
        left = f"(name) => {cells}.map((one) => Math.round(one.getBoundingClientRect().left))"
        assert page.evaluate(f"({left})('head')") == page.evaluate(f"({left})('row')")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(21, 23, 26)") == dark
        shoot(page, f"{size[0]}-{'dark' if dark else 'light'}")
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith("file:")] == []


def test_a_hostile_answer_is_shown_as_text(make_report: Callable[..., Path]) -> None:
    row = result_row("evil", 0.5, reason=HOSTILE, prompt=HOSTILE, answer=f"# {HOSTILE}\n", style_findings=[HOSTILE],
                     tests=[{"index": 0, "verdict": "wrong_answer", "name": HOSTILE, "detail": HOSTILE}])  # fmt: skip
    path = make_report([result_row("good"), row])
    with browser() as page:
        page.open(path, "#sample=0:1")
        page.wait("document.querySelector('#sample .code')")
        shown = page.evaluate("document.querySelector('#sample .code .text').textContent")
        assert "</script><script>document.title='owned'</script><img src=x" in shown
        assert r"\x1b[31mred\x1b]0;owned\x07 \u202egnp.exe\u2066 \u200b \u2028 \ud800" in shown
        assert page.evaluate("document.querySelectorAll('img, iframe, #report script').length") == 0
        assert page.evaluate("document.title") == "run-0.jsonl - grading report"
        shoot(page, "hostile")
        assert page.complaints == []


def test_the_policy_stops_what_would_run_a_script(make_report: Callable[..., Path]) -> None:
    with browser() as page:
        page.open(make_report([result_row("a")]))
        assert (
            page.evaluate("try { document.body.innerHTML = '<b>x</b>'; 'set' } catch (error) { error.name }")
            == "TypeError"
        )
        page.evaluate(
            "const one = document.createElement('img'); one.src = 'https://example.invalid/'; document.body.append(one)"
        )
        page.wait("true")
        time.sleep(0.2)
        page.evaluate("1")
        assert any("Content Security Policy" in text for text in page.complaints)


def test_a_bar_leads_to_its_samples_and_a_search_to_what_holds_the_text(make_report: Callable[..., Path]) -> None:
    rows = [result_row(f"good-{number}") for number in range(150)]
    rows += [
        result_row(f"bad-{number}", 0.25, answer=f"# needle {number}\n", reason="test 2 failed")
        for number in range(130)
    ]
    count = "document.querySelector('#samples [role=status]').textContent"
    with browser() as page:
        page.open(make_report(rows))
        page.wait("document.querySelectorAll('#overview .bar.active').length > 1")
        page.evaluate("document.querySelector('#overview .bar.active').dispatchEvent(new MouseEvent('click'))")
        page.wait(f"{count} === '130 of 280 samples'")
        assert "reward 0.25 to 0.30" in page.evaluate("document.querySelector('.chip').textContent")
        page.evaluate("document.querySelector('.chip button').click()")
        page.wait(f"{count} === '280 samples'")
        box = "const box = document.querySelector('input[type=search]')"
        search = box + "; box.value = {!r}; box.dispatchEvent(new Event('input'))"
        page.evaluate("{" + search.format("good-14") + "}")
        page.wait(f"{count} === '11 of 280 samples'")
        page.evaluate("{" + search.format("needle 12") + "}")
        page.wait(f"{count} === '0 of 280 samples'")
        page.evaluate("document.querySelector('.filters input[type=checkbox]').click()")
        page.wait(f"{count} === '11 of 280 samples'")
        page.evaluate("document.querySelector('#samples .row').click()")
        page.wait("document.querySelector('#sample .code')")
        assert "needle 12" in page.evaluate("document.querySelector('#sample .code .text').textContent")
        assert page.complaints == []


def test_two_runs_are_compared_with_both_answers(make_report: Callable[..., Path]) -> None:
    before, after = many_rows(800), many_rows(800, seed=2)
    before[3]["answer"] = after[3]["answer"] = "same"
    before[3] |= {"aggregate_reward_score": 1.0, "verdicts": ["passed", "passed"], "status": "scored"}
    after[3] |= {"aggregate_reward_score": 0.5, "verdicts": ["passed", "timeout"], "status": "scored"}
    with browser() as page:
        page.open(make_report(before, after))
        page.wait("document.querySelectorAll('#comparison-1 .bars .entry').length >= 2")
        entries = "[...document.querySelectorAll('#comparison-1 .bars .entry')]"
        entry = f"{entries}.find((one) => one.textContent.includes('same answer'))"
        page.evaluate(f"{entry}.click()")
        page.wait("document.querySelectorAll('#comparison-1 .row').length === 1")
        assert "test 2: passed → timeout" in page.evaluate("document.querySelector('#comparison-1 .row').textContent")
        page.evaluate("document.querySelector('#comparison-1 .row').click()")
        page.wait("document.querySelectorAll('#comparison-1 article').length === 2")
        shoot(page, "comparison")
        assert page.complaints == []
        page.evaluate("document.querySelectorAll('nav input')[1].click()")
        page.wait("document.querySelector('#samples [role=status]').textContent === '800 samples'")
        assert page.complaints == []


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_50_000_samples_open_within_three_seconds(make_report: Callable[..., Path]) -> None:
    path = make_report(many_rows(50_000))
    with browser() as page:
        # the best of three: other programs may be in the way of one
        seconds = min(page.open(path) for _ in range(3))
        size = path.stat().st_size / 1e6
        print(f"50,000 samples: {size:.1f} MB, drawn after {seconds:.2f} s")
        page.wait("document.querySelectorAll('#samples .row').length > 5")
        page.evaluate("document.querySelector('#samples .view').scrollTop = 700000")
        page.wait("document.querySelector('#samples .row').textContent.includes('task-')")
        shoot(page, "50000")
        assert page.complaints == []
        assert seconds < 3
