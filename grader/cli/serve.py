"""``grader serve``: the HTTP service."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.options import ConfigFile, load_config
from grader.core.grader import Grader
from grader.errors import InputError

__all__ = ["serve"]

_LOCAL = "127.0.0.1"

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this host.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="File with the bearer token that requests must bring.")
]
MaxRequests = Annotated[int, typer.Option(min=1, help="Requests graded at a time; more are refused with 429.")]
MaxBody = Annotated[int, typer.Option("--max-body-mb", min=1, help="MiB of a request's body.")]
Deadline = Annotated[float, typer.Option("--deadline-s", min=1, help="Seconds within which a request is answered.")]


def serve(
    host: Host = _LOCAL,
    port: Port = 8000,
    token_file: TokenFile = None,
    max_requests: MaxRequests = 256,
    max_body_mb: MaxBody = 16,
    deadline_s: Deadline = 100.0,
    config: ConfigFile = None,
) -> None:
    """Serve rewards over HTTP until stopped; see docs/service.md for the routes.

    SIGTERM ends it after the requests that it has accepted. Exit code: 0, or 1 if it cannot listen or the sandbox
    cannot start.
    """
    try:
        import uvicorn  # noqa: PLC0415 - only the extra `serve` has it

        from grader.service.app import RewardService  # noqa: PLC0415 - as above
        from grader.service.limits import ServiceLimits  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise InputError(f"grader serve needs {error.name}: pip install 'rlvr-code-grader[serve]'") from None
    token = _read_token(token_file)
    limits = ServiceLimits(max_requests=max_requests, max_body_mb=max_body_mb, deadline_s=deadline_s)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with Grader(load_config(config)) as grader:
        # Before the first request, so that a host that cannot isolate answers is reported here.
        grader.host()
        app = RewardService(grader, limits=limits, token=token).app()
        uvicorn.run(app, host=host, port=port, log_config=None, access_log=False)


def _read_token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if not token:
        raise InputError(f"{file}: the file is empty, and a token is wanted")
    return token
