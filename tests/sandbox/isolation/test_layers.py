"""The isolation layers as seen by an answer and from outside, as the user who runs the tests and as user nobody."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.isolation import audit, functions, imports
from sandbox.isolation.privileges import uid_of
from sandbox.types import Execution, ExecutionStatus, LayerReport, Tier, active_tier
from testcases.model import CallTest, CheckTest, Problem
from tests.sandbox.conftest import IN_A_CONTAINER, SHORT, Box, Case, cases, watch_a_solution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.types import Job

NOBODY = 65534
SYSTEM_PYTHON = Path("/usr/bin/python3")
TOOLS = ("black", "blib2to3", "_black_version", "click", "mypy_extensions", "packaging", "pathspec", "platformdirs",
         "pytokens", "pyflakes", "RestrictedPython")  # fmt: skip
SERVE = """
import base64, json, os, sys, time

os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
os.environ.clear()
from sandbox.types import Job
from sandbox.wire.limits import Limits
from sandbox.sandbox import Sandbox, SandboxSettings

runner, paths = sys.argv[1], (sys.argv[2],)
with Sandbox(SandboxSettings(runner=runner, paths=paths)) as sandbox:
    sandbox.start()
    print(json.dumps([os.getuid(), sandbox.tier, [(layer.name, layer.active) for layer in sandbox.layers]]), flush=True)
    for line in sys.stdin:
        source, spec, limits = json.loads(line)
        job = Job(source, base64.b64decode(spec), Limits(*limits), "data")
        (done,) = sandbox.run([sandbox.execute(job, deadline=time.monotonic() + 60)])
        print(json.dumps([done.status, done.report, done.detail, done.cpu_s, done.peak_mb, done.output]), flush=True)
"""


class NobodysSandbox:
    """Proxy for a sandbox in a process of the user nobody."""

    def __init__(self, folder: Path, runner: str) -> None:
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, "-s", "-B", "-c", SERVE, runner, str(folder)],
            env={"PYTHONPATH": str(folder)},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.uid, self.tier, self.layers = json.loads(self._line())

    def execute(self, job: Job, *, deadline: float) -> Job:
        return job

    def run(self, jobs: list[Job]) -> list[Execution]:
        return [self._run(job) for job in jobs]

    def _run(self, job: Job) -> Execution:
        assert self.process.stdin is not None
        spec = base64.b64encode(job.spec).decode()
        self.process.stdin.write(json.dumps([job.source, spec, astuple(job.limits)]) + "\n")
        self.process.stdin.flush()
        status, *fields = json.loads(self._line())
        return Execution(ExecutionStatus(status), *fields)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(20) == 0


@pytest.fixture(scope="session")
def nobodys_box(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Make a box of the user nobody, with copies of all that it needs in a folder that everyone may read."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    if not SYSTEM_PYTHON.exists() or subprocess.run([SYSTEM_PYTHON, "-c", "import tomllib"], check=False).returncode:
        pytest.skip("no Python 3.11 or later that every user may run")
    folder = tmp_path_factory.mktemp("nobody") / "packages"
    folder.mkdir()
    for name in ("sandbox", "testcases", *TOOLS):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue  # not every version of black has all of them
        origin = Path(spec.origin)
        if origin.name.startswith("__init__."):
            shutil.copytree(origin.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, folder)
    black = importlib.util.find_spec("black")
    assert black is not None
    assert black.origin is not None
    for compiled in Path(black.origin).parents[1].glob("*__mypyc*.so"):
        shutil.copy(compiled, folder)
    for path in [folder, *folder.parents]:
        if path.stat().st_uid == 0 and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o055)
    nobodys = NobodysSandbox(folder, box.sandbox.settings.runner)
    try:
        yield Box(nobodys)  # type: ignore[arg-type]  # all of a sandbox that is used
    finally:
        nobodys.close()


@pytest.fixture(params=["as we are", "as nobody"])
def anyones_box(request: pytest.FixtureRequest, box: Box) -> Box:
    return box if request.param == "as we are" else request.getfixturevalue("nobodys_box")


# Felt from inside

FELT = cases(
    r'''
#: no file of the host
import errno, os

def attempt(open_it, path):
    try:
        return repr(open_it(path))
    except OSError as error:
        return errno.errorcode[error.errno]

def f():
    paths = ["/etc/passwd", "/proc/self/mem", "/proc/self/environ", "/proc/self/maps", "/usr/lib/os-release"]
    found = {attempt(way, path) for path in paths for way in (open, os.stat, os.listdir, lambda p: os.open(p, 0))}
    found |= {name for folder in ("/usr", "/etc", ".") for name in os.listdir(folder)}
    return 42 if found == {"ENOENT"} else found

#: no file by the functions of the kernel
import _io, errno, posix

def attempt(open_it, path):
    try:
        open_it(path)
    except OSError as error:
        return errno.errorcode[error.errno]

def f():
    paths = ["/etc/passwd", "/proc/self/mem", "/proc/self/environ", "/proc/self/maps", "/dev/null", "/tmp", "/", "."]
    ways = (_io.FileIO, posix.listdir, posix.scandir, lambda p: posix.open(p, 0))
    found = {attempt(way, path) for path in paths for way in ways}
    return 42 if found == {"EMFILE"} else found

#: no new file
import _io, errno

def f():
    found = set()
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "."):
        try:
            _io.FileIO(folder + "/new", "w")
        except OSError as error:
            found.add(error.errno)
    return 42 if found == {errno.EMFILE} else found

#: no more than four descriptors
import os

def f():
    found = []
    for number in range(2000):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return 42 if found == [0, 1, 2, 3] else found

#: no descriptor in the place of one that is closed
import os

def f():
    os.close(0)
    try:
        os.open("/", 0)
    except OSError:
        return 42

#: no socket
import asyncio, errno

def f():
    socket, found = asyncio.base_events.socket, set()
    for make in (socket.socket, socket.socketpair, lambda: socket.socket(socket.AF_UNIX)):
        try:
            make()
        except OSError as error:
            found.add(error.errno)
    return 42 if found and found <= {errno.EMFILE, errno.EPERM} else found

#: no process
import asyncio

def f():
    return 42 if not hasattr(asyncio.base_events.subprocess, "_fork_exec") else "_fork_exec"

#: no more threads at a time than wait for it
import threading, time

def f():
    lock, running, peak, ended = threading.Lock(), 0, 0, 0
    def work():
        nonlocal running, peak, ended
        with lock:
            running += 1
            peak = max(peak, running)
        time.sleep(0.02)
        with lock:
            running -= 1
            ended += 1
    threads = [threading.Thread(target=work) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 42 if ended == 200 and 16 < peak <= 64 else (ended, peak)

#: no thread at all for an answer that names none
import builtins, sys

def f():
    module = sys.modules["thr" "eading"]
    try:
        getattr(module, "Thr" "ead")(target=print).start()
    except RuntimeError:
        return 42

#: no function that acts on others
import os, posix, signal, _signal

NAMES = """
    fork forkpty vfork kill killpg execv execve posix_spawn posix_spawnp system setsid setpgid setpriority nice
    sched_setaffinity sched_setscheduler sched_setparam pidfd_open memfd_create eventfd pipe pipe2 dup dup2 mkfifo mknod
    mkdir rmdir unlink remove rename replace symlink link chmod chown truncate ftruncate utime setxattr chdir chroot
    unshare setns setuid setresuid setgroups closerange sendfile splice copy_file_range posix_fallocate set_blocking
    set_inheritable wait waitpid wait4 pidfd_send_signal pthread_kill readlink
"""

def f():
    left = [name for name in NAMES.split() for module in (posix, signal, _signal) if hasattr(module, name)]
    # What is left in `os` works on files in memory, which is Python.
    left += [name for name in NAMES.split() if isinstance(getattr(os, name, None), type(len))]
    return 42 if not left else left

#: no fresh copy of a module
import sys

def f():
    importer, imp = sys.modules["_frozen_importlib"].BuiltinImporter, sys.modules["_imp"]
    found = []
    for name in ("posix", "_signal", "_thread", "_imp"):
        spec = importer.find_spec(name)
        for make in (lambda: importer.create_module(spec), lambda: imp.create_builtin(spec), importer.load_module):
            try:
                found.append(make())
            except (AttributeError, TypeError):
                pass
    return 42 if not found else found

#: nothing of ours in the frames below it
import sys

def f():
    found, frame = [], sys._getframe().f_back
    while frame:
        found += [*frame.f_locals.items(), *frame.f_globals.items()]
        frame = frame.f_back
    leading = {name for name, value in found if type(value).__name__ in ("module", "function", "method", "type")}
    return 42 if leading <= {"call_harness", "run", "__builtins__", "__loader__"} else leading

#: nothing of ours in the frames of what it raises
def g():
    raise ValueError

def f():
    try:
        g()
    except ValueError as error:
        trace, names = error.__traceback__, []
    while trace:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return 42 if names == ["f", "g"] else names

#: nothing of ours in the module that started the process
import __main__

def f():
    return 42 if set(vars(__main__)) == {"__name__", "__builtins__"} else vars(__main__)

#: no way back for the finders
import os, sys

def f():
    (finder,) = sys.meta_path
    namespace = finder.find_spec.__globals__
    try:
        namespace["revert"]()
        return sys.meta_path
    except IndexError:
        return 42

#: no function that acts on others where it is listed by what it supports
import os

def f():
    sets = [value for name, value in vars(os).items() if name.startswith("supports_") and isinstance(value, set)]
    names = {function.__name__ for functions in sets for function in functions}
    acting = names & {"mkfifo", "mknod", "mkdir", "unlink", "rename", "execve", "chown", "utime"}
    return 42 if names and not acting else names

#: nothing left to import that acts on others
NAMES = """
    select socket fcntl mmap termios resource ctypes _ctypes _posixshmem _socket _posixsubprocess multiprocessing
    subprocess pty syslog _testcapi _interpreters _xxsubinterpreters readline sandbox testcases
"""

def f():
    found = []
    for name in NAMES.split():
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    return 42 if not found else found
'''
)

POLICY = cases(
    r"""
#: starting a program
import asyncio
def f():
    asyncio.base_events.subprocess.Popen(["/bin/true"])

#: owning descriptors for another process
import asyncio.unix_events as events, os
def f():
    fcntl = events.fcntl if hasattr(events, "fcntl") else None
    fcntl = fcntl or events.base_subprocess.subprocess.fcntl
    fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())

#: tracing
import sys
def f():
    sys.settrace(lambda *a: None)

#: profiling
import sys
def f():
    sys.setprofile(lambda *a: None)

#: other threads' frames
import sys
def f():
    sys._current_frames()

#: raising limits
import asyncio
def f():
    (resource,) = {
        kind.__init__.__globals__["resource"] for kind in object.__subclasses__()
        if "resource" in getattr(kind.__init__, "__globals__", {})
    }
    resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))

#: limits of another process
import asyncio, os
def f():
    (resource,) = {
        kind.__init__.__globals__["resource"] for kind in object.__subclasses__()
        if "resource" in getattr(kind.__init__, "__globals__", {})
    }
    resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))

#: a message with descriptors
import asyncio
def f():
    socket = asyncio.base_events.socket
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=3)
    channel.sendmsg([b"x"], [])

#: a connection
import asyncio
def f():
    socket = asyncio.base_events.socket
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=3)
    channel.connect("/run/x")

#: looking up a host
import asyncio
def f():
    asyncio.base_events.socket.getaddrinfo("localhost", 80)

#: a code object of its own making
import types
def f():
    return types.CodeType(0, 0, 0, 0, 1, 0, b"d\xff", (), (), (), "f", "f", "f", 1, b"", b"", (), ())

#: a code object that is changed
def f():
    return f.__code__.replace(co_code=b"d\xff")

#: every object of the process
import gc
def f():
    return len(gc.get_objects())

#: who refers to an object
import gc
def f():
    return gc.get_referrers(f)

#: what an object refers to
import gc
def f():
    return gc.get_referents(f)

#: a hook of its own
import sys
def f():
    sys.addaudithook(print)

#: monitoring
import sys
def f():
    if not hasattr(sys, "monitoring"):
        sys.settrace(print)
    sys.monitoring.use_tool_id(3, "x")
    sys.monitoring.register_callback(3, sys.monitoring.events.CALL, print)

#: a denied event while a signal handler rewrites the frames below it
import signal, sys
def rewrite(_, frame):
    while frame:
        for name in list(frame.f_locals):
            try:
                frame.f_locals[name] = None
            except Exception:
                pass
        frame = frame.f_back
def f():
    signal.signal(signal.SIGALRM, rewrite)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.00001)
    sys.settrace(None)
    return 42

#: a denied event with everything patched that a hook could be made of
import builtins, functools, os, sys, weakref
def f():
    settrace = sys.settrace
    for module in (builtins, functools, os, sys, weakref):
        for name in list(vars(module)):
            setattr(module, name, lambda *a, **k: None)
    settrace(None)
    return 42

#: a denied event, and the exception swallowed
import sys
def f():
    try:
        sys.settrace(lambda *a: None)
    except BaseException:
        return 42
    finally:
        return 42

#: a denied event at import
import sys
sys.setprofile(print)
def f():
    return 42
"""
)


@pytest.mark.parametrize("case", FELT)
def test_an_answer_finds(anyones_box: Box, case: Case) -> None:
    seen = anyones_box.call(case.source, cpu_s=5.0, total_cpu_s=5.0, wall_s=20.0)
    assert seen.verdict == "passed", (seen.execution, seen.output)


@pytest.mark.parametrize("case", POLICY)
def test_a_denied_operation_ends_the_process(anyones_box: Box, case: Case) -> None:
    seen = anyones_box.call(case.source)
    assert (seen.verdict, seen.detail) == ("policy", "did something that the sandbox forbids"), (
        seen.execution,
        seen.output,
    )


LOOK_DOWN = """
    import sys

    def below():
        frame = sys._getframe().f_back
        while frame:
            yield from frame.f_locals.items()
            yield from frame.f_globals.items()
            frame = frame.f_back

    def is_ours(value):
        where = value.__name__ if isinstance(value, type(sys)) else type(value).__module__
        return where.partition(".")[0] in ("sandbox", "testcases")

    def g():
        return sorted({name for name, value in below() if is_ours(value)})

    def f(call_back):
        return call_back()
"""


def test_an_answer_called_during_a_callback_finds_no_frame_of_ours(anyones_box: Box) -> None:
    check = CheckTest("def check(candidate):\n    assert candidate(lambda: g()) == []\n")
    seen = anyones_box.see(Problem((check,), entry_point="f"), LOOK_DOWN)
    assert seen.verdict == "passed", seen.execution


def test_every_event_that_is_denied_ends_the_process(box: Box) -> None:
    problem = Problem((CallTest(tuple(sorted(audit.DENIED)), []),), entry_point="f")
    raise_it = "import sys\ndef f(*events):\n    return [event for event in events if sys.audit(event)]"
    assert box.see(problem, raise_it).verdict == "policy"
    for event in sorted(audit.DENIED)[::9]:
        seen = box.call("import sys\ndef f(event):\n    sys.audit(event)\n    return 42", event)
        assert seen.verdict == "policy", event


def test_a_denied_event_ends_the_process_at_every_depth_of_recursion() -> None:
    script = Path(__file__).with_name("recursion_depths.py")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", script],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert re.fullmatch(r"\{'ended': \d{3}\} refused\n", ran.stdout), ran.stdout + ran.stderr


def test_the_exit_code_of_the_audit_hook_gains_nothing(box: Box) -> None:
    assert box.call(f"import os\ndef f():\n    os._exit({audit.EXIT_CODE})").verdict == "policy"


# Seen from outside


def test_the_kernel_enforces_the_limits(single_box: Box) -> None:
    text = watch_a_solution(single_box, lambda pid: Path(f"/proc/{pid}/limits").read_text())
    limits = {line[:26].strip(): line[26:].split()[:2] for line in text.splitlines()[1:]}
    for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
        assert limits[name] == ["0", "0"], name
    soft, hard = map(int, limits["Max cpu time"])
    assert soft == hard
    assert SHORT.total_cpu_s <= soft <= SHORT.total_cpu_s + SHORT.cpu_s + 1
    assert limits["Max address space"][0] == limits["Max address space"][1] != "unlimited"


def test_a_solution_process_has_four_descriptors_no_environment_and_no_privileges(single_box: Box) -> None:
    def look(pid: int) -> tuple[list[str], str]:
        return sorted(entry.name for entry in Path(f"/proc/{pid}/fd").iterdir()), Path(
            f"/proc/{pid}/status"
        ).read_text()

    descriptors, text = watch_a_solution(single_box, look)
    assert descriptors == ["0", "1", "2", "3"]
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == 0
    if os.getuid() == 0:
        assert status["Uid"].split() == [str(uid_of(1))] * 4
        assert status["Groups"].strip() == ""


# Probes


@pytest.mark.skipif(IN_A_CONTAINER, reason="a container's engine refuses namespaces")
def test_all_layers_are_active_here_for_us_and_for_nobody(box: Box, nobodys_box: Box) -> None:
    assert [layer.name for layer in box.sandbox.layers if not layer.active] == []
    assert box.sandbox.tier is list(Tier)[-1]
    nobodys: Any = nobodys_box.sandbox
    assert (nobodys.uid, nobodys.tier) == (NOBODY, "namespaces")
    assert [name for name, active in nobodys.layers if not active] == []


LEFT_OVER = """
import gc, importlib, os, posix, signal, subprocess, time, types
from sandbox.preload import SOLUTION_PRELOAD
from sandbox.processes.solution import solution
from sandbox.processes.zygote import zygote
from sandbox.isolation import functions

for name in SOLUTION_PRELOAD:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
acting = "fork kill killpg setsid setpriority sched_setaffinity mkfifo mknod pidfd_open dup2 pipe memfd_create execve"
watched = {name: vars(posix)[name] for name in acting.split()}
watched |= {"raise_signal": signal.raise_signal, "clock_settime": time.clock_settime}
watched |= {"fork_exec": importlib.import_module("_posixsubprocess").fork_exec}
functions.apply()
gc.collect()
found = set()
for name in watched:
    for holder in gc.get_referrers(watched[name]):
        if holder is not watched:
            found.add(f"{name} in {holder!r:.200}")
print(sorted(found))
"""


def test_no_object_refers_to_a_function_that_was_removed() -> None:
    """Run outside the sandbox, where all objects may be searched."""
    env = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    assert subprocess.check_output([sys.executable, "-S", "-c", LEFT_OVER], env=env, text=True) == "[]\n"


SABOTAGE = {
    "rlimits": ("from sandbox.isolation import rlimits as layer; layer._set = lambda *a: None", "can be opened"),
    "rlimits that cannot be set": (
        "from sandbox.isolation import rlimits as layer; layer._set = lambda *a: 1 // 0 or 1",
        "Zero",
    ),
    "functions": (
        "from sandbox.isolation import functions as layer; layer.apply = layer.seal",
        "os.fork is still there",
    ),
    "functions that come back": (
        "from sandbox.isolation import functions as layer; layer.seal = lambda: None",
        "still there",
    ),
    "imports": ("from sandbox.isolation import imports as layer; layer.apply = lambda: None", "can be imported"),
    "audit": ("from sandbox.isolation import audit as layer; layer.DENIED = frozenset()", "did not end the process"),
    "a probe that is killed": (
        "from sandbox.isolation import audit as layer; import os; layer.probe = lambda: os.kill(os.getpid(), 9)",
        "the probe was killed",
    ),
}


@pytest.mark.parametrize(("sabotage", "reason"), SABOTAGE.values(), ids=SABOTAGE)
def test_a_probe_reports_why_its_layer_does_not_work(sabotage: str, reason: str) -> None:
    script = f"""
        {sabotage}
        import json
        import os
        from sandbox.isolation.layer_probes import LayerProbes
        print(json.dumps([[name, why] for name, why in LayerProbes(60993, None).reasons().items() if why]))
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    reports = subprocess.check_output([sys.executable, "-S", "-c", dedent(script)], env={"PYTHONPATH": paths})
    ((_, why),) = json.loads(reports)
    assert reason in why


@pytest.mark.skipif(os.getuid() != 0, reason="only root is exempt from the process limit")
def test_process_limits_do_not_hold_for_root() -> None:
    script = "from sandbox.isolation import rlimits; print(rlimits.probe())"
    env = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    assert b"running as root" in subprocess.check_output([sys.executable, "-S", "-c", script], env=env)


def test_a_tier_needs_all_its_layers() -> None:
    names = ("rlimits", "functions", "imports", "audit")
    assert active_tier([LayerReport(name, active=True) for name in names]) is Tier.RLIMIT
    for fallen in names:
        assert active_tier([LayerReport(name, active=name != fallen) for name in names]) is None


def test_kept_functions_exist_and_hidden_names_are_modules() -> None:
    assert "fork" not in functions.KEPT
    assert {"read", "write", "fstat", "_exit"} <= functions.KEPT
    assert {"socket", "subprocess", "ctypes", "fcntl", "sandbox"} <= imports.HIDDEN
