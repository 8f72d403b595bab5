"""System calls that Python has no function for, made by `ctypes`, and their numbers on x86-64 and aarch64.

Only for a process that will be replaced by exec(2), or end, before it is given an answer: `ctypes` left in memory would
let an answer call native code. The numbers are from Linux, arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h; those from 424 on are the same everywhere.
"""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["NUMBERS", "call", "execute", "prctl"]


NUMBERS: dict[str, tuple[int, int | None]] = {
    "read": (0, 63), "write": (1, 64), "sendmsg": (46, 211), "recvmsg": (47, 212), "poll": (7, None),
    "ppoll": (271, 73), "clock_gettime": (228, 113), "close": (3, 57), "mmap": (9, 222), "munmap": (11, 215),
    "brk": (12, 214), "madvise": (28, 233), "mremap": (25, 216), "mprotect": (10, 226), "wait4": (61, 260),
    "fork": (57, None), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132), "futex": (202, 98), "exit": (60, 93), "exit_group": (231, 94), "readv": (19, 65),
    "writev": (20, 66), "pread64": (17, 67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70),
    "lseek": (8, 62), "close_range": (436, 436), "fstat": (5, 80), "stat": (4, None), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "openat": (257, 56), "open": (2, None), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    "getdents": (78, None), "getdents64": (217, 61), "statfs": (137, 43), "fstatfs": (138, 44), "getcwd": (79, 17),
    "chdir": (80, 49), "umask": (95, 166), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "pipe": (22, None), "pipe2": (293, 59), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
    "epoll_pwait": (281, 22), "eventfd2": (290, 19), "sendto": (44, 206), "recvfrom": (45, 207),
    "shutdown": (48, 210), "getsockname": (51, 204), "getpeername": (52, 205), "getsockopt": (55, 209),
    "setsockopt": (54, 208), "vfork": (58, None), "waitid": (247, 95), "pidfd_open": (434, 434),
    "memfd_create": (319, 279), "ftruncate": (77, 46), "getpid": (39, 172), "gettid": (186, 178),
    "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getresuid": (118, 148), "getresgid": (120, 150), "getgroups": (115, 158), "getpgrp": (111, None),
    "getpgid": (121, 155), "getsid": (124, 156), "setuid": (105, 146), "setgid": (106, 144),
    "setgroups": (116, 159), "setresuid": (117, 147), "setresgid": (119, 149), "uname": (63, 160),
    "sysinfo": (99, 179), "times": (100, 153), "getrusage": (98, 165), "getrlimit": (97, 163),
    "setrlimit": (160, 164), "getrandom": (318, 278), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "getitimer": (36, 102),
    "setitimer": (38, 103), "alarm": (37, None), "pause": (34, None), "set_robust_list": (273, 99),
    "get_robust_list": (274, 100), "set_tid_address": (218, 96), "rseq": (334, 293), "arch_prctl": (158, None),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "getpriority": (140, 141), "getcpu": (309, 168), "membarrier": (324, 283), "msync": (26, 227),
    "mincore": (27, 232), "restart_syscall": (219, 128), "clone": (56, 220), "socketpair": (53, 199),
    "prlimit64": (302, 261), "pidfd_send_signal": (424, 424), "execveat": (322, 281), "fcntl": (72, 25),
    "ioctl": (16, 29), "prctl": (157, 167), "seccomp": (317, 277), "unshare": (272, 97), "mount": (165, 40),
    "mount_setattr": (442, 442), "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip
"""Numbers on x86-64 and aarch64; ``None`` where the processor does not have the call."""


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_COLUMN = {"x86_64": 0, "aarch64": 1}.get(os.uname().machine)
_AT_EMPTY_PATH = 0x1000
_PRCTL_ARGUMENTS = 5


def call(name: str, *arguments: int | bytes | ctypes.Array[Any] | None) -> int:
    """Make a system call.

    Args:
        name: name of the call in `NUMBERS`.
        arguments: integers are passed as C longs, bytes and buffers as pointers, ``None`` as a null pointer.

    Raises:
        OSError: the kernel refuses; or the call has no number on this processor.
    """
    number = None if _COLUMN is None else NUMBERS[name][_COLUMN]
    if number is None:
        raise OSError(38, f"{name} has no known number on {os.uname().machine}")
    converted = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result: int = _libc.syscall(ctypes.c_long(number), *converted)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return result


def prctl(option: int, value: int = 0) -> None:
    """Set an attribute of the calling process.

    Raises:
        OSError: the kernel refuses.
    """
    # Unused arguments must be 0: newer options fail with EINVAL otherwise, PR_SET_NO_NEW_PRIVS among them.
    call("prctl", option, value, *[0] * (_PRCTL_ARGUMENTS - 2))


def execute(descriptor: int, arguments: Sequence[str], environment: Sequence[str]) -> None:
    """Become the program that ``descriptor`` has open, by execveat(2). Never returns.

    Raises:
        OSError: the kernel refuses.
    """
    call("execveat", descriptor, b"", _strings(arguments), _strings(environment), _AT_EMPTY_PATH)


def _strings(items: Sequence[str]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * (len(items) + 1))(*(os.fsencode(item) for item in items), None)
