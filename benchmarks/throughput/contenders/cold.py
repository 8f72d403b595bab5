"""Cold start up to the first response: ``cold.py grader EVENT`` or ``cold.py plain EVENT``.

``grader`` imports `grader.handler` as Lambda does; ``plain`` is a lower bound of a handler with a style score: it
imports black and pyflakes, and applies them to the first answer. Each writes a line when it has its response, and exits
when its stdin is closed.
"""

from __future__ import annotations

import json
import sys
from typing import Any

__all__: list[str] = []


def _grader(event: Any) -> Any:
    from grader import handler  # noqa: PLC0415 - the import is what is measured

    return handler.lambda_handler(event, None)


def _plain(event: Any) -> Any:
    import ast  # noqa: PLC0415 - the import is what is measured

    import black  # noqa: PLC0415 - the import is what is measured
    from pyflakes.checker import Checker  # noqa: PLC0415 - the import is what is measured

    source = event[0]["messages"][-1]["content"].split("```")[1].removeprefix("python\n")
    black.format_str(source, mode=black.Mode())
    return [{"id": event[0]["id"], "messages": len(Checker(ast.parse(source)).messages)}]


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        event = json.load(file)
    response = json.dumps((_grader if sys.argv[1] == "grader" else _plain)(event))
    print(len(json.loads(response)), flush=True)
    sys.stdin.read()
