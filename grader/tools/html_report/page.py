"""Put the data of runs, the script and the style sheet into one HTML file.

Answers are hostile. They are data only: in script elements of a type that no browser runs, without any ``<``. The
script makes text nodes of them, and a Content-Security-Policy allows this one script, by its hash, and no request.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from grader.text import json_line
from grader.tools.html_report.outcomes import OUTCOMES
from grader.tools.html_report.run_data import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.tools.html_report.comparison import Comparison
    from grader.tools.html_report.run_data import RunData

__all__ = ["report_page"]

_SCRIPTS: Final = (
    "elements.js", "data.js", "charts.js", "tables.js", "overview.js", "samples.js", "comparison.js", "main.js"
)  # fmt: skip
"""Files of the script, in the order in which they use each other."""

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Grading report</title>
<style>{style}</style>
</head>
<body>
<noscript>This report is drawn by the script in this file, which loads nothing. Please allow scripts.</noscript>
<main id="report"></main>
"""
_END: Final = "<script>{script}</script>\n</body>\n</html>\n"


def report_page(runs: Sequence[RunData], comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield the text of the page, piece by piece.

    Args:
        runs: at least one; the others are compared with the first.
        comparisons: one for each run but the first.
    """
    script = "".join(_asset(name) for name in _SCRIPTS)
    style = _asset("report.css")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )
    yield _HEAD.format(policy=policy, style=style)
    data: dict[str, Any] = {
        "chunk": CHUNK,
        "outcomes": list(OUTCOMES.items()),
        "runs": [run.as_dict() for run in runs],
        "comparisons": [comparison.as_dict() for comparison in comparisons],
    }
    yield _data_element("data", "application/json", json_line(data).replace("<", "\\u003c"))
    for number, run in enumerate(runs):
        for index, chunk in enumerate(run.chunks):
            yield _data_element(f"details-{number}-{index}", "application/gzip", chunk)
    yield _END.format(script=script)


def _data_element(name: str, kind: str, text: str) -> str:
    assert "<" not in text
    return f'<script type="{kind}" id="{name}">{text}</script>\n'


def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the source expression that allows an inline script or style sheet (Content Security Policy, level 3)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
