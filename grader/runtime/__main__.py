"""``python -m grader.runtime [HANDLER]``: the first program of the image. It becomes another one and is gone.

What a process was started with can be read in ``/proc/PID/environ`` for as long as it lives (proc(5)), whatever it does
to its environment, and on Lambda that is credentials and the Runtime API's address. So this program, which is started
with all that, is replaced by `grader.runtime.serve`, which is started with next to nothing and takes the rest out of a
pipe.
"""

from __future__ import annotations

import os
import sys

from grader.runtime.environment import send_environment, split_environment

__all__ = ["main"]


def main() -> None:
    """Replace this process by the one that serves, with the same descriptors and arguments.

    As the first process of a container it also inherits every orphan, so there it stays behind as the one that reaps
    them (`grader.runtime.reaper`).
    """
    start, rest = split_environment(os.environb)
    try:
        reader = send_environment(rest)
    except OSError as error:
        sys.exit(f"grader: {error}")
    serving = [sys.executable, "-m", "grader.runtime.serve", str(reader), *sys.argv[1:]]
    if os.getpid() == 1 and (child := os.fork()) != 0:
        os.close(reader)
        serving = [sys.executable, "-m", "grader.runtime.reaper", str(child)]
    os.execve(sys.executable, serving, start)  # noqa: S606 - our own interpreter and our own words


if __name__ == "__main__":
    main()
