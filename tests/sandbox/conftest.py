"""A real sandbox, and tests run against answers in it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from grader.core.sandbox_factory import HARNESS_PREPARER, HARNESS_RUNNER, IN_PROCESS_RUNNER
from sandbox.sandbox import Sandbox, SandboxSettings
from sandbox.types import AnalysisRequest, Execution, ExecutionStatus, Job, Tier
from sandbox.wire.limits import Limits
from sandbox.wire.procfs import process_state
from sandbox.wire.values import encode
from testcases.model import CallTest, Problem, StdinTest
from testcases.spec import build_spec, leaves_no_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.scheduler.forked_process import ForkedProcess
    from sandbox.scheduler.zygote import Zygote
    from sandbox.types import Analysis, StyleFacts

LATE_S = 20.0
"""Seconds that nothing takes which ends at a deadline of a second or so, on however busy a host."""
SHORT = Limits(cpu_s=0.5, total_cpu_s=2.0, wall_s=1.0, memory_mb=256, output_kb=1024)
"""Small enough that an endless answer costs a test half a second."""
IMPORTED = tuple(path for path in sys.path if path.startswith("/"))
NO_HURRY_S = 100.0
IN_A_CONTAINER = "Seccomp:\t0" not in Path("/proc/self/status").read_text()
"""True where a container's engine has applied a filter: it refuses namespaces, hides ours, and comes with capabilities
by which not even root can read the processes of other users."""


@dataclass(frozen=True)
class Case:
    """An answer, and its expected verdict."""

    source: str
    verdict: str
    detail: str
    """Part of the expected detail."""


def cases(text: str) -> list[Any]:
    """Parameters for a test, from answers one after the other, each below a line ``#: name -> verdict: detail``.

    Without a verdict an answer is to pass.
    """
    _, *parts = re.split(r"^#: (.*)\n", text, flags=re.MULTILINE)
    found = []
    for head, source in zip(parts[::2], parts[1::2], strict=True):
        name, _, rest = head.partition(" -> ")
        verdict, _, detail = rest.partition(": ")
        found.append(pytest.param(Case(source.strip("\n") + "\n", verdict or "passed", detail), id=name))
    return found


@dataclass(frozen=True)
class Seen:
    """Result of an answer."""

    execution: Execution

    @property
    def verdicts(self) -> list[str]:
        """One a test."""
        assert self.execution.status is ExecutionStatus.COMPLETED, self.execution
        return [verdict for verdict, *_ in self.execution.report]

    @property
    def verdict(self) -> str:
        """Of the only test."""
        (verdict,) = self.verdicts
        return verdict

    @property
    def detail(self) -> str:
        """Of the first test."""
        return str(self.execution.report[0][2])

    @property
    def output(self) -> str:
        """What the answer wrote."""
        return self.execution.output


class Box:
    """A sandbox with short calls for tests."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def job(self, problem: Problem, answer: str, limits: Limits = SHORT, *, fresh: bool = False) -> Job:
        """The job of testing an answer; ``fresh`` demands a harness of its own."""
        spec = encode(build_spec(problem))
        return Job(dedent(answer), spec, limits, traceless=not fresh and leaves_no_trace(problem))

    def execute(self, jobs: Sequence[Job], *, deadline_s: float = NO_HURRY_S) -> list[Execution]:
        """Run jobs side by side."""
        deadline = time.monotonic() + deadline_s
        return self.sandbox.run([self.sandbox.execute(job, deadline=deadline) for job in jobs])

    def analyze(self, *sources: str, deadline_s: float = NO_HURRY_S) -> list[tuple[Analysis, StyleFacts | None]]:
        """Analyze sources side by side."""
        deadline = time.monotonic() + deadline_s

        async def one(source: str) -> tuple[Analysis, StyleFacts | None]:
            pending = self.sandbox.analyze(AnalysisRequest(source, "f"), deadline=deadline)
            return await pending.analysis, await pending.style

        return self.sandbox.run([one(source) for source in sources])

    def see(self, problem: Problem, answer: str, **limits: Any) -> Seen:
        """Test one answer; limits that are not given are `SHORT`."""
        (execution,) = self.execute([self.job(problem, answer, replace(SHORT, **limits))])
        return Seen(execution)

    def call(self, answer: str, *args: Any, expected: Any = 42, times: int = 1, **limits: Any) -> Seen:
        """Test an answer whose function ``f`` is called."""
        return self.see(Problem((CallTest(args, expected),) * times, entry_point="f"), answer, **limits)

    def program(self, answer: str, stdin: str = "", stdout: str = "42\n", **limits: Any) -> Seen:
        """Test an answer that is run as a program."""
        return self.see(Problem((StdinTest(stdin, stdout),)), answer, **limits)


def processes(session: int | None) -> dict[int, str]:
    """Processes of a session that are not zombies, and the state of each (proc(5))."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, owner, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(owner) == session and state not in "ZX":
                found[int(entry.name)] = state
    return found


def children(zygote: Zygote) -> dict[int, str]:
    """Processes that descend from a zygote and are not zombies, and the state of each; without the small zygote."""
    own = {zygote.session, zygote.pid, zygote.small_pid}
    return {pid: state for pid, state in processes(zygote.session).items() if pid not in own}


def host_pid(zygote: Zygote, process: ForkedProcess) -> int | None:
    """A forked process as the host counts, when there is one (proc(5), ``NSpid`` in ``/proc/PID/status``)."""
    for pid in children(zygote):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        if status.partition("NSpid:")[2].partition("\n")[0].split()[-1] == str(process.inner_pid):
            return pid
    return None


def settings(workers: int = 2, paths: tuple[str, ...] = IMPORTED, **more: Any) -> SandboxSettings:
    """As the grader makes them."""
    return SandboxSettings(
        runner=HARNESS_RUNNER,
        preparer=HARNESS_PREPARER,
        in_process_runner=IN_PROCESS_RUNNER,
        paths=paths,
        workers=workers,
        **more,
    )


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """A sandbox that all tests of a worker share."""
    with Sandbox(settings()) as sandbox:
        sandbox.start()
        yield Box(sandbox)


@pytest.fixture
def make_box() -> Iterator[Callable[..., Box]]:
    """Makes sandboxes that end with the test; takes what `settings` takes."""
    with ExitStack() as stack:
        yield lambda **more: Box(stack.enter_context(Sandbox(settings(**more))))


@cache
def highest_tier() -> Tier | None:
    """The best this host has."""
    with Sandbox(settings()) as sandbox:
        sandbox.start()
        return sandbox.tier


@pytest.fixture(params=Tier)
def tier(request: pytest.FixtureRequest) -> Tier:
    """Each tier that this host has."""
    wanted: Tier = request.param
    highest = highest_tier()
    if highest is None or wanted.rank > highest.rank:
        pytest.skip(f"this host has no tier above {highest}")
    return wanted


@pytest.fixture
def own_box(make_box: Callable[..., Box]) -> Box:
    """A sandbox that runs, for tests that break it."""
    box = make_box()
    box.sandbox.run([])
    return box


@pytest.fixture
def single_box(make_box: Callable[..., Box]) -> Box:
    """A sandbox with one executor."""
    return make_box(workers=1)


@pytest.fixture
def sleeper() -> Iterator[int]:
    """A process that does nothing at all."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        while process_state(process.pid) != "S":
            time.sleep(0.01)
        yield process.pid
        process.kill()


SLEEPS = "import time\ndef f(*_):\n    time.sleep(0.6)\n    return 42"


def watch_a_solution(
    box: Box, look: Callable[[int], Any], problem: Problem | None = None, sleeps: str = SLEEPS, limits: Limits = SHORT
) -> Any:
    """Return what ``look`` returns for a solution process while its answer sleeps in a call to ``f``."""
    (executor, *_), seen = box.sandbox._executors, []

    def wait_and_look() -> None:
        end = time.monotonic() + 10
        while not seen and time.monotonic() < end:
            harness = executor._harness
            solutions = set(children(executor.zygote)) - {harness and host_pid(executor.zygote, harness)}
            if harness is not None and len(solutions) == 1:
                time.sleep(0.1)
                with suppress(FileNotFoundError, ProcessLookupError):  # the process of an earlier answer ended just now
                    seen.append(look(solutions.pop()))

    problem = problem or Problem((CallTest((), 42),), entry_point="f")
    box.execute([box.job(problem, "def f(*_):\n    return 42")])
    watcher = Thread(target=wait_and_look)
    watcher.start()
    (execution,) = box.execute([box.job(problem, sleeps, limits)])
    watcher.join()
    assert execution.status is ExecutionStatus.COMPLETED
    (found,) = seen
    return found
