"""The first process of a container: reaps orphans, forwards signals, and exits when the grader does.

Every process whose parent has died becomes its child. After its own end it remains a zombie, which counts against the
process limit, until it is waited for (pid_namespaces(7)).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

__all__ = ["main"]

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> NoReturn:
    """Reap children until the one with the pid ``argv[1]`` has ended; exit with its code, or 128 + N after signal N."""
    served = int(sys.argv[1])
    # Pid 1 ignores signals without a handler (pid_namespaces(7)), so `docker stop` would wait for its timeout.
    for number in _FORWARDED:
        signal.signal(number, lambda received, _: os.kill(served, received))
    while True:
        pid, status = os.wait()
        if pid == served:
            code = os.waitstatus_to_exitcode(status)
            sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
