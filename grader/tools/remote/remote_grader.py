"""The grader whose samples are graded elsewhere: by a deployed function, or by an HTTP service."""

from __future__ import annotations

import json
import os
import weakref
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.base_grader import BaseGrader
from grader.errors import CloudError
from grader.tools.remote.function import InvocationError
from grader.tools.remote.remote_loop import RemoteLoop
from grader.tools.remote.retry import RetryLimits
from grader.tools.remote.target import parse_target
from grader.types import HostReport
from sandbox.types import LayerReport, Tier

if TYPE_CHECKING:
    from grader.tools.remote.target import RemoteTarget

__all__ = ["RemoteGrader"]


class RemoteGrader(BaseGrader):
    """Grades samples on a deployed function or a service, with the methods of `grader.Grader`.

    Any number of threads and event loops may call it at a time. Samples of several calls are sent together. What fails
    on the way is sent again (docs/remote.md); what cannot be graded at last is unscored, with the reason. A forked
    copy, and one that was pickled, makes connections of its own.

    Calls raise `grader.errors.CloudRequestError` where every request would be refused: no credentials, no permission,
    a wrong token, or no such function.

    Args:
        address: ``lambda:NAME``, ``lambda:NAME:ALIAS``, ``lambda:ARN``, or ``http://HOST:PORT`` of `grader serve`.
        config: the settings of this side, of which `deadline_margin_s` and `unscored` count; the other side has its
            own. ``None``: the defaults.
        token: bearer token of the service; empty for none.
        profile: profile of the AWS client; ``None`` for its default.
        region: region of the AWS client; ``None`` for its default, or that of the ARN.
        concurrency: maximum number of requests at a time.
        batch_size: maximum number of samples in a request; those of one call, or of several.
        limits: bounds on retries; ``None`` for the usual ones.

    Raises:
        grader.errors.CloudRequestError: the address is something else.
    """

    def __init__(
        self,
        address: str,
        *,
        config: GraderConfig | None = None,
        token: str = "",
        profile: str | None = None,
        region: str | None = None,
        concurrency: int = 8,
        batch_size: int = 16,
        limits: RetryLimits | None = None,
    ) -> None:
        self.address = address
        self.config = GraderConfig() if config is None else config
        self._options: dict[str, Any] = {
            "config": self.config, "token": token, "profile": profile, "region": region, "concurrency": concurrency,
            "batch_size": batch_size, "limits": RetryLimits() if limits is None else limits,
        }  # fmt: skip
        self._make_loop()
        _graders.add(self)
        self._make_target()  # a wrong address is found before the first sample

    def _make_loop(self) -> None:
        options = self._options
        address, token, profile, region = self.address, options["token"], options["profile"], options["region"]
        concurrency = options["concurrency"]

        def make_target() -> RemoteTarget:
            return parse_target(address, profile=profile, region=region, token=token, concurrency=concurrency)

        self._make_target = make_target
        self._loop: RemoteLoop = RemoteLoop(
            make_target, concurrency=concurrency, batch_size=options["batch_size"], limits=options["limits"]
        )
        # A grader that is dropped without having been closed leaves no thread.
        self._finalizer = weakref.finalize(self, self._loop.close)
        self._finalizer.atexit = False

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self.address, self._options)

    def host(self) -> HostReport:
        """Describe the host at the other side.

        Raises:
            grader.errors.CloudRequestError, grader.errors.CloudError: it refuses, or cannot be reached.
        """
        target = self._make_target()
        try:
            report = json.loads(target.invoke(b'{"grader": "doctor"}'))
            if "body" in report:
                report = json.loads(report["body"])
            layers = tuple(LayerReport(wall["name"], wall["stands"], wall["reason"]) for wall in report["walls"])
            return HostReport(Tier(report["tier"]), layers, report["lanes"], report["python"], report["kernel"])
        except InvocationError as error:
            raise CloudError(str(error), transient=True) from None
        except (ValueError, KeyError, TypeError):
            raise CloudError(f"{self.address}: it does not describe its host; it may be another function") from None
        finally:
            target.close()

    def leave_to_parent(self) -> None:
        """Leave threads, locks and connections to the process that this one was forked from."""
        self._finalizer.detach()
        self._make_loop()


_graders: weakref.WeakSet[RemoteGrader] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for grader in list(_graders):
        grader.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _unpickle(address: str, options: dict[str, Any]) -> RemoteGrader:
    return RemoteGrader(address, **options)
