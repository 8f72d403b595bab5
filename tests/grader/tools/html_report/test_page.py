"""The page as text: what is hostile is data in it, and nothing in it asks for anything from elsewhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli.report import report
from grader.errors import InputError
from tests.grader.tools.html_report.making import HOSTILE, many_rows, result_row, write_results

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE_ROW = result_row(
    f"id {HOSTILE}",
    0.5,
    problem=HOSTILE,
    reason=HOSTILE,
    prompt=HOSTILE,
    answer=HOSTILE,
    style_findings=[HOSTILE],
    extraction_rule=HOSTILE,
    verdicts=[HOSTILE],
    timings_ms={HOSTILE: 1.0},
    metrics={HOSTILE: 1.0},
    tests=[{"index": 0, "verdict": HOSTILE, "name": HOSTILE, "detail": HOSTILE}],
)


class Page(HTMLParser):
    """The elements of a page, and the text of each script and style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts[self._inside] = self.texts.get(self._inside, "") + data


def page_of(tmp_path: Path, *runs: list[dict[str, Any]]) -> str:
    files = [write_results(tmp_path / f"{name}.jsonl", *rows) for name, rows in zip("ab", runs, strict=False)]
    out = tmp_path / "report.html"
    report(files, str(out))
    return out.read_text("utf-8")


def test_an_answer_is_data_whatever_is_in_it(tmp_path: Path) -> None:
    text = page_of(tmp_path, [HOSTILE_ROW, result_row("b")])
    page = Page(text)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 3
    assert tags.count("img") == 0
    assert text.count("</script>") == 3
    assert "owned'" not in re.sub(r'<script type="application/\w+".*?</script>', "", text, flags=re.DOTALL)
    # everything in it is plain ASCII or of the page itself, without a control character
    assert all(char.isprintable() or char == "\n" for char in text)


def test_texts_arrive_in_printable_form(tmp_path: Path) -> None:
    page = Page(page_of(tmp_path, [HOSTILE_ROW]))
    (details,) = json.loads(gzip.decompress(base64.b64decode(page.texts["details-0-0"])))
    answer, tests, verdicts, findings, reason, rule, metrics, timings, prompt = details
    names = [*tests[0][1:], verdicts[0][0], rule, *timings, next(name for name in metrics if "script" in name)]
    for shown in (answer, reason, prompt, *findings, *names):
        assert "<script>" in shown
        assert r"\x1b[31mred\x1b]0;owned\x07 \u202egnp.exe\u2066 \u200b \u2028 \ud800" in shown
    data = json.loads(page.texts["data"])
    assert r"\x1b[31m" in data["runs"][0]["names"][0]


def test_the_policy_allows_the_script_of_the_page_and_nothing_else(tmp_path: Path) -> None:
    page = Page(page_of(tmp_path, [result_row("a")]))
    policies = [attributes["content"] for _, attributes in page.elements if attributes.get("http-equiv")]
    texts = {name: page.texts[name].encode() for name in ("script", "style")}
    hashes = {name: base64.b64encode(hashlib.sha256(text).digest()).decode() for name, text in texts.items()}
    policy = (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    assert policies == [policy]
    # before anything that it is to hold for
    assert page.elements[3][1].get("http-equiv") == "Content-Security-Policy"
    addresses = ("src", "href", "srcset", "action", "style", "onload", "onerror")
    assert [one for one in page.elements if set(one[1]) & set(addresses)] == []


def test_the_script_makes_text_nodes_only(tmp_path: Path) -> None:
    script = Page(page_of(tmp_path, [result_row("a")])).texts["script"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(", script)
    assert re.findall(r"https?://[^\s\"']+", script) == ["http://www.w3.org/2000/svg"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node, which checks the syntax, is not installed")
def test_the_script_has_no_syntax_error(tmp_path: Path) -> None:
    script = tmp_path / "script.js"
    script.write_text(Page(page_of(tmp_path, [result_row("a")])).texts["script"])
    subprocess.run(["node", "--check", str(script)], check=True, capture_output=True, timeout=60)


def test_equal_results_make_an_equal_page(tmp_path: Path) -> None:
    rows = many_rows(250)
    assert page_of(tmp_path, rows) == page_of(tmp_path, rows)


def test_results_without_details_are_reported_too(tmp_path: Path) -> None:
    row = result_row("a")
    for name in ("answer", "tests", "prompt", "style_findings", "timings_ms"):
        del row[name]
    data = json.loads(Page(page_of(tmp_path, [row])).texts["data"])
    assert data["runs"][0]["hasDetails"] is False
    assert data["runs"][0]["rewards"] == [1]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{}", r"a\.jsonl:1: has no metrics"),
        ("[1]", r"a\.jsonl: row 1: is of type int"),
        ('{"metrics": {}, "aggregate_reward_score": NaN}', r"a\.jsonl:1: aggregate_reward_score is 'nan'"),
        ('{"metrics": {"x": "y"}, "aggregate_reward_score": 1}', r"metrics\.x is 'y', not a finite number"),
        ('{"metrics": {}, "aggregate_reward_score": 1, "status": "fine"}', r"status is 'fine'"),
        ('{"messages": [], "reference_answer": {}}', r"has no metrics; give a file that `grader grade --out`"),
    ],
)
def test_a_file_of_something_else_is_refused_by_line(tmp_path: Path, line: str, complaint: str) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / "report.html"
    path.write_text(line)
    with pytest.raises(InputError, match=complaint):
        report([str(path)], str(out))
    assert not out.exists()
    assert list(tmp_path.iterdir()) == [path]


def test_the_results_are_never_overwritten(tmp_path: Path) -> None:
    path = write_results(tmp_path / "a.jsonl", result_row("a"))
    with pytest.raises(InputError, match="--out must be another"):
        report([path], path)
    with pytest.raises(InputError, match="is a directory"):
        report([path], str(tmp_path))
