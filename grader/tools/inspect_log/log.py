"""Write an inspect_ai log: a zip file with a JSON document for each sample, their summaries, and a header.

Written here and not by inspect_ai, which takes minutes to install. A test reads logs with it where it is installed.

Source: inspect_ai 0.3, ``inspect_ai.log``: ``EvalLog`` and ``EvalSample`` in ``_log.py`` (version 2 of the format), the
names of the members in ``_recorders/eval.py``.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from grader import __version__
from grader.text import printable
from grader.tools.report.summary import RunningStats

if TYPE_CHECKING:
    from datetime import datetime

    from grader.tools.files.stored_results import StoredResult

__all__ = ["InspectLog"]

_VERSION: Final = 2
_SCORER: Final = "code_grader"
"""Name of the scorer in `grader.trainers.inspect_ai`."""
_PARTS: Final = ("functional", "syntax", "style", "judge")
_MODEL: Final = "none"
_SHOWN_TESTS: Final = 5
_SUMMARY_CHARS: Final = 1000
"""Summaries hold the beginning of longer texts (``EvalSampleSummary``)."""


@dataclass(slots=True)
class InspectLog:
    """A log that is written sample by sample. A context manager; the end of its context writes the header.

    A sample has its name as its id; of samples with one name, the first is epoch 1, and so on.
    """

    file: BinaryIO
    title: str
    """Name of the task: that of the results, without suffix."""
    location: str
    """Path of the results."""
    created: datetime
    """Time of the results."""
    _zip: zipfile.ZipFile = field(init=False)
    _summaries: list[dict[str, Any]] = field(default_factory=list)
    _epochs: Counter[str] = field(default_factory=Counter)
    _scores: dict[str, RunningStats] = field(default_factory=dict)
    _squares: dict[str, float] = field(default_factory=dict)
    _unscored: int = 0

    def __enter__(self) -> Self:
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish()
        self._zip.close()

    def add(self, result: StoredResult) -> None:
        """Add the next sample."""
        self._epochs[result.name] += 1
        epoch = self._epochs[result.name]
        scores = self._scores_of(result)
        sample: dict[str, Any] = {
            "id": result.name,
            "epoch": epoch,
            "input": printable(result.prompt) or f"problem {result.problem or 'unknown'}",
            "target": "",
            "messages": _messages(result),
            "output": _output(result),
            "scores": scores,
            "metadata": {
                "problem": result.problem,
                "line": result.line,
                "reason": printable(result.reason),
                "extraction_rule": result.extraction_rule,
                "verdicts": dict(Counter(result.verdicts)),
                **result.metrics,
            },
            "total_time": result.metrics.get("duration_ms", 0.0) / 1000,
            "working_time": result.metrics.get("duration_ms", 0.0) / 1000,
        }
        self._write(f"samples/{result.name}_epoch_{epoch}.json", sample)
        kept = ("id", "epoch", "target", "total_time", "working_time")
        self._summaries.append(
            {name: sample[name] for name in kept}
            | {
                "input": sample["input"][:_SUMMARY_CHARS],
                "metadata": {"problem": result.problem, "line": result.line},
                "scores": {
                    name: {key: _cut(value) for key, value in score.items() if key != "metadata"}
                    for name, score in scores.items()
                },
                "completed": True,
                "message_count": len(sample["messages"]),
            }
        )

    def _scores_of(self, result: StoredResult) -> dict[str, Any]:
        """Return the reward and its parts as scores, and count them."""
        if result.reward is None:
            self._unscored += 1
            # what inspect_ai itself writes of scores that no metric counts (`Score.unscored`)
            return {_SCORER: {"value": math.nan, "explanation": _explanation(result)}}
        values = {_SCORER: result.reward}
        values |= {name: result.metrics[name] for name in _PARTS if name in result.metrics}
        for name, value in values.items():
            self._scores.setdefault(name, RunningStats()).add(value)
            self._squares[name] = self._squares.get(name, 0.0) + value * value
        scores: dict[str, Any] = {name: {"value": value} for name, value in values.items()}
        answer = None if result.answer is None else _code(result.answer, "python")
        scores[_SCORER] |= {"answer": answer, "explanation": _explanation(result)}
        return scores

    def _finish(self) -> None:
        created = self.created.isoformat(timespec="seconds")
        name = hashlib.blake2b(f"{self.location} {created} {len(self._summaries)}".encode(), digest_size=11).hexdigest()
        spec = {
            "eval_id": name,
            "run_id": name,
            "created": created,
            "task": self.title,
            "task_id": name,
            "dataset": {"name": self.title, "location": self.location, "samples": len(self._epochs), "shuffled": False},
            "model": _MODEL,
            "config": {"epochs": max(self._epochs.values(), default=1)},
            "packages": {"rlvr-code-grader": __version__},
            "scorers": [{"name": name, "metrics": [{"name": "mean"}, {"name": "stderr"}]} for name in self._scores],
        }
        plan = {"name": "plan", "steps": [], "config": {}}
        self._write("_journal/start.json", {"version": _VERSION, "eval": spec, "plan": plan})
        self._write("summaries.json", self._summaries)
        header = {
            "version": _VERSION,
            "status": "success",
            "eval": spec,
            "plan": plan,
            "results": {
                "total_samples": len(self._summaries),
                "completed_samples": len(self._summaries),
                "scores": [self._score(name, stats) for name, stats in self._scores.items()],
            },
            "stats": {"started_at": created, "completed_at": created, "model_usage": {}},
        }
        self._write("header.json", header)

    def _score(self, name: str, stats: RunningStats) -> dict[str, Any]:
        mean = stats.total / stats.count
        variance = max(0.0, self._squares[name] / stats.count - mean * mean)
        error = math.sqrt(variance / (stats.count - 1)) if stats.count > 1 else 0.0
        metrics = {"mean": mean, "stderr": error}
        return {
            "name": name,
            "scorer": name,
            "scored_samples": stats.count,
            "unscored_samples": self._unscored,
            "metrics": {metric: {"name": metric, "value": value} for metric, value in metrics.items()},
        }

    def _write(self, name: str, document: Any) -> None:
        self._zip.writestr(name, json.dumps(document))


def _cut(value: Any) -> Any:
    return value[:_SUMMARY_CHARS] if isinstance(value, str) else value


def _messages(result: StoredResult) -> list[dict[str, str]]:
    prompt = [{"role": "user", "content": printable(result.prompt)}] if result.prompt else []
    return [*prompt, _answer_message(result)]


def _answer_message(result: StoredResult) -> dict[str, str]:
    return {"role": "assistant", "content": _code(result.answer, "python") if result.answer else ""}


def _code(text: str, language: str = "") -> str:
    """Return a text that the viewer, which renders Markdown, shows as it is: in a fence that nothing in it closes."""
    text = printable(text)
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _output(result: StoredResult) -> dict[str, Any]:
    message = _answer_message(result)
    return {"model": _MODEL, "choices": [{"message": message, "stop_reason": "stop"}], "completion": message["content"]}


def _explanation(result: StoredResult) -> str:
    """Return the reason, the verdicts, and the first tests that did not pass."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in Counter(result.verdicts).items())
    failed = [test for test in result.tests if test.verdict != "passed"][:_SHOWN_TESTS]
    lines = [result.reason, counts and f"Tests: {counts}"]
    lines += [f"{test.index + 1}. {test.verdict}: {test.name}: {test.detail}" for test in failed]
    text = "\n".join(line for line in lines if line)
    return _code(text) if text else ""
