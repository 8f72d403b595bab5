"""The description of the service's interface (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any, Final

from grader import __version__
from grader.service.payloads import PAYLOADS
from grader.service.run_code import EXAMPLE

__all__ = ["describe"]

_EVENT: Final = {
    "batch": [
        {
            "id": 1,
            "completion": "def add(a, b):\n    return a + b\n",
            "reference_answer": {"test_list": ["assert add(1, 2) == 3"]},
        }
    ]
}
_RESPONSES: Final = {
    "200": {"description": "The rewards, in the form that the caller expects."},
    "400": {"description": "The request cannot be read; the body says which field is wrong."},
    "401": {"description": "The bearer token is missing or another one."},
    "413": {"description": "The body is too large."},
    "429": {"description": "Too many requests are being graded; try again after `Retry-After` seconds."},
    "504": {"description": "`/run_code` only, in the place of 429."},
    "503": {"description": "The grader cannot start its sandbox."},
}


def describe() -> dict[str, Any]:
    """Return the description, as a JSON document."""
    paths: dict[str, Any] = {
        "/health": {"get": _reading("The process answers.")},
        "/ready": {"get": _reading("The sandbox is up: its isolation tier and its number of workers.")},
        "/metrics": {"get": _reading("Numbers for Prometheus.")},
        "/grade": {"post": _grading("Grade an event in any form of docs/events.md; also at `/`.", _EVENT)},
    }
    paths["/run_code"] = {"post": _grading("Run a Python program: what it printed. (SandboxFusion)", EXAMPLE)}
    for payload in PAYLOADS:
        paths[payload.path] = {"post": _grading(f"{payload.summary} ({payload.source})", payload.example)}
    return {"openapi": "3.1.0", "info": {"title": "Code grader", "version": __version__}, "paths": paths}


def _reading(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": summary}}}


def _grading(summary: str, example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"summary": summary, "requestBody": {"required": True, "content": content}, "responses": _RESPONSES}
