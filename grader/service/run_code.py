"""Requests and responses of SandboxFusion's ``/run_code``, for Python.

Source: bytedance/SandboxFusion, ``sandbox/server/sandbox_api.py`` (``RunCodeRequest``, ``RunCodeResponse``,
``parse_run_status``) and ``sandbox/runners/base.py``. verl's ``sandbox_fusion`` and Tinker's ``code_rl`` send these.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from grader.errors import InputError
from grader.service.file_imports import import_preamble
from grader.service.program_runner import Program
from sandbox.wire.programs import ProgramReport, ProgramSpec

if TYPE_CHECKING:
    from grader.service.program_runner import RunResult
    from sandbox.types import Limits

__all__ = ["EXAMPLE", "LANGUAGES", "read_program", "unsupported", "write_result"]

LANGUAGES: Final = frozenset({"python"})
_DEFAULT_TIMEOUT_S: Final = 10.0
_SKIPPED_FILE: Final = "IGNORE_THIS_FILE"
EXAMPLE: Final = {"code": "print(int(input()) + 1)", "stdin": "1\n", "language": "python", "run_timeout": 10}
_KILLED: Final = 137
"""Exit code of a shell for a program that SIGKILL has ended."""


def read_program(body: Mapping[str, Any], limits: Limits, *, longest_s: float) -> Program:
    """Make the program of a request.

    Args:
        body: the request.
        limits: limits of the settings; the request may only ask for less memory.
        longest_s: longest time limit in seconds.

    Raises:
        InputError: a field is wrong.
    """
    code = body.get("code")
    if not isinstance(code, str):
        raise InputError(f"code: is {_kind(body, 'code')}; text is wanted")
    stdin = body.get("stdin")
    if stdin is not None and not isinstance(stdin, str):
        raise InputError(f"stdin: is {_kind(body, 'stdin')}; text is wanted")
    seconds = min(_number(body, "run_timeout", _DEFAULT_TIMEOUT_S), longest_s)
    memory_mb = _number(body, "memory_limit_MB", -1)
    files = _files(body)
    fetch = body.get("fetch_files") or []
    if not isinstance(fetch, list) or not all(isinstance(path, str) for path in fetch):
        raise InputError("fetch_files: a list of paths is wanted")
    spec = ProgramSpec(
        (stdin or "").encode("utf-8", "surrogateescape"), import_preamble(files), tuple(files.items()), tuple(fetch)
    )
    return Program(
        code,
        spec,
        replace(
            limits,
            cpu_s=seconds,
            total_cpu_s=seconds,
            wall_s=seconds,
            memory_mb=limits.memory_mb if memory_mb <= 0 else min(limits.memory_mb, max(1, int(memory_mb))),
        ),
    )


def unsupported(body: Mapping[str, Any]) -> str:
    """Return why the language of a request cannot be run; empty if it can."""
    language = body.get("language", "python")
    if isinstance(language, str) and language in LANGUAGES:
        return ""
    return f"language {str(language)[:40]!r} is not supported: this service runs Python only"


def write_result(result: RunResult, limits: Limits) -> dict[str, Any]:
    """Make the response.

    Args:
        result: the result of the run.
        limits: limits of the run.
    """
    if result.fault:
        return _response("SandboxError", message=result.fault)
    if result.is_exhausted:
        return _response("Failed", run=_run("TimeLimitExceeded", limits.cpu_s, None))
    if result.refusal:
        # As an interpreter would end that refuses the source; SandboxFusion has no step of compilation for Python.
        return _response("Failed", run=_run("Finished", 0.0, 1, errors=f"{result.refusal}\n"))
    report = result.report
    assert report is not None
    output, errors = (text.decode("utf-8", "replace") for text in (report.output, report.errors))
    files = {path: base64.b64encode(content).decode() for path, content in report.files}
    if report.status == "timeout":
        return _response("Failed", run=_run("TimeLimitExceeded", report.seconds, None, output, errors), files=files)
    errors += _last_words(report)
    code = report.exit_code
    if report.status == "memory" and not report.raised_type:
        code = _KILLED
    run = _run("Finished", report.seconds, code, output, errors)
    return _response("Failed" if code else "Success", run=run, files=files)


def _last_words(report: ProgramReport) -> str:
    """Return what the interpreter, or the kernel, would have written about the end of the program."""
    if report.status == "returned" or (report.status == "exited" and not report.raised_type):
        return ""
    if report.raised_type == "SystemExit":
        return "" if report.raised_text.lstrip("-").isdecimal() or not report.raised_text else f"{report.raised_text}\n"
    if report.raised_type:
        place = f'  File "solution.py", line {report.raised_line}\n' if report.raised_line else ""
        text = f": {report.raised_text}" if report.raised_text else ""
        return f"Traceback (most recent call last):\n{place}{report.raised_type}{text}\n"
    return f"{report.detail}\n"


def _response(
    status: str, *, message: str = "", run: dict[str, Any] | None = None, files: dict[str, str] | None = None
) -> dict[str, Any]:
    return {
        "status": status,
        "message": message,
        "compile_result": None,
        "run_result": run,
        "executor_pod_name": None,
        "files": files or {},
    }


def _run(status: str, seconds: float, code: int | None, output: str = "", errors: str = "") -> dict[str, Any]:
    return {
        "status": status,
        "execution_time": seconds,
        "return_code": code,
        "stdout": output,
        "stderr": errors,
    }


def _files(body: Mapping[str, Any]) -> dict[str, bytes]:
    given = body.get("files") or {}
    if not isinstance(given, Mapping):
        raise InputError(f"files: is {_kind(body, 'files')}; an object is wanted")
    files = {}
    for path, content in given.items():
        if not isinstance(content, str) or _SKIPPED_FILE in path:
            continue
        try:
            files[path] = base64.b64decode(content)
        except (binascii.Error, ValueError):
            raise InputError(f"files: the content of {path[:80]!r} is not base64") from None
    return files


def _number(body: Mapping[str, Any], name: str, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{name}: is {_kind(body, name)}; a number is wanted")
    if name == "run_timeout" and value <= 0:
        raise InputError(f"{name}: is {value}; more than 0 is wanted")
    return float(value)


def _kind(body: Mapping[str, Any], name: str) -> str:
    return "missing" if name not in body else f"of type {type(body[name]).__name__}"
