"""Lower bounds for any grader that runs each answer in a new process: as many loops as CPUs, and nothing else.

``floors.py fork`` forks for each run; the child compiles, executes and exits. ``fork-style`` also formats the answer
with black, one pass, and checks it with pyflakes, in the looping process. ``fresh`` starts ``python -I -S`` instead of
a fork. There is no isolation, and the exit code of the answer's process is believed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import resource
import signal
import struct
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.throughput.workload import Item, Workload

_INDEX = struct.Struct("=I?")
_PASSED, _FAILED = 0, 1


class Floor:
    """Loops, one for each CPU, that take the next answer from a pipe."""

    def __init__(self, start: Callable[[str], NoReturn], style: Callable[[str], None] | None = None) -> None:
        self._start, self._style = start, style
        self._loops = len(os.sched_getaffinity(0))

    def prepare(self, workload: Workload) -> None:
        """Import the modules of answers and tests, so that no child has to."""
        for item in workload.items:
            for name in _imports(item.answer) | _imports(item.check):
                try:
                    importlib.import_module(name)
                except ImportError:
                    continue

    def judge(self, workload: Workload) -> list[bool]:
        """Have every answer run."""
        todo_read, todo_write = os.pipe()
        done_read, done_write = os.pipe()
        loops = []
        for _ in range(self._loops):
            pid = os.fork()
            if pid == 0:
                os.close(todo_write)
                self._loop(workload, todo_read, done_write)
            loops.append(pid)
        os.close(todo_read)
        os.close(done_write)
        passed = [False] * len(workload.items)
        to_do = memoryview(b"".join(_INDEX.pack(index, False) for index in range(len(passed))))
        # Entries are smaller than PIPE_BUF, so a read or write by one of several loops is atomic (pipe(7)).
        os.set_blocking(todo_write, False)
        results = bytearray()
        while True:
            if to_do:
                with contextlib.suppress(BlockingIOError):
                    to_do = to_do[os.write(todo_write, to_do[: 512 * _INDEX.size]) :]
            elif todo_write >= 0:
                os.close(todo_write)
                todo_write = -1
            chunk = os.read(done_read, _INDEX.size)
            if not chunk:
                break
            results += chunk
        for index, right in _INDEX.iter_unpack(results):
            passed[index] = right
        os.close(done_read)
        for pid in loops:
            os.waitpid(pid, 0)
        return passed

    def details(self) -> dict[str, Any]:
        """Return no details."""
        return {}

    def _loop(self, workload: Workload, todo: int, done: int) -> NoReturn:
        while entry := os.read(todo, _INDEX.size):
            number, _ = _INDEX.unpack(entry)
            item = workload.items[number]
            if self._style is not None:
                self._style(item.answer)
            os.write(done, _INDEX.pack(number, self._passes(item, workload.limit_s)))
        os._exit(0)

    def _passes(self, item: Item, limit_s: float) -> bool:
        if not item.programs:
            source = f"{item.answer}\n{item.check}\ncheck({item.entry_point})\n"
            return self._succeeds(source, limit_s)
        return all([self._prints(item.answer, *program, limit_s) for program in item.programs])  # noqa: C419 - all run

    def _prints(self, source: str, stdin: str, stdout: str, limit_s: float) -> bool:
        stdin_file, stdout_file = os.memfd_create("in"), os.memfd_create("out")
        try:
            os.write(stdin_file, stdin.encode())
            os.lseek(stdin_file, 0, os.SEEK_SET)
            succeeded = self._succeeds(source, limit_s, stdin_file, stdout_file)
            size = os.lseek(stdout_file, 0, os.SEEK_END)
            return succeeded and os.pread(stdout_file, size, 0).decode().split() == stdout.split()
        finally:
            os.close(stdin_file)
            os.close(stdout_file)

    def _succeeds(self, source: str, limit_s: float, stdin: int = -1, stdout: int = -1) -> bool:
        pid = os.fork()
        if pid == 0:
            try:
                if stdin >= 0:
                    os.dup2(stdin, 0)
                    os.dup2(stdout, 1)
                signal.setitimer(signal.ITIMER_PROF, limit_s)  # survives execve(2)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                self._start(source)
            finally:
                os._exit(_FAILED)
        _, status = os.waitpid(pid, 0)
        return status == _PASSED


def _in_this_process(source: str) -> NoReturn:
    try:
        exec(compile(source, "answer", "exec"), {"__name__": "__main__"})  # noqa: S102 - this is what is measured
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - any exception is a failure
        os._exit(_FAILED)
    os._exit(_PASSED)


def _in_a_fresh_one(source: str) -> NoReturn:
    program = os.memfd_create("program", 0)
    os.write(program, source.encode())
    os.lseek(program, 0, os.SEEK_SET)
    os.execv(sys.executable, [sys.executable, "-I", "-S", f"/dev/fd/{program}"])  # noqa: S606 - our own interpreter


def _stylist() -> Callable[[str], None]:
    import black  # noqa: PLC0415 - only here
    from black.mode import Mode, TargetVersion  # noqa: PLC0415 - imported only in the processes that need it
    from pyflakes.checker import Checker  # noqa: PLC0415 - imported only in the processes that need it

    mode = Mode(target_versions={TargetVersion.PY311})

    def style(source: str) -> None:
        try:
            Checker(ast.parse(source))
            black._format_str_once(source, mode=mode)  # noqa: SLF001 - the public function makes a second pass
        except (SyntaxError, ValueError):
            return

    return style


def _imports(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


if __name__ == "__main__":
    kinds = {
        "fork": lambda: Floor(_in_this_process),
        "fork-style": lambda: Floor(_in_this_process, _stylist()),
        "fresh": lambda: Floor(_in_a_fresh_one),
    }
    serve(kinds[sys.argv[1]]())
