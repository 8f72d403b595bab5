"""The first process of a container: reaps whatever loses its parent, passes signals on, ends when the grader does.

Every process whose parent has died becomes its child, and stays a zombie that counts against the process limit until it
is waited for (pid_namespaces(7)).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

__all__ = ["main"]

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> NoReturn:
    """Reap until the child whose pid is ``argv[1]`` has ended; then exit as it did, 128 + N for signal N."""
    served = int(sys.argv[1])
    for number in _FORWARDED:
        signal.signal(number, lambda received, _: os.kill(served, received))
    while True:
        pid, status = os.wait()
        if pid == served:
            code = os.waitstatus_to_exitcode(status)
            sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
