"""``python -m grader.runtime [HANDLER]``: the first program of the image. It replaces itself by another one.

The initial environment of a process can be read in ``/proc/PID/environ`` for as long as the process lives (proc(5)),
whatever it does to its environment later. On Lambda that includes credentials and the address of the Runtime API. So
this program, which is started with all of it, replaces itself by `grader.runtime.serve`, which is started with the
minimum and reads the rest from a pipe.
"""

from __future__ import annotations

import os
import sys

from grader.runtime.environment import send_environment, split_environment

__all__ = ["main"]


def main() -> None:
    """Replace this process by the serving process, with the same descriptors and arguments.

    The first process of a container also inherits every orphan. There it becomes the reaper (`grader.runtime.reaper`),
    and a child serves.
    """
    start, rest = split_environment(os.environb)
    try:
        reader = send_environment(rest)
    except OSError as error:
        sys.exit(f"grader: {error}")
    serving = [sys.executable, "-m", "grader.runtime.serve", str(reader), *sys.argv[1:]]
    # The parent keeps the pid 1 and becomes the reaper; the child becomes the serving process.
    if os.getpid() == 1 and (child := os.fork()) != 0:
        os.close(reader)
        serving = [sys.executable, "-m", "grader.runtime.reaper", str(child)]
    os.execve(sys.executable, serving, start)  # noqa: S606 - our own interpreter and arguments


if __name__ == "__main__":
    main()
