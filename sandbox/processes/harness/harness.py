"""The harness process: runs test specs against answers. It knows expected values, and never runs an answer.

A runner interprets the test spec. It is named when the sandbox is made. It gets the decoded spec and a
`SolutionClient`, and returns plain data, which is passed on as it is.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import resource
import socket
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sandbox.errors import ProcessSpentError
from sandbox.isolation import functions, imports, rlimits
from sandbox.processes import small_zygote
from sandbox.processes.child_ends import can_watch_children
from sandbox.processes.harness.answer import Answer
from sandbox.processes.harness.fresh_process import run_in_child
from sandbox.processes.harness.solution_client import SolutionClient
from sandbox.processes.harness.zygote_client import ZygoteClient, Zygotes
from sandbox.processes.library_folders import use_folders
from sandbox.processes.loading import load_object
from sandbox.processes.memory_files.streams import show
from sandbox.processes.memory_files.tree import current
from sandbox.processes.memory_growth import MemoryGrowth
from sandbox.wire.framing import receive_frame, send_frame
from sandbox.wire.jobs import JobReport, JobRequest
from sandbox.wire.values import decode, encode
from sandbox.wire.zygote_protocol import FORKS, SMALL_FORKS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Runner", "prepare"]

_MIN_SPACE_MB = 1024
_SPACE_FACTOR = 2
"""Bytes of address space for each byte that the answer may use: values that it sends are built here."""
_TEXT_CHARS = 500
_AGAIN = b"again"
"""Begins what is sent in the place of a packed report: the packed `_Terms` of the next run."""
_KEPT_SPECS = 32
_KEPT_BYTES = 4 << 20
"""Bytes of the encoded specs that are kept; decoded they take several times as much."""
_perf_counter, _leave, _open = time.perf_counter, os._exit, open
"""Looked up here, once, because test code may patch the modules."""
_READ_ONLY_DATA = (
    os.path.dirname(os.__file__) + "/",  # noqa: PTH120 - pathlib is not loaded yet
    "/usr/share/zoneinfo/",
)
"""Folders of the host from which test code may read, besides those of modules: libraries load data, such as time zones,
when they are used."""

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables by which numerical libraries are told to start no threads. Where test code may start none, OpenBLAS sends
SIGINT to its process when numpy is imported."""


class Runner(Protocol):
    """Runs one test spec against one answer."""

    def __call__(self, spec: Any, client: SolutionClient, /) -> Any:
        """Return plain data. Raise an exception if the spec itself is broken."""


class Preparer(Protocol):
    """Prepares to run a test spec against many answers, such as by compiling its code. It runs nothing of the spec."""

    def __call__(self, spec: Any, /) -> None:
        """Fill caches that the runner uses."""


def prepare(targets: str) -> Callable[[int], None]:
    """Return the program of the harness.

    Args:
        targets: ``module:function`` of the runner and, after a space, of the preparer.
    """
    # Loaded in the zygote, so that every harness shares the memory of the runner's modules.
    runner: Runner
    preparer: Preparer
    runner, preparer = map(load_object, targets.split())
    # In the zygote, which is the one that watches.
    watches = can_watch_children()

    def main(channel: int) -> None:
        """Serve jobs that come over ``channel`` until it is closed."""
        # Test code comes with the data set and may need any module and function. The kernel layers contain it where
        # there are any, and the limits below everywhere.
        functions.revert()
        imports.revert()
        use_folders()
        # All folders of modules, wherever they are installed: loading a module reads its file.
        show((*_READ_ONLY_DATA, *(f"{path}/" for path in sys.path if path.startswith("/"))), _open)
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        _lead_own_group()
        harness = _Harness(channel, runner, preparer, watches=watches)
        # The zygote has turned it off. This process serves many jobs, and test code makes reference cycles.
        gc.enable()
        while job := receive_frame(channel):
            send_frame(channel, harness.serve(JobRequest.unpack(job)))

    return main


class _Harness:
    """The harness process; test code that may leave traces runs in children of it."""

    def __init__(self, channel: int, runner: Runner, preparer: Preparer, *, watches: bool) -> None:
        self._channel = channel
        self._runner = runner
        self._preparer = preparer
        self._zygotes = Zygotes(
            ZygoteClient(socket.socket(fileno=FORKS), watches=watches),
            ZygoteClient(socket.socket(fileno=SMALL_FORKS), small_zygote.small_pid, watches=watches),
        )
        _forbid_core_dumps()
        self._base_bytes = rlimits.address_space_bytes()
        self._memory_growth = MemoryGrowth()
        self._spec = b""
        """The spec that was prepared last; the next job is often for another answer to the same problem."""
        self._decoded: Any = None
        self._traceless: dict[bytes, Any] = {}
        """Decoded specs that leave no trace, the latest last."""

    def serve(self, request: JobRequest) -> bytes:
        """Run the tests against one answer, and return the packed report."""
        _limit_space(self._base_bytes, request.limits.memory_mb)
        started = _perf_counter()
        if request.traceless:
            report: JobReport | _Terms = _Terms(ahead=True)
            while isinstance(report, _Terms):
                report = _run(request, self._decoded_spec(request.spec), self._runner, self._zygotes, report)
            return _packed(report, started, memory_exceeded=self._memory_growth.exceeded)
        self._prepare(request.spec)
        # In the child this would tell of the child.
        memory_exceeded = self._memory_growth.exceeded

        def work(terms: _Terms) -> bytes:
            _forbid_processes()
            report = _run(request, self._decoded, self._runner, self._zygotes, terms)
            if isinstance(report, _Terms):
                return _AGAIN + encode(list(report))
            return _packed(report, started, memory_exceeded=memory_exceeded)

        # Keeps collections in the child away from all that exists now, which would copy its pages.
        gc.freeze()
        try:
            # Each run has a process of its own: nothing that the tests of an earlier one have left may be there.
            packed = _AGAIN + encode(list(_Terms()))
            while packed.startswith(_AGAIN):
                terms = _Terms(*decode(packed.removeprefix(_AGAIN)))
                packed = run_in_child(partial(work, terms), channel=self._channel, cpu_s=request.limits.harness_cpu_s)
        except ProcessSpentError:
            # The child may have been killed in the middle of an exchange with the zygote, so the next one must not
            # take part in that: this process is replaced.
            return JobReport(cpu_spent=True, answer_started=True, memory_exceeded=True).pack()
        return packed

    def _decoded_spec(self, spec: bytes) -> Any:
        """Return a spec, decoded; the runner may have added to it what holds for every answer."""
        decoded = self._traceless.pop(spec, None)
        if decoded is None:
            decoded = decode(spec)
        self._traceless[spec] = decoded
        while len(self._traceless) > _KEPT_SPECS or sum(map(len, self._traceless)) > _KEPT_BYTES:
            del self._traceless[next(iter(self._traceless))]
        return decoded

    def _prepare(self, spec: bytes) -> None:
        if spec == self._spec:
            return
        self._decoded = decode(spec)
        self._spec = spec
        self._preparer(self._decoded)


class _Terms(NamedTuple):
    """Terms on which tests are run. Each condition changes at most once for a job."""

    small: bool = True
    """Whether the small zygote may fork the answer's processes."""
    ahead: bool = False
    """Whether requests may be sent before the tests make them."""
    blame_answer: bool = False
    """Whether an unexplained signal counts against the answer."""
    spent_s: float = 0.0
    """CPU seconds that the answer has used in former runs. They count in the report, and against no limit: what a right
    answer has done before it needed a module must not keep it from ending."""


def _run(request: JobRequest, spec: Any, runner: Runner, zygotes: Zygotes, terms: _Terms) -> JobReport | _Terms:
    """Run the tests against one answer.

    Returns:
        The report; or the terms to run them on once more, because the answer needs modules that the small zygote lacks,
        was asked for something that no test asks, or was interrupted by an unexplained signal.
    """
    client = SolutionClient(
        Answer(request.source, request.code),
        request.limits,
        zygotes,
        traceless=request.traceless,
        small=terms.small,
        ahead=terms.ahead,
        blame_answer=terms.blame_answer,
    )
    report = _attempt(spec, runner, client, zygotes)
    terms = terms._replace(spent_s=terms.spent_s + client.cpu_s)
    if client.needs_more_modules:
        return terms._replace(small=False)
    if client.mispredicted:
        return terms._replace(ahead=False)
    if client.interrupted:
        # A process that was killed or stopped without an explanation may be a victim of the host, for instance of its
        # out-of-memory killer. So the first time the tests are run again. If it happens again, it counts against the
        # answer: otherwise an answer could avoid its grade by getting itself killed.
        return terms._replace(blame_answer=True)
    return report._replace(
        cpu_s=terms.spent_s,
        peak_mb=client.peak_mb,
        output=client.output_head.decode("utf-8", "replace"),
        answer_started=client.generation > 0,
        load_failure=client.load_failure[:_TEXT_CHARS],
    )


def _attempt(spec: Any, runner: Runner, client: SolutionClient, zygotes: Zygotes) -> JobReport:
    # Test code that draws random inputs must draw the same ones for every answer.
    random.seed(0)
    current.reset()
    try:
        report = JobReport(report=runner(spec, client))
    except BaseException as error:  # noqa: BLE001 - broken tests are reported, whatever broke them
        report = JobReport(error=_describe(error))
    # Not left to an exception, because test code may have caught it and taken it for one of the answer. This process
    # ends without a report, and the grader starts the job again.
    if zygotes.lost:
        _leave(1)
    client.close()
    return report


def _describe(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 - a class of test code decides how it becomes text
        text = type(error).__name__
    return text[:_TEXT_CHARS]


def _packed(report: JobReport, started: float, *, memory_exceeded: bool) -> bytes:
    """Return the message; an answer must not be able to end this process by what is in its report.

    Args:
        report: the report.
        started: time when its job began (`time.perf_counter`).
        memory_exceeded: whether the harness has grown too large.
    """
    report = report._replace(wall_ms=(_perf_counter() - started) * 1000, memory_exceeded=memory_exceeded)
    try:
        return report.pack()
    except Exception as error:  # noqa: BLE001 - also a report that does not fit into memory
        return JobReport(
            error=f"the report cannot be sent: {type(error).__name__}", answer_started=report.answer_started
        ).pack()


def _lead_own_group() -> None:
    """Lead a process group, so that the zygote can kill this process together with its child."""
    # The seccomp filter refuses it. There the child of a process that is killed becomes the zygote's, and ends with it
    # (sandbox.isolation.orphans).
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)


def _forbid_core_dumps() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _forbid_processes() -> None:
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _limit_space(base_bytes: int, memory_mb: int) -> None:
    """Limit the address space: neither test code nor values that the answer sends may fill the host's memory."""
    room_mb = max(_MIN_SPACE_MB, _SPACE_FACTOR * memory_mb)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space = base_bytes + room_mb * 1024 * 1024
    # Only the soft limit, because the next job may be allowed more.
    resource.setrlimit(resource.RLIMIT_AS, (space if hard == resource.RLIM_INFINITY else min(space, hard), hard))
