"""A server that speaks every service of AWS that moto does, as a program: ``python -m tests.aws.server``.

It prints its port, and ends when its standard input does.

``GET /_calls`` gives the calls since the last ``POST /_calls``: ``service``, ``region``, ``call``, ``method`` of each,
and ``by``, the access key. Stacks of CloudFormation make their resources by calls with a key of their own.
``POST /_refusals`` with a JSON list says which calls are refused from then on (see `Refusing`).
``POST /_faults`` with a JSON list says what goes wrong with the next requests for objects of S3, one after the other
(see `Faulty`); ``GET /_faults`` gives those requests.
"""

from __future__ import annotations

import functools
import json
import re
import sys
import threading
import time
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.aws.cloud import STACKS_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.aws.stacks import StackServer

    Application = Callable[..., Iterable[bytes]]

_FAULTS = "/_faults"
_CALLS = "/_calls"
_REFUSALS = "/_refusals"
_S3_ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>{}</Message></Error>"
_QUERY_ERROR = "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]*)/([^/]*)/")
_KEY = re.compile(r"Credential=([^/]+)/")
_PROVISIONED = re.compile(r"/2019-09-30/functions/([^/]+)/provisioned-concurrency")


class Faulty:
    """An application in front of another.

    A fault is ``[status, code]`` (an answer of S3's), ``"cut"`` (half of the object), ``"endless"`` (bytes without
    end or length), or a number (so many seconds of silence first).
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._faults: list[Any] = []
        self._seen: list[dict[str, str]] = []
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _FAULTS:
            return self._page(environ, start)
        of_an_object = environ["REQUEST_METHOD"] == "GET" and "/" in environ["PATH_INFO"][1:]
        if not of_an_object or _scope(environ)[1] not in {"s3", ""}:
            return self._inner(environ, start)
        with self._turn:
            self._seen.append({"path": environ["PATH_INFO"], "if_none_match": environ.get("HTTP_IF_NONE_MATCH", "")})
            fault = self._faults.pop(0) if self._faults else None
        match fault:
            case [status, code]:
                start(f"{status} No", [("Content-Type", "application/xml")])
                return [_S3_ERROR.format(code, "no").encode()]
            case "cut":
                body = b"".join(self._inner(environ, start))
                return [body[: len(body) // 2]]
            case "endless":
                start("200 OK", [("Content-Type", "binary/octet-stream"), ("ETag", '"endless"')])
                return iter(lambda: b"[" * 65536, b"")
            case float() | int():
                time.sleep(fault)
        return self._inner(environ, start)

    def _page(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with self._turn:
            if environ["REQUEST_METHOD"] == "POST":
                self._faults = json.loads(_body(environ))
                self._seen.clear()
            return _json(start, self._seen)


class Refusing:
    """An application in front of another, which notes every call and refuses some.

    A refusal is an object: ``call`` (a regular expression for `service:call`, all of which it has to match), ``code``,
    and, if given, ``status`` (else 400), ``message``, ``after`` (so many such calls are let through first), ``times``
    (so many are refused, and no more).
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._calls: list[dict[str, str]] = []
        self._refusals: list[dict[str, Any]] = []
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == _FAULTS or path.startswith("/moto-api"):
            return self._inner(environ, start)
        with self._turn:
            if path == _REFUSALS:
                self._refusals = json.loads(_body(environ))
                return _json(start, [])
            if path == _CALLS:
                if environ["REQUEST_METHOD"] == "POST":
                    self._calls.clear()
                return _json(start, self._calls)
            region, service = _scope(environ)
            call = _call_of(environ)
            key = _KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
            self._calls.append(
                {
                    "service": service,
                    "region": region,
                    "call": call,
                    "method": environ["REQUEST_METHOD"],
                    "by": key[1] if key else "",
                }
            )
            refusal = self._refusal_of(f"{service}:{call}")
        return self._inner(environ, start) if refusal is None else _refuse(refusal, service, start)

    def _refusal_of(self, call: str) -> dict[str, Any] | None:
        for refusal in self._refusals:
            if re.fullmatch(refusal["call"], call):
                if refusal.get("after", 0) > 0:
                    refusal["after"] -= 1
                elif refusal.setdefault("times", 1 << 30) > 0:
                    refusal["times"] -= 1
                    return refusal
        return None


class Provisioned:
    """An application in front of another, which keeps provisioned concurrency; moto has no such calls."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._amounts: dict[str, int] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/moto-api/reset":
            self._amounts.clear()
        found = _PROVISIONED.fullmatch(environ["PATH_INFO"])
        if found is None:
            return self._inner(environ, start)
        place, method = f"{found[1]} {environ['QUERY_STRING']}", environ["REQUEST_METHOD"]
        if method == "PUT":
            self._amounts[place] = json.loads(_body(environ))["ProvisionedConcurrentExecutions"]
        elif method == "DELETE":
            self._amounts.pop(place, None)
            start("204 No Content", [])
            return []
        if place not in self._amounts:
            start("404 No", [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ResourceNotFoundException")])
            return [b'{"Message": "no"}']
        amount = self._amounts[place]
        return _json(start, {"RequestedProvisionedConcurrentExecutions": amount, "Status": "READY"})


def _refuse(refusal: dict[str, Any], service: str, start: Callable[..., Any]) -> Iterable[bytes]:
    code, status, message = refusal["code"], refusal.get("status", 400), refusal.get("message", "no")
    if service in {"s3", "iam", "sts", "cloudformation"}:
        start(f"{status} No", [("Content-Type", "text/xml")])
        return [(_S3_ERROR if service == "s3" else _QUERY_ERROR).format(code, message).encode()]
    start(f"{status} No", [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)])
    return [json.dumps({"__type": code, "message": message, "Message": message}).encode()]


def _scope(environ: dict[str, Any]) -> tuple[str, str]:
    """Return the region and service that a request was signed for."""
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (found[1], found[2]) if found else ("", "")


def _call_of(environ: dict[str, Any]) -> str:
    """Return the name of the operation where the protocol has it, else method and path."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    path = environ["PATH_INFO"]
    if "/operation/" in path:
        return str(path).rpartition("/")[2]
    if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        body = _body(environ)
        environ["wsgi.input"] = BytesIO(body)
        if action := parse_qs(body.decode()).get("Action"):
            return action[0]
    return f"{environ['REQUEST_METHOD']} {path}"


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
    return body


def _json(start: Callable[..., Any], document: Any) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]


class WithStacks:
    """An application in front of another, which has stacks of CloudFormation; they go when the account is reset.

    Args:
        inner: the other application.
        clients: returns the client of a service in a region, for the calls that make the resources of stacks.
    """

    def __init__(self, inner: Application, clients: Callable[[str, str], Any]) -> None:
        self._inner = inner
        self._clients = clients
        self._stacks: StackServer | None = None
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/moto-api/reset" and self._stacks is not None:
            self._stacks.reset()
        elif _scope(environ)[1] == "cloudformation":
            self._install()
        return self._inner(environ, start)

    def _install(self) -> None:
        with self._turn:
            if self._stacks is None:
                from tests.aws.stacks import StackServer  # noqa: PLC0415 - imports all services of moto

                self._stacks = StackServer(self._clients)
                self._stacks.install()


def main() -> None:
    """Serve until standard input ends."""
    port: list[int] = []

    @functools.cache
    def client(service: str, region: str) -> Any:
        import boto3  # noqa: PLC0415 - slow to import
        from botocore.config import Config  # noqa: PLC0415 - as above

        return boto3.client(
            service,
            region_name=region,
            endpoint_url=f"http://127.0.0.1:{port[0]}",
            aws_access_key_id=STACKS_KEY,
            aws_secret_access_key="none",
            config=Config(retries={"total_max_attempts": 1}),
        )

    inner = Faulty(DomainDispatcherApplication(create_backend_app))
    application = Refusing(Provisioned(WithStacks(inner, client)))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    port.append(server.port)
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
