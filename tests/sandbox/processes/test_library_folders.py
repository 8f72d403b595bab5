from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox.processes import library_folders

PROGRAM = """
    import os, sys
    root, hidden = sys.argv[1:]
    sys.path[:0] = [hidden]
    sys.path.append(root)
    import package_for_this_test
    from sandbox.processes import library_folders
    library_folders.opened = library_folders.open_folders()
    os.setgroups([])
    os.setgid(60123)
    os.setuid(60123)
    print(os.access(hidden, os.R_OK), len(library_folders.use_folders()) >= 1)
    import module_for_this_test
    import package_for_this_test.later
    print(module_for_this_test.VALUE + package_for_this_test.later.VALUE)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up privileges")
def test_modules_are_found_in_folders_that_the_user_cannot_enter(tmp_path: Path) -> None:
    hidden = tmp_path / "locked" / "library"
    package = hidden / "package_for_this_test"
    package.mkdir(parents=True)
    (hidden / "module_for_this_test.py").write_text("VALUE = 1\n")
    (package / "__init__.py").write_text("")
    (package / "later.py").write_text("VALUE = 2\n")
    (tmp_path / "locked").chmod(0o700)
    command = [sys.executable, "-B", "-c", textwrap.dedent(PROGRAM), str(Path(__file__).parents[3]), str(hidden)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.stdout.split(), ended.stderr) == (["False", "True", "3"], "")


def test_nothing_is_opened_without_privileges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert library_folders.open_folders() == []
    before = list(sys.path)
    assert library_folders.use_folders() == []
    assert sys.path == before
