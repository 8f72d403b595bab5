"""Start a handler before its first event, in the init phase of AWS Lambda.

The init phase imports the handler's module. It ends when the runtime asks for the first event. On demand it may take 10
seconds; if it takes longer, it is repeated as a part of the first invocation. With provisioned concurrency it may take
130 (AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle").
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from grader.config.settings import GraderConfig
from grader.core.sandbox_factory import make_sandbox
from grader.types import GradeStatus, Sample
from sandbox.wire.procfs import age_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.core.grader import Grader

__all__ = ["INITIALIZATION_TYPE", "PROVISIONED", "HandlerBase", "Service", "SharedHandler", "init_time_left_s"]

INITIALIZATION_TYPE: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Variable that Lambda sets, and `grader.runtime` where it serves elsewhere."""
PROVISIONED: Final = "provisioned-concurrency"
_RUNTIME_API: Final = "AWS_LAMBDA_RUNTIME_API"
_INIT_S: Final = 10.0
_PROVISIONED_INIT_S: Final = 130.0
_RESERVE_S: Final = 2.5
"""Seconds of the init phase that are left alone, for what comes before this process and after the import."""
_MAX_REHEARSED: Final = 8
"""Number of workers that rehearse. A function has 6 at most; a larger host starts the others when they are needed."""

_log = logging.getLogger("grader.answering")  # operators filter on it: docs/operations.md


class Service(Protocol):
    """Answers events with a grader."""

    def handle(self, event: Any, context: Any) -> Any:
        """Answer one event."""

    def prepare(self) -> None:
        """Load what the first event would have to, besides the sandbox."""


class HandlerBase:
    """A grader and what answers events with it. Its processes start before the rest is imported.

    Args:
        environ: the environment, with the settings.

    Raises:
        ConfigError: a setting in the environment, or in the file that it names, is wrong.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._config = GraderConfig.load(None, environ)
        self._sandbox = make_sandbox(self._config, environ)
        self._sandbox.launch()
        self._lock = threading.Lock()
        self._parts: tuple[Grader, Service] | None = None

    def handle(self, event: Any, context: Any) -> Any:
        """Handle an event; see `lambda_handler` of the module of the class."""
        return self._complete()[1].handle(event, context)

    @property
    def grader(self) -> Grader:
        """The grader."""
        return self._complete()[0]

    def rehearse(self) -> None:
        """Grade a harmless answer for each worker, so that every process that events need is there, and has worked.

        A failure is logged only: events that come later report it themselves.
        """
        try:
            grader, service = self._complete()
            answers = min(grader.workers, _MAX_REHEARSED)
            grades = grader.grade_batch([_sample(number) for number in range(answers)])
            service.prepare()
        except Exception as error:  # noqa: BLE001 - raised again by the first event
            _log.warning("the rehearsal failed: %s", error)
            return
        unscored = next((grade for grade in grades if grade.status is GradeStatus.UNSCORED), None)
        if unscored is not None:
            _log.warning("the rehearsal failed: %s", unscored.reason)

    def close(self) -> None:
        """End every process."""
        self._complete()[0].close()

    def _complete(self) -> tuple[Grader, Service]:
        """Return the grader and the service; the first call imports them.

        The processes start while this one imports the rest, so a cold start takes as long as the longer of the two.
        Imports at the top of this module would come before the launch.
        """
        with self._lock:
            if self._parts is None:
                from grader.core.grader import Grader  # noqa: PLC0415 - while the processes start

                grader = Grader(self._config, sandbox=self._sandbox)
                self._parts = grader, self._make_service(self._config, grader, self._environ)
            return self._parts

    def _make_service(self, config: GraderConfig, grader: Grader, environ: Mapping[str, str]) -> Service:
        """Import and make what answers events."""
        raise NotImplementedError


T = TypeVar("T", bound=HandlerBase)


class SharedHandler(Generic[T]):
    """The one handler of a process. It is made at the first event, or before that in the init phase.

    Args:
        make: makes the handler.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        # Two first events at the same time must not start two sandboxes.
        self._lock = threading.Lock()
        self._handler: T | None = None

    def get(self) -> T:
        """Return the handler; make it if there is none.

        Raises:
            Exception: it cannot be made. The next call tries again.
        """
        with self._lock:
            if self._handler is None:
                self._handler = self._make()
            return self._handler

    def start_early(self, environ: Mapping[str, str]) -> None:
        """Make the handler and let it rehearse, in the init phase; elsewhere nothing happens.

        Whatever fails is reported by the first event, as if nothing had been tried: an error in the init phase would
        reach no caller. A rehearsal that takes longer than the phase goes on beside the first event.

        Args:
            environ: the environment, which shows whether this is Lambda.
        """
        if _RUNTIME_API not in environ and INITIALIZATION_TYPE not in environ:
            return
        try:
            # In this thread, because it launches processes that must not outlive the thread (prctl(2),
            # PR_SET_PDEATHSIG): it is that of the runtime, which stays.
            handler = self.get()
            rehearsal = threading.Thread(target=handler.rehearse, name="rehearsal", daemon=True)
            rehearsal.start()
        except Exception as error:  # noqa: BLE001 - raised again by the first event
            _log.warning("the handler could not start before its first event: %s", error)
            return
        rehearsal.join(init_time_left_s(environ))


def init_time_left_s(environ: Mapping[str, str]) -> float:
    """Return the seconds that the import of a handler may still take in the init phase; at least 0."""
    limit_s = _PROVISIONED_INIT_S if environ.get(INITIALIZATION_TYPE) == PROVISIONED else _INIT_S
    return max(0.0, limit_s - _RESERVE_S - (age_seconds(os.getpid()) or 0.0))


def _sample(number: int) -> Sample:
    # Different for each worker: equal samples are graded once. The tests are of the kinds that load most.
    name = f"add_{number}"
    code = f"def {name}(a: int, b: int) -> int:\n    return a + b\n"
    tests = [{"args": [1, 2], "expected": 3}, {"assert": f"assert {name}(2, 2) == 4"}]
    return Sample(
        id=name,
        completion=f"```python\n{code}```",
        reference={"entry_point": name, "tests": tests},
        prompt="Add two numbers.",
    )
