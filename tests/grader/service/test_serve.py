"""``grader serve`` as a process: it listens, answers many at a time, and ends with its last request."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RIGHT = "```python\ndef f():\n    return 1\n```"
SLOW = "```python\nimport time\n\n\ndef f():\n    time.sleep(1.5)\n    return 1\n```"
COMMAND = [sys.executable, "-P", "-m", "grader", "serve", "--port", "0"]


@contextmanager
def service(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen([*COMMAND, *options], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield process, found[0]
                    break
            else:
                pytest.fail("the service did not listen")
            process.stderr.read()
        finally:
            process.kill()


def ask(address: str, completion: str, **headers: str) -> float:
    body = json.dumps({"response": completion, "label": {"test_list": ["assert f() == 1"]}}).encode()
    with urlopen(Request(f"{address}/slime", body, headers), timeout=60) as answer:
        return float(json.load(answer))


def test_many_requests_at_a_time_and_none_lost_at_the_end() -> None:
    with service() as (process, address), ThreadPoolExecutor(9) as pool:
        slow = pool.submit(ask, address, SLOW)
        assert set(pool.map(lambda _: ask(address, RIGHT), range(16))) == {1.0}
        process.send_signal(signal.SIGTERM)
        assert slow.result() == 1.0
        assert process.wait(30) in {0, -signal.SIGTERM}


def test_a_token_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    with service("--token-file", str(file)) as (process, address):
        with pytest.raises(HTTPError, match="401"):
            ask(address, RIGHT)
        assert ask(address, RIGHT, Authorization="Bearer secret") == 1.0
        process.terminate()


@pytest.mark.parametrize(("text", "complaint"), [(None, "No such file or directory"), (" \n", "the file is empty")])
def test_a_token_file_that_cannot_be_used_is_one_line(tmp_path: Path, text: str | None, complaint: str) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    done = subprocess.run([*COMMAND, "--token-file", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert complaint in done.stderr
