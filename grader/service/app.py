"""The routes of the service."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from grader.errors import GraderError, InputError, UnscoredError
from grader.lambda_api.service import LambdaService
from grader.service.limits import RequestError, ServiceLimits, check_token, read_body
from grader.service.metrics import ServiceMetrics
from grader.service.openapi import describe
from grader.service.payloads import PAYLOADS
from grader.service.program_runner import ProgramRunner, RunResult
from grader.service.run_code import read_program, unsupported, write_result
from grader.trainers.rewards import reward_or_default
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from starlette.requests import Request

    from grader.core.grader import Grader
    from grader.service.payloads import Payload
    from grader.types import BadSample, Grade, Sample

__all__ = ["RewardService"]

_RETRY_AFTER_S: Final = 1
_NATIVE: Final = "/grade"
_RUN_CODE: Final = "/run_code"
_CLIENT_GONE: Final = 499
_TURN_S: Final = 5.0
"""Seconds that a program waits for its turn: its callers take a refusal for a wrong answer, and only 504 for busy."""
_LONG_TURN_S: Final = 20.0
"""The same for callers who take every refusal for a wrong answer, and wait for 30 s or more."""
_SPARE_S: Final = 2.0
"""Seconds before the end of such a caller's patience at which its response is made."""
_TURN_POLL_S: Final = 0.1

_log = logging.getLogger("grader.service")  # operators filter on it: docs/service.md


class _Deadline:
    """Stands for the context of a Lambda invocation, of which only the time that is left is asked."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left."""
        return max(0, int((self._end - time.monotonic()) * 1000))


class RewardService:
    """Answers HTTP requests with a grader.

    Args:
        grader: the grader; its owner closes it.
        limits: limits of requests.
        token: bearer token that every request but ``/health`` must bring; empty for none.
    """

    def __init__(self, grader: Grader, *, limits: ServiceLimits | None = None, token: str = "") -> None:
        self._grader = grader
        self._limits = ServiceLimits() if limits is None else limits
        self._token = token
        self._events = LambdaService(grader.config, grader, os.environ)
        self._programs = ProgramRunner(grader.config)
        self._metrics = ServiceMetrics()
        self._in_flight = 0
        # As many threads as requests: each waits for its grades.
        self._threads = ThreadPoolExecutor(self._limits.max_requests, thread_name_prefix="grader-request")

    def app(self) -> Starlette:
        """Make the ASGI application."""
        routes = [
            Route("/health", self._health),
            Route("/ready", self._guarded("/ready", self._ready)),
            Route("/metrics", self._guarded("/metrics", self._show_metrics)),
            Route("/openapi.json", self._guarded("/openapi.json", self._openapi)),
            Route("/", self._guarded(_NATIVE, self._grade_event), methods=["POST"]),
            Route(_NATIVE, self._guarded(_NATIVE, self._grade_event), methods=["POST"]),
            Route(_RUN_CODE, self._guarded(_RUN_CODE, self._run_code), methods=["POST"]),
        ]
        for payload in PAYLOADS:
            route = self._guarded(payload.path, self._payload_route(payload))
            routes.append(Route(payload.path, route, methods=["POST"]))
        return Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        # The server has waited for the requests that it had accepted.
        self._threads.shutdown()
        self._programs.close()

    def _guarded(
        self, route: str, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return the route with its token checked, its errors written, and its request counted and logged."""

        async def guarded(request: Request) -> Response:
            started = time.monotonic()
            try:
                check_token(request, self._token)
                response = await answer(request)
            except RequestError as error:
                response = JSONResponse({"error": str(error)}, error.status, error.headers)
            except InputError as error:
                response = JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)
            except ClientDisconnect:
                # It left before its request was complete, so nobody reads this; the status is that of nginx.
                response = Response(status_code=_CLIENT_GONE)
            except UnscoredError as error:
                response = JSONResponse({"error": str(error)}, HTTPStatus.INTERNAL_SERVER_ERROR)
            except (GraderError, SandboxError) as error:
                _log.error("%s", error)
                response = JSONResponse({"error": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE)
            seconds = time.monotonic() - started
            self._metrics.count_request(route, response.status_code, seconds)
            line = {"event": "request", "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
            _log.info("%s", json.dumps(line))
            return response

        return guarded

    async def _health(self, request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"})

    async def _ready(self, request: Request) -> Response:
        del request
        host = await self._in_thread(self._grader.host)
        self._metrics.show_host(host)
        return JSONResponse({"status": "ready", "isolation": host.tier.value, "workers": host.workers})

    async def _show_metrics(self, request: Request) -> Response:
        del request
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _openapi(self, request: Request) -> Response:
        del request
        return JSONResponse(describe())

    async def _grade_event(self, request: Request) -> Response:
        with _Turn(self):
            event = await self._json(request)
            context = _Deadline(self._limits.deadline_s)
            result = await self._in_thread(lambda: self._events.handle(event, context))
        # Events that carry a request of their own get its response as an object.
        if (
            isinstance(result, dict)
            and isinstance(result.get("statusCode"), int)
            and isinstance(result.get("body"), str)
        ):
            return Response(result["body"], result["statusCode"], media_type="application/json")
        return JSONResponse(result)

    async def _run_code(self, request: Request) -> Response:
        if not await self._wait_for_turn(_TURN_S):
            raise RequestError(HTTPStatus.GATEWAY_TIMEOUT, "too many programs are running; try again")
        self.enter()
        try:
            body = await self._json(request)
            if not isinstance(body, dict):
                raise InputError(f"the body is of type {type(body).__name__}, not an object")
            limits = self._grader.config.sandbox_limits()
            if reason := unsupported(body):
                return JSONResponse(write_result(RunResult(fault=reason), limits))
            program = read_program(body, limits, longest_s=self._limits.deadline_s)
            result = await self._programs.run(program, deadline_s=self._limits.deadline_s)
            self._metrics.count_program(is_fault=bool(result.fault))
            return JSONResponse(write_result(result, program.limits))
        finally:
            self.leave()

    async def _wait_for_turn(self, longest_s: float) -> bool:
        """Wait a while until there is a place to `enter`; return whether there is one."""
        until = time.monotonic() + longest_s
        while self._in_flight >= self._limits.max_requests:
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(_TURN_POLL_S)
        return True

    def _payload_route(self, payload: Payload) -> Callable[[Request], Awaitable[Response]]:
        async def route(request: Request) -> Response:
            came = time.monotonic()
            if payload.patience is not None:
                await self._wait_for_turn(_LONG_TURN_S)
            with _Turn(self):
                body = await self._json(request)
                if not isinstance(body, dict):
                    raise InputError(f"the body is of type {type(body).__name__}, not an object")
                samples = payload.read(body)
                deadline_s = self._limits.deadline_s
                if payload.patience is not None:
                    waited_s = time.monotonic() - came
                    deadline_s = min(deadline_s, max(0.0, payload.patience(body) - waited_s - _SPARE_S))
                grades = await self._in_thread(lambda: self._grade(samples, deadline_s))
                unscored = self._grader.config.unscored
                rewards = [reward_or_default(grade, unscored) for grade in grades]
                return JSONResponse(payload.write(body, grades, rewards))

        return route

    def _grade(self, samples: Sequence[Sample | BadSample], deadline_s: float) -> list[Grade]:
        grades = self._grader.grade_batch(samples, deadline_s=deadline_s)
        self._metrics.count_samples(grades)
        return grades

    async def _json(self, request: Request) -> Any:
        body = await read_body(request, self._limits)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from None

    async def _in_thread(self, call: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def enter(self) -> None:
        """Take a place among the requests that are graded.

        Raises:
            RequestError: there is none.
        """
        if self._in_flight >= self._limits.max_requests:
            raise RequestError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{self._limits.max_requests} requests are being graded; try again",
                {"Retry-After": str(_RETRY_AFTER_S)},
            )
        self._in_flight += 1
        self._metrics.in_flight.set(self._in_flight)

    def leave(self) -> None:
        """Give the place back."""
        self._in_flight -= 1
        self._metrics.in_flight.set(self._in_flight)


class _Turn:
    """A place among the requests that are graded, for a ``with`` block; all in the event loop's thread."""

    def __init__(self, service: RewardService) -> None:
        self._service = service

    def __enter__(self) -> None:
        self._service.enter()

    def __exit__(self, *_: object) -> None:
        self._service.leave()
