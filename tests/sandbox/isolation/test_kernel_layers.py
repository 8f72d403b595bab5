"""Calls that the kernel layers refuse, to Python and to native code, in every tier of this host."""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import IsolationError
from sandbox.isolation import seccomp
from sandbox.isolation.system_calls import NUMBERS
from sandbox.isolation.tiers import KERNEL_LAYERS, limit_to, not_probed
from sandbox.scheduler.loop import Loop
from sandbox.scheduler.reaper import new_tag, reap
from sandbox.scheduler.zygote import Zygote, ZygoteSettings
from sandbox.types import Tier
from tests.sandbox.conftest import IN_A_CONTAINER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.sandbox import Sandbox
    from tests.sandbox.conftest import Box

HERE = Path(__file__).parent
PATHS = tuple(path for path in sys.path if path.startswith("/"))
DAEMON = HERE / "restless.py"
IN_A_PROBE = """
    import ctypes, errno, json, os, socket, sys
    from sandbox.isolation import landlock, namespaces, no_new_privs, seccomp
    from sandbox.isolation.system_calls import call, prctl
    def tried(attempt):
        try:
            attempt()
        except OSError as error:
            return errno.errorcode[error.errno]
        return "done"
    def native(number, *arguments):
        result = libc.syscall(number, *arguments)
        return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]
    libc = ctypes.CDLL(None, use_errno=True)
"""


def in_a_child(script: str) -> Any:
    """Run a script with the modules of the layers, ``tried`` and ``native``; return what it prints, read as JSON."""
    environment = {"PYTHONPATH": os.pathsep.join(PATHS)}
    program = dedent(IN_A_PROBE) + dedent(script)
    return json.loads(subprocess.check_output([sys.executable, "-S", "-c", program], env=environment, timeout=60))


def needs(layer: str) -> None:
    """Skip the test if this host lacks a layer."""
    reason = in_a_child(f"print(json.dumps({layer}.probe()))")
    if reason is not None:
        pytest.skip(f"{layer}: {reason}")


# seccomp

REFUSED_TO_PYTHON = {
    "a socket": "socket.socket()",
    "a datagram pair": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a signal": "os.kill(os.getpid(), 0)",
    "a signal to a group": "os.killpg(os.getpgrp(), 0)",
    "a session": "os.setsid()",
    "a program": "os.execv('/bin/true', ['true'])",
    "a folder": "os.mkdir('/tmp/refused')",
    "a link": "os.symlink('a', '/tmp/refused')",
    "a removal": "os.unlink('/tmp/refused')",
    "a pipe with a name": "os.mkfifo('/tmp/refused')",
    "another's limits": "__import__('resource').prlimit(os.getppid(), 7)",
    "its priority": "os.setpriority(os.PRIO_PROCESS, 0, 5)",
    "new privileges": "prctl(4, 1)",
    "a second filter": "seccomp.apply()",
    "a signal by descriptor other than kill": "__import__('signal').pidfd_send_signal(os.pidfd_open(os.getpid()), 0)",
    "asynchronous signals": "__import__('fcntl').fcntl(0, 8, os.getpid())",
    "input to the terminal": "__import__('fcntl').ioctl(0, 0x5412, b'x')",
}
REFUSED_TO_NATIVE_CODE = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "shmget": 29, "keyctl": 250, "add_key": 248,
    "mount": 165, "unshare": 272, "setns": 308, "chroot": 161, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298,
    "io_setup": 206, "personality": 135, "tgkill": 234, "execve": 59, "mknod": 133, "init_module": 175,
}  # fmt: skip


def test_the_filter_refuses_what_no_honest_program_needs() -> None:
    needs("seccomp")
    attempts = ", ".join(f"{name!r}: lambda: {attempt}" for name, attempt in REFUSED_TO_PYTHON.items())
    outcomes = in_a_child(f"""
        no_new_privs.apply(); seccomp.apply()
        print(json.dumps({{name: tried(attempt) for name, attempt in {{{attempts}}}.items()}}))
    """)
    assert outcomes == dict.fromkeys(REFUSED_TO_PYTHON, "EPERM")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of another processor")
def test_the_filter_refuses_native_code_the_rest_of_the_kernel() -> None:
    needs("seccomp")
    outcomes = in_a_child(f"""
        no_new_privs.apply(); seccomp.apply()
        outcomes = {{name: native(number, 0, 0, 0, 0, 0, 0) for name, number in {REFUSED_TO_NATIVE_CODE}.items()}}
        outcomes["clone with a namespace"] = native(56, 0x10000000 | 17, 0, 0, 0, 0)
        outcomes["clone3"] = native(435, 0, 0)
        outcomes["io_uring_setup"] = native(425, 0, 0)
        outcomes["a call of the future"] = native(9999)
        print(json.dumps(outcomes))
    """)
    expected = dict.fromkeys([*REFUSED_TO_NATIVE_CODE, "clone with a namespace"], "EPERM")
    assert outcomes == expected | dict.fromkeys(["clone3", "io_uring_setup", "a call of the future"], "ENOSYS")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of another processor")
def test_the_other_calling_convention_of_the_processor_ends_the_process() -> None:
    needs("seccomp")
    code = in_a_child("""
        pid = os.fork()
        if pid == 0:
            no_new_privs.apply(); seccomp.apply()
            native(0x40000000 + 39)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """)
    assert code == -31  # SIGSYS


def test_the_filter_leaves_what_our_own_processes_need() -> None:
    needs("seccomp")
    outcomes = in_a_child("""
        import signal, threading, asyncio, resource
        no_new_privs.apply(); seccomp.apply()
        def end_a_child():
            pid = os.fork()
            if pid == 0:
                signal.pause()
            descriptor = os.pidfd_open(pid)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9
        threading.Thread(target=end_a_child).start()
        outcomes = {name: tried(attempt) for name, attempt in {
            "a child": end_a_child, "pairs": socket.socketpair, "memory": lambda: os.memfd_create("a"),
            "limits": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
            "asyncio": lambda: asyncio.run(asyncio.sleep(0.001)), "user": lambda: os.setresuid(*[os.getuid()] * 3),
        }.items()}
        print(json.dumps(outcomes))
    """)
    assert set(outcomes.values()) == {"done"}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_is_well_formed_for_every_processor(machine: str) -> None:
    program = seccomp.program(machine)
    count = len(program) // 8
    assert len(program) % 8 == 0
    assert count < 4096
    returns = {index for index in range(count) if program[index * 8] == 0x06}
    for index in range(count):
        code, if_true, if_false = program[index * 8], program[index * 8 + 2], program[index * 8 + 3]
        assert index + 1 + max(if_true, if_false) < count or index in returns
        assert code != 0x06 or (if_true, if_false) == (0, 0)
    assert count - 1 in returns


def test_every_call_that_is_named_has_a_number() -> None:
    assert set(NUMBERS) >= seccomp.ALLOWED | set(seccomp.LIMITED)
    assert not seccomp.ALLOWED & set(seccomp.LIMITED)
    for column in (0, 1):
        numbers = [pair[column] for pair in NUMBERS.values() if pair[column] is not None]
        assert len(numbers) == len(set(numbers))


# Landlock


def test_landlock_leaves_nothing_to_write_and_little_to_read(tmp_path: Path) -> None:
    needs("landlock")
    (tmp_path / "open").mkdir()
    for place in ("secret", "open/known"):
        (tmp_path / place).write_text("text")
    outcomes = in_a_child(f"""
        no_new_privs.apply(); landlock.apply([{str(tmp_path / "open")!r}])
        outcomes = {{name: tried(attempt) for name, attempt in {{
            "an allowed file": lambda: open({str(tmp_path / "open/known")!r}).read(),
            "another file": lambda: open({str(tmp_path / "secret")!r}).read(),
            "a folder": lambda: os.listdir("/"), "home": lambda: os.listdir({str(Path.home())!r}),
            "passwords": lambda: open("/etc/passwd").read(),
            "writing": lambda: open({str(tmp_path / "open/known")!r}, "a"),
            "making": lambda: open({str(tmp_path / "open/new")!r}, "w"),
            "the bin": lambda: open("/dev/null", "w"),
            "a late import": lambda: __import__("xmlrpc.client"),
        }}.items()}}
        print(json.dumps(outcomes))
    """)
    allowed = dict.fromkeys(["an allowed file", "the bin", "a late import"], "done")
    refused = dict.fromkeys(["another file", "a folder", "home", "passwords", "writing", "making"], "EACCES")
    assert outcomes == allowed | refused


# Namespaces


def test_own_namespaces_have_one_process_no_network_and_cannot_be_written(tmp_path: Path) -> None:
    needs("namespaces")
    outcomes = in_a_child(f"""
        namespaces.enter(own_pids=True)
        if pid := os.fork():
            os.waitpid(pid, 0)
            os._exit(0)
        namespaces.make_mounts(own_pids=True)
        outcomes = {{"pid": os.getpid(), "seen": [name for name in os.listdir("/proc") if name.isdigit()],
                 "network": [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]],
                 "loopback": tried(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
                 "writing": tried(lambda: open({str(tmp_path / "new")!r}, "w"))}}
        print(json.dumps(outcomes))
    """)
    assert outcomes == {"pid": 1, "seen": ["1"], "network": ["lo"], "loopback": "ENETUNREACH", "writing": "EROFS"}


# Tiers


def reports(*fallen: str) -> dict[str, str]:
    """Return reasons why some of the kernel layers do not work."""
    return {name: "refused" if name in fallen else "" for name in KERNEL_LAYERS}


def apply(isolation: Tier | None, *fallen: str) -> set[str]:
    """Return the layers that are applied."""
    return {name for name, why in limit_to(isolation, reports(*fallen)).items() if not why}


def test_only_layers_of_the_tier_in_use_are_applied() -> None:
    everything = set(KERNEL_LAYERS)
    assert apply(None) == apply(Tier.NAMESPACES) == everything
    assert apply(Tier.SECCOMP) == everything - {"namespaces"}
    assert apply(Tier.RLIMIT) == set()
    assert apply(None, "landlock") == everything - {"landlock"}
    assert apply(None, "namespaces") == apply(Tier.NAMESPACES, "namespaces") == everything - {"namespaces"}
    assert apply(None, "seccomp") == apply(None, "no_new_privs") == set()


def test_layers_that_are_not_applied_report_a_reason() -> None:
    for whys in (limit_to(Tier.RLIMIT, reports()), not_probed()):
        assert whys == dict.fromkeys(KERNEL_LAYERS, "not applied: the tier in use is rlimit")
    assert limit_to(None, reports("landlock"))["landlock"] == "refused"


def test_a_demanded_tier_that_is_missing_refuses_to_start(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1, isolation=Tier.RLIMIT, require_isolation=Tier.SECCOMP)
    with pytest.raises(IsolationError, match=r"isolation seccomp is demanded, this host has rlimit \(.*not applied"):
        box.sandbox.start()
    assert [executor.zygote.pid for executor in box.sandbox._executors] == [None]


def test_coroutines_of_a_refused_tier_cause_no_warning(
    make_box: Callable[..., Box], recwarn: pytest.WarningsRecorder
) -> None:
    box = make_box(workers=1, isolation=Tier.RLIMIT, require_isolation=Tier.SECCOMP)
    with pytest.raises(IsolationError):
        box.call("def f():\n    return 42")
    gc.collect()
    assert not list(recwarn)


LOOK_AROUND = """
    import posix, sys
    def f():
        def can(attempt):
            try:
                attempt()
            except BaseException as error:
                return type(error).__name__
            return "done"
        return {"modules": sorted(name for name in sys.modules if "ctypes" in name),
                "classes": sorted(kind.__module__ for kind in object.__subclasses__() if "ctypes" in kind.__module__),
                "open": can(lambda: open("/etc/passwd")), "list": can(lambda: posix.listdir("/"))}
"""


@pytest.fixture
def tier_box(tier: Tier, make_box: Callable[..., Box]) -> Box:
    box = make_box(workers=1, isolation=tier)
    box.sandbox.start()
    return box


def test_an_answer_finds_nothing_of_what_applied_the_layers(tier_box: Box) -> None:
    refused = {"open": "FileNotFoundError", "list": "OSError"}
    expected = {"modules": [], "classes": [], **refused}
    assert tier_box.call(dedent(LOOK_AROUND), expected=expected).verdict == "passed"


def status_of(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@pytest.mark.skipif(IN_A_CONTAINER, reason="a container's engine filters calls itself, and hides the zygote")
def test_the_layers_are_active_in_the_zygote_as_reported(tier_box: Box) -> None:
    sandbox: Sandbox = tier_box.sandbox
    active = {layer.name for layer in sandbox.layers if layer.active}
    zygote = sandbox._executors[0].zygote.pid
    assert zygote is not None
    status = status_of(zygote)
    assert (status["NoNewPrivs"] == "1") == ("no_new_privs" in active)
    assert (status["Seccomp"] == "2") == ("seccomp" in active)
    own = (Path("/proc/self/ns/pid").readlink(), Path("/proc/self/ns/net").readlink())
    theirs = tuple(Path(f"/proc/{zygote}/ns/{kind}").readlink() for kind in ("pid", "net"))
    assert (not set(own) & set(theirs)) == ("namespaces" in active)
    assert sandbox.tier == (
        Tier.NAMESPACES if "namespaces" in active else Tier.SECCOMP if "seccomp" in active else Tier.RLIMIT
    )


# What outlives its parent


# The reaper must be quicker than a racer, and needs a CPU for that.
MANNERS = ["daemon", pytest.param("racer", marks=pytest.mark.alone)]


def daemons(name: str) -> list[int]:
    """List processes left by ``restless.py``, by the name in their command line or in their zygote's title."""
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if name.encode() in words and b"restless" in words:
                pids.append(int(entry.name))
    return pids


def are_gone(name: str, ours: set[int | None], *, within_s: float = 20, readings: int = 100) -> bool:
    """Wait until `daemons` finds no others than ours in many readings on end: a racer can slip through one."""
    give_up = time.monotonic() + within_s
    without = 0
    while without < readings and time.monotonic() < give_up:
        without = 0 if set(daemons(name)) - ours else without + 1
    return without == readings


@pytest.fixture
def name() -> Iterator[str]:
    name = f"name{time.monotonic_ns()}"
    yield name
    for pid in daemons(name):
        os.kill(pid, 9)


@pytest.mark.parametrize("manner", MANNERS)
def test_the_reaper_finds_processes_that_left_session_and_parent(name: str, manner: str) -> None:
    tag = new_tag()
    subprocess.run([sys.executable, "-S", str(DAEMON), manner, str(tag), name], check=True, timeout=30)
    assert any(daemons(name) for _ in range(200))  # a racer can slip through one reading
    assert reap({tag + 1}) == 0
    assert reap({tag}) >= 1
    assert daemons(name) == []


def test_the_reaper_spares_the_processes_that_are_named(name: str) -> None:
    tag = new_tag()
    subprocess.run([sys.executable, "-S", str(DAEMON), "daemon", str(tag), name], check=True, timeout=30)
    (pid,) = daemons(name)
    assert reap({tag}, spare={pid}) == 0
    assert daemons(name) == [pid]
    assert reap({tag}) == 1


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("manner", MANNERS)
def test_nothing_outlives_a_zygote_even_if_its_children_could_fork(tier: Tier, manner: str, name: str) -> None:
    zygote = Zygote(
        ZygoteSettings(
            preload=(),
            roles={"D": f"tests.sandbox.isolation.restless:prepare|{manner} {name}"},
            paths=(str(HERE.parents[2]), *PATHS),
            isolation=tier,
            runs_solutions=True,
            title=f"restless {name}",
        )
    )
    loop = Loop()

    async def fork() -> None:
        worker = await zygote.fork("D")
        assert await worker.receive(time.monotonic() + 20) == b""
        worker.close()

    try:
        loop.run([fork()])
        ours = {zygote.pid, zygote._process.pid if zygote._process is not None else None}
        if any(layer["name"] == "orphans" and layer["active"] for layer in zygote.layers):
            assert are_gone(name, ours)  # with their parent, while the zygote lives
        else:
            assert any(set(daemons(name)) - ours for _ in range(200))
    finally:
        zygote.kill()
    assert daemons(name) == []
