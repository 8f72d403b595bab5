"""Isolation layer: a filter that allows only the system calls that honest answers and our own processes need.

Stops: network sockets, signals to other processes, tracing them and reading their memory, starting programs, new
namespaces, mounts, shared memory, key rings, io_uring, bpf, changes to the file system, and every call that a later
kernel adds; also for native code. A call that is not on the list fails, so that libraries fall back as on an older
kernel.
It does not stop a fork: it allows fork(2) and clone(2), except into new namespaces, because the zygote needs them. What
stops an answer's fork, in every tier, is ``RLIMIT_NPROC`` (`sandbox.isolation.rlimits`), the audit hook, and that the
functions are removed.
The filter is applied once, before the zygote, and inherited by everything that descends from it (seccomp(2)), so a run
costs nothing.
Absence: the kernel lacks it, or refuses it as AWS Lambda does. Native code could then do what descriptor limits,
process limits and the audit hook do not stop.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # built into the interpreter, without stubs
import _socket
import ctypes
import errno
import os
import struct

from sandbox.isolation import no_new_privs
from sandbox.isolation.system_calls import NUMBERS, call

__all__ = ["ALLOWED", "INTERPRETER", "LIMITED", "NAME", "Condition", "apply", "probe", "program"]

NAME = "seccomp"
INTERPRETER = 60
"""Descriptor of the only program that can be started. It is close-on-exec, so it can be used once."""

_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range open openat access faccessat
    faccessat2 stat fstat lstat newfstatat statx readlink readlinkat getdents getdents64 statfs fstatfs getcwd chdir
    umask dup dup2 dup3 ftruncate memfd_create
"""
_CHANNELS = """
    pipe pipe2 sendmsg recvmsg sendto recvfrom shutdown getsockname getpeername getsockopt setsockopt poll ppoll select
    pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
"""
_MEMORY = "brk mmap munmap mremap mprotect madvise mincore msync membarrier"
_PROCESSES = """
    fork vfork exit exit_group wait4 waitid pidfd_open futex set_robust_list get_robust_list set_tid_address rseq
    arch_prctl sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
    sched_get_priority_min getpriority getcpu restart_syscall
"""
_SIGNALS = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm
    getitimer setitimer
"""
_IDENTITY = """
    getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid setuid
    setgid setgroups setresuid setresgid uname sysinfo getrusage getrlimit setrlimit
"""
_TIME = "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrandom"

ALLOWED: frozenset[str] = frozenset(
    f"{_FILES} {_CHANNELS} {_MEMORY} {_PROCESSES} {_SIGNALS} {_IDENTITY} {_TIME}".split()
)
"""System calls that are allowed with any arguments.

``clone3`` is not among them: its flags are in memory, where a filter cannot look. It fails with ENOSYS, and the C
library falls back to ``clone``."""


class Condition:
    """Condition on one argument of a system call: masked, it must be one of some values.

    Args:
        argument: index of the argument, from 0; only its low 32 bits are compared.
        values: values that are allowed.
        mask: bits that are compared.
    """

    __slots__ = ("argument", "mask", "values")

    def __init__(self, argument: int, values: tuple[int, ...], mask: int = 0xFFFFFFFF) -> None:
        self.argument = argument
        self.values = values
        self.mask = mask


_NEW_NAMESPACES = 0x7E02_0080
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME (clone(2))."""
_DUPLICATE, _FLAGS, _DUPLICATE_CLOEXEC, _PIPE_SIZES = (0,), (1, 2, 3, 4), (1030,), (1031, 1032)
_IS_TERMINAL, _CLOSE_ON_EXEC, _WAITING, _NON_BLOCKING, _WINDOW = (
    (0x5401,),
    (0x5450, 0x5451),
    (0x541B,),
    (0x5421,),
    (0x5413,),
)
_AT_EMPTY_PATH = 0x1000
_PR_SET_NAME, _PR_GET_NAME = 15, 16

# - prlimit64 only with pid 0, the caller itself.
# - pidfd_send_signal only with SIGKILL, which is how the zygote kills its children. It takes a descriptor, and answers
#   can open none, while kill(2) would take any number.
# - execveat only with the descriptor of the interpreter: the launcher becomes the zygote under the filter.
# - ioctl and fcntl can do anything a driver offers, TIOCSTI and F_SETOWN among it: only harmless commands.
LIMITED: dict[str, tuple[Condition, ...]] = {
    "clone": (Condition(0, (0,), _NEW_NAMESPACES),),
    "socketpair": (Condition(0, (_socket.AF_UNIX,)), Condition(1, (_socket.SOCK_STREAM, _socket.SOCK_SEQPACKET), 0xF)),
    "prlimit64": (Condition(0, (0,)),),
    "pidfd_send_signal": (Condition(1, (_signal.SIGKILL,)),),
    "execveat": (Condition(0, (INTERPRETER,)), Condition(4, (_AT_EMPTY_PATH,))),
    "fcntl": (Condition(1, (*_DUPLICATE, *_FLAGS, *_DUPLICATE_CLOEXEC, *_PIPE_SIZES)),),
    "ioctl": (Condition(1, (*_IS_TERMINAL, *_CLOSE_ON_EXEC, *_WAITING, *_NON_BLOCKING, *_WINDOW)),),
    "prctl": (Condition(0, (_PR_SET_NAME, _PR_GET_NAME)),),
}
"""System calls that are allowed if every condition holds."""

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH values (Linux, include/uapi/linux/audit.h)."""
_X32 = 0x4000_0000
"""First number of the x32 calling convention, which has the same AUDIT_ARCH value as x86-64."""
_FIRST_NEW = 424
"""First of the newer calls, which libraries try and do without if the error is ENOSYS."""

_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _KILL_PROCESS, _ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_SET_MODE_FILTER = 1


def program(machine: str) -> bytes:
    """Return the filter for a processor, as instructions of classic BPF (struct sock_filter, seccomp(2)).

    Raises:
        OSError: there is no filter for this processor.
    """
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        raise OSError(errno.ENOSYS, f"there is no filter for {machine}")
    column = list(_ARCHITECTURES).index(machine)
    # The architecture comes first, because a number means another call in another calling convention: `int 0x80` on
    # x86-64 uses the 32-bit table, and x32 a table of its own (seccomp(2), Notes). Only native code can make such a
    # call, and only to get past this filter: so it kills the process instead of returning an error.
    code = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_EQUAL, architecture, 1),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":
        code += [_instruction(_AT_LEAST, _X32, 0, 1), _instruction(_RETURN, _KILL_PROCESS)]
    for name in sorted(ALLOWED):
        if (number := NUMBERS[name][column]) is not None:
            code += [_instruction(_EQUAL, number, 0, 1), _instruction(_RETURN, _ALLOW)]
    for name, conditions in LIMITED.items():
        if (number := NUMBERS[name][column]) is not None:
            checks = _check_conditions(conditions)
            code += [_instruction(_EQUAL, number, 0, len(checks)), *checks]
    # Everything else gets an error, not a signal: honest libraries try calls that they can do without.
    code += [
        _instruction(_AT_LEAST, _FIRST_NEW, 0, 1),
        _instruction(_RETURN, _ERROR | errno.ENOSYS),
        _instruction(_RETURN, _ERROR | errno.EPERM),
    ]
    return b"".join(code)


def _check_conditions(conditions: tuple[Condition, ...]) -> list[bytes]:
    """Return instructions that allow a call if its arguments meet the conditions, and refuse it otherwise."""
    # Built from the end, because jumps are forward and relative: each condition needs to know the length of its rest.
    tail = [_instruction(_RETURN, _ALLOW)]
    for condition in reversed(conditions):
        comparisons = []
        for left, value in reversed(list(enumerate(reversed(condition.values)))):
            comparisons.append(_instruction(_EQUAL, value, left + 1, 0))
        # Arguments are 64 bits wide, and BPF loads 32: the low half comes first on these processors. The kernel itself
        # reads no more of the arguments that are compared here, except for the flags of clone(2), which are all low.
        head = [
            _instruction(_LOAD, _ARGUMENTS_AT + 8 * condition.argument),
            _instruction(_AND, condition.mask),
        ]
        tail = [*head, *comparisons, _instruction(_RETURN, _ERROR | errno.EPERM), *tail]
    return tail


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def apply() -> None:
    """Apply the filter to this process and all that descend from it, for good. `no_new_privs` must be active.

    Raises:
        OSError: the kernel refuses.
    """
    instructions = program(os.uname().machine)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(buffer))
    call("seccomp", _SET_MODE_FILTER, 0, ctypes.create_string_buffer(header, len(header)))


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    if (reason := no_new_privs.probe()) is not None:
        return reason
    try:
        apply()
    except OSError as error:
        return f"the kernel refuses a filter: {error.strerror}"
    try:
        os.kill(os.getpid(), 0)
    except PermissionError:
        pass
    else:
        return "a signal can be sent under the filter"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"pidfd_open is refused: {error.strerror}"
    return None
