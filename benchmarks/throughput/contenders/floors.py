"""What no grader that gives each answer a fresh process can be faster than: as many loops as CPUs, and nothing else.

``floors.py fork`` forks for each run, which compiles, executes and exits; ``fork-style`` also has black format the
answer, once, and pyflakes read it, in the looping process; ``fresh`` starts an interpreter, ``python -I -S``, instead.
No wall is up, an answer can do anything, and what it says of itself is believed.
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

_PLACE = struct.Struct("=I?")
_PASSED, _FAILED = 0, 1


class Floor:
    """Loops, one for each CPU, that take the next answer when they are done with one."""

    def __init__(self, start: Callable[[str], NoReturn], style: Callable[[str], None] | None = None) -> None:
        self._start, self._style = start, style
        self._loops = len(os.sched_getaffinity(0))

    def prepare(self, workload: Workload) -> None:
        """Import what answers and tests import, so that no child has to."""
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
        to_do = memoryview(b"".join(_PLACE.pack(place, False) for place in range(len(passed))))
        os.set_blocking(todo_write, False)
        told = bytearray()
        while True:
            if to_do:
                with contextlib.suppress(BlockingIOError):
                    to_do = to_do[os.write(todo_write, to_do[: 512 * _PLACE.size]) :]
            elif todo_write >= 0:
                os.close(todo_write)
                todo_write = -1
            chunk = os.read(done_read, _PLACE.size)
            if not chunk:
                break
            told += chunk
        for place, right in _PLACE.iter_unpack(told):
            passed[place] = right
        os.close(done_read)
        for pid in loops:
            os.waitpid(pid, 0)
        return passed

    def told(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def _loop(self, workload: Workload, todo: int, done: int) -> NoReturn:
        while place := os.read(todo, _PLACE.size):
            number, _ = _PLACE.unpack(place)
            item = workload.items[number]
            if self._style is not None:
                self._style(item.answer)
            os.write(done, _PLACE.pack(number, self._passes(item, workload.limit_s)))
        os._exit(0)

    def _passes(self, item: Item, limit_s: float) -> bool:
        if not item.programs:
            source = f"{item.answer}\n{item.check}\ncheck({item.entry_point})\n"
            return self._ends_well(source, limit_s)
        return all([self._prints(item.answer, *program, limit_s) for program in item.programs])  # noqa: C419 - all run

    def _prints(self, source: str, given: str, wanted: str, limit_s: float) -> bool:
        given_file, written_file = os.memfd_create("in"), os.memfd_create("out")
        try:
            os.write(given_file, given.encode())
            os.lseek(given_file, 0, os.SEEK_SET)
            well = self._ends_well(source, limit_s, given_file, written_file)
            size = os.lseek(written_file, 0, os.SEEK_END)
            return well and os.pread(written_file, size, 0).decode().split() == wanted.split()
        finally:
            os.close(given_file)
            os.close(written_file)

    def _ends_well(self, source: str, limit_s: float, given: int = -1, written: int = -1) -> bool:
        pid = os.fork()
        if pid == 0:
            try:
                if given >= 0:
                    os.dup2(given, 0)
                    os.dup2(written, 1)
                signal.setitimer(signal.ITIMER_PROF, limit_s)  # survives execve(2)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                self._start(source)
            finally:
                os._exit(_FAILED)
        _, status = os.waitpid(pid, 0)
        return status == _PASSED


def _in_this_process(source: str) -> NoReturn:
    try:
        exec(compile(source, "answer", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is what is measured
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - whatever it is
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
            black._format_str_once(source, mode=mode)  # noqa: SLF001 - the public one formats what it changed again
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
