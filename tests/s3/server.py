"""A server that speaks S3, as a program: ``python -m tests.s3.server``.

It prints its port, and ends when its standard input does. ``POST /_faults`` with a JSON list says what goes wrong with
the next requests for objects, one after the other (see `Faulty`); ``GET /_faults`` gives those requests.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PAGE = "/_faults"
_ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>no</Message></Error>"


class Faulty:
    """An application in front of another.

    A fault is ``[status, code]`` (an answer of S3's), ``"cut"`` (half of the object), ``"endless"`` (bytes without
    end or length), or a number (so many seconds of silence first).
    """

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self._inner = inner
        self._faults: list[Any] = []
        self._seen: list[dict[str, str]] = []
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _PAGE:
            return self._page(environ, start)
        if environ["REQUEST_METHOD"] != "GET" or "/" not in environ["PATH_INFO"][1:]:
            return self._inner(environ, start)
        with self._turn:
            self._seen.append({"path": environ["PATH_INFO"], "if_none_match": environ.get("HTTP_IF_NONE_MATCH", "")})
            fault = self._faults.pop(0) if self._faults else None
        match fault:
            case [status, code]:
                start(f"{status} No", [("Content-Type", "application/xml")])
                return [_ERROR.format(code).encode()]
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
                self._faults = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
                self._seen.clear()
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(self._seen).encode()]


def main() -> None:
    """Serve until nobody is there any more."""
    application = Faulty(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
