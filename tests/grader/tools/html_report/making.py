"""Result files for tests of reports: rows as `grader grade --out` writes them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HOSTILE", "many_rows", "result_row", "write_results"]

HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<!-- \x1b[31mred\x1b]0;owned\x07 \u202egnp.exe\u2066 \u200b \u2028 \ud800 &lt;b&gt; ]]>"
)


def result_row(name: str, reward: float | None = 1.0, *, problem: str = "p", **fields: Any) -> dict[str, Any]:
    verdicts = fields.pop("verdicts", ["passed", "passed"] if reward == 1.0 else ["passed", "wrong_answer"])
    parts = {"syntax": 1.0, "functional": 1.0 if reward == 1.0 else 0.5, "style": 1.0} | fields.pop("parts", {})
    metrics = parts | {
        "tests_passed": float(verdicts.count("passed")),
        "tests_total": float(len(verdicts)),
        "code_found": 1.0,
        "policy_violation": 0.0,
        "stub": 0.0,
        "duration_ms": 12.5,
        "cpu_ms": 3.0,
    }
    metrics |= fields.pop("metrics", {})
    return {
        "id": name,
        "aggregate_reward_score": reward or 0.0,
        "status": "unscored" if reward is None else "scored",
        "reason": "",
        "problem": problem,
        "extraction_rule": "fenced_block",
        "verdicts": verdicts,
        "metrics": metrics,
        "line": 1,
        "digest": "",
        "prompt": "Add two numbers.",
        "answer": "def add(a, b):\n    return a + b\n",
        "tests": [
            {"index": index, "verdict": verdict, "name": f"add(1, {index})", "detail": "3"}
            for index, verdict in enumerate(verdicts)
        ],
        "style_findings": [],
        "timings_ms": {"run": 3.0},
    } | fields


def write_results(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def many_rows(count: int, *, group: int = 8, seed: int = 1) -> list[dict[str, Any]]:
    """Return results as a run of GRPO has them: groups of answers to problems of every difficulty."""
    random_ = random.Random(seed)
    rows = []
    for index in range(count):
        problem = index // group
        difficulty = random.Random(problem).betavariate(0.5, 0.5)
        kind = random_.random()
        total = 4 + problem % 9
        metrics = {
            "duration_ms": round(random_.lognormvariate(3.5, 0.9), 1),
            "cpu_ms": round(random_.lognormvariate(2, 1), 1),
        }
        fields: dict[str, Any] = {"metrics": metrics, "line": index + 1, "problem": f"{problem:016x}"}
        name = f"task-{problem}#{index % group}"
        body = "".join(
            f"    x{number} = {random_.randrange(10**9)} + n\n" for number in range(random_.randrange(5, 40))
        )
        fields["answer"] = f"def solve(n):\n    # {name}\n{body}    return x0\n"
        if kind < 0.01:
            fields |= {"reason": f"policy: line {index % 7}: import of os", "verdicts": ["policy"] * total}
            metrics["policy_violation"] = 1.0
            rows.append(result_row(name, 0.0, parts=dict.fromkeys(("syntax", "functional", "style"), 0.0), **fields))
            continue
        if kind < 0.013:
            rows.append(
                result_row(name, None, reason="the deadline came first", verdicts=["not_run"] * total, **fields)
            )
            continue
        if random_.random() < difficulty:
            passed, failure = total, "passed"
        else:
            passed = random_.randrange(total)
            failure = random_.choice(["wrong_answer", "wrong_answer", "wrong_answer", "exception", "timeout"])
            fields["reason"] = f"test {passed + 1} failed: {failure}"
        style = round(1 - random_.random() ** 3, 4)
        functional = passed / total
        parts = {"functional": functional, "style": style}
        verdicts = ["passed"] * passed + [failure] * (total - passed)
        rows.append(
            result_row(name, round(0.3 + 0.5 * functional + 0.2 * style, 6), parts=parts, verdicts=verdicts, **fields)
        )
    return rows
