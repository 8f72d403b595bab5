"""A runner of the harness that runs an answer as a program, and reports what it printed and which files it left."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from sandbox.wire.programs import ProgramReport, ProgramSpec

if TYPE_CHECKING:
    from sandbox.processes.harness.solution_client import SolutionClient

__all__ = ["run_program"]


def run_program(spec: list[Any], client: SolutionClient) -> list[Any]:
    """Run the answer.

    Args:
        spec: fields of a `ProgramSpec`.
        client: the answer, in its process.

    Returns:
        Fields of a `ProgramReport`.
    """
    wanted = ProgramSpec(*spec)
    try:
        for path, content in wanted.files:
            folder = os.path.dirname(path)  # noqa: PTH120 - files are in memory
            if folder:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
            with open(path, "wb") as file:
                file.write(content)
    except (OSError, ValueError) as error:
        return list(ProgramReport("files", f"{getattr(error, 'strerror', None) or error}: {path}"))
    started = time.perf_counter()
    reply = client.run(wanted.stdin, preamble=wanted.preamble)
    seconds = time.perf_counter() - started
    output, errors = client.last_written
    raised = reply.raised
    return list(
        ProgramReport(
            reply.status.value,
            reply.detail,
            output,
            errors,
            raised_type="" if raised is None else raised.type_name,
            raised_text="" if raised is None else raised.text,
            raised_line=0 if raised is None else raised.line,
            exit_code=_exit_code(reply),
            seconds=seconds,
            files=[[path, found] for path in wanted.fetch if (found := _content(path)) is not None],
        )
    )


def _exit_code(reply: Any) -> int:
    """Return the code that the interpreter would have ended with."""
    raised = reply.raised
    if raised is not None and raised.type_name == "SystemExit":
        code = raised.args[0] if raised.args and len(raised.args) == 1 else None
        return code & 0xFF if type(code) is int else 1
    if type(reply.value) is int:  # of a process that has ended itself
        return reply.value
    return 0 if reply.status.value == "returned" else 1


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return bytes(file.read())
    except (OSError, ValueError):
        return None
