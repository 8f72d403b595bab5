"""The fixtures ``tmp_path`` and ``tmp_path_factory``, in memory as all files of a run."""

from __future__ import annotations

import re
from pathlib import Path

from testcases.pytest_runner.loud import Loud

__all__ = ["TemporaryFolders"]

_BASE = Path("/tmp/pytest-of-user/pytest-0")  # noqa: S108 - in memory
_NAME_CHARS = 30


class TemporaryFolders(Loud):
    """The fixture ``tmp_path_factory``, which makes new folders."""

    def getbasetemp(self) -> Path:
        """Return the folder that all others are in."""
        _BASE.mkdir(parents=True, exist_ok=True)
        return _BASE

    def mktemp(self, basename: str, numbered: bool = True) -> Path:  # noqa: FBT001, FBT002 - pytest's signature
        """Make a folder, with a number behind its name that makes it a new one."""
        base = self.getbasetemp()
        number = 0
        while numbered and (base / f"{basename}{number}").exists():
            number += 1
        folder = base / (f"{basename}{number}" if numbered else basename)
        folder.mkdir(0o700)
        return folder

    def for_test(self, name: str) -> Path:
        """Make the folder of one test."""
        return self.mktemp(re.sub(r"\W", "_", name)[:_NAME_CHARS])
