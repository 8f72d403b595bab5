"""``/run_code``, asked as callers of SandboxFusion ask it."""

from __future__ import annotations

import base64
import importlib.util
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests
import uvicorn
from starlette.testclient import TestClient

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.service.app import RewardService
from grader.service.limits import ServiceLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = {"status", "message", "compile_result", "run_result", "executor_pod_name", "files"}
RUN_KEYS = {"status", "execution_time", "return_code", "stdout", "stderr"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    config = GraderConfig(limits=LimitsConfig(output_kb=64))
    with Grader(config) as grader, TestClient(RewardService(grader).app()) as made:
        yield made


def run(client: TestClient, code: str, **fields: Any) -> dict[str, Any]:
    body = {"code": code, "language": "python", "compile_timeout": 10, "run_timeout": 2} | fields
    answer = client.post("/run_code", json=body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    assert result.keys() == KEYS
    assert result["compile_result"] is None
    assert result["run_result"] is None or result["run_result"].keys() == RUN_KEYS
    return result


def encoded(**files: str) -> dict[str, str]:
    return {
        name.replace("_py", ".py").replace("_txt", ".txt"): base64.b64encode(text.encode()).decode()
        for name, text in files.items()
    }


@pytest.mark.parametrize(
    ("code", "stdin", "output"),
    [
        ("print('hello')", None, "hello\n"),
        ("print(int(input()) + 1)", "41\n", "42\n"),
        ("import sys\nsys.stdout.write(sys.stdin.read()[::-1])", "äß\n", "\nßä"),
        ("import sys\nprint('out')\nsys.exit(0)", None, "out\n"),
        ("import os, sys\nsys.stdout.write('x')\nsys.stdout.flush()\nos._exit(0)", None, "x"),
        ("if __name__ == '__main__':\n    print(__name__)", None, "__main__\n"),
        ("import sys\nsys.stdout.buffer.write(b'\\xff')", None, "\ufffd"),
        ("", None, ""),
    ],
)
def test_a_program_that_ends_well(client: TestClient, code: str, stdin: str | None, output: str) -> None:
    result = run(client, code, stdin=stdin)
    assert (result["status"], result["message"]) == ("Success", "")
    assert (result["run_result"]["status"], result["run_result"]["return_code"]) == ("Finished", 0)
    assert (result["run_result"]["stdout"], result["run_result"]["stderr"]) == (output, "")
    assert 0 < result["run_result"]["execution_time"] < 60


@pytest.mark.parametrize(
    ("code", "return_code", "errors"),
    [
        ("print('out')\nraise ValueError('no')", 1, "ValueError: no\n"),
        ("print('out')\nimport sys\nprint('err', file=sys.stderr)\nsys.exit(3)", 3, "err\n"),
        ("print('out')\nimport sys\nsys.exit(-1)", 255, ""),
        ("print('out')\nimport sys\nsys.exit('words')", 1, "words\n"),
        ("print('out')\nimport os, sys\nsys.stdout.flush()\nos._exit(5)", 5, ""),
        ("print('out', flush=True)\nx = [0] * 10**9", 1, "MemoryError"),
        ("print('out')\nint('x')", 1, "ValueError: invalid literal for int() with base 10: 'x'\n"),
    ],
)
def test_a_program_that_fails_keeps_its_output(client: TestClient, code: str, return_code: int, errors: str) -> None:
    result = run(client, code)
    assert (result["status"], result["run_result"]["status"]) == ("Failed", "Finished")
    assert (result["run_result"]["return_code"], result["run_result"]["stdout"]) == (return_code, "out\n")
    assert errors in result["run_result"]["stderr"]


@pytest.mark.parametrize("code", ["3", "-1", "None", ""])
def test_a_code_is_not_printed(client: TestClient, code: str) -> None:
    assert run(client, f"import sys\nsys.exit({code})")["run_result"]["stderr"] == ""


def test_where_it_failed_is_named(client: TestClient) -> None:
    errors = run(client, "x = 1\nraise KeyError(x)")["run_result"]["stderr"]
    assert errors == 'Traceback (most recent call last):\n  File "solution.py", line 2\nKeyError: 1\n'


@pytest.mark.parametrize(
    "code", ["print('out', flush=True)\nwhile True: pass", "import time\nprint('out', flush=True)\ntime.sleep(60)"]
)
def test_a_program_that_takes_too_long(client: TestClient, code: str) -> None:
    result = run(client, code, run_timeout=0.5)
    assert (result["status"], result["run_result"]["status"]) == ("Failed", "TimeLimitExceeded")
    assert (result["run_result"]["return_code"], result["run_result"]["stdout"]) == (None, "out\n")


@pytest.mark.parametrize(
    ("code", "reason"),
    [("def f(:", "invalid syntax"), ("import subprocess", "subprocess starts another program"), ("x" * 70_000, "")],
)
def test_what_is_not_run_ends_with_a_code_and_the_reason(client: TestClient, code: str, reason: str) -> None:
    result = run(client, code)
    assert (result["status"], result["run_result"]["return_code"]) == ("Failed", 1)
    assert reason in result["run_result"]["stderr"]


def test_too_much_output_is_no_success(client: TestClient) -> None:
    result = run(client, "while True: print('x' * 1000)")
    assert (result["status"], result["run_result"]["return_code"]) == ("Failed", 1)


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.kill(os.getppid(), 9)",
        "__import__('so' + 'cket').socket()",
        "getattr(__import__('os'), 'fo' + 'rk')()",
        "open('/etc/passwd')",
        "open('/proc/1/environ')",
    ],
)
def test_a_hostile_program_harms_nobody(client: TestClient, code: str) -> None:
    result = run(client, code)
    assert (result["status"], result["run_result"]["return_code"] != 0) == ("Failed", True)
    assert run(client, "print(1)")["status"] == "Success"


class TestFiles:
    def test_files_are_there_and_come_back(self, client: TestClient) -> None:
        code = "text = open('data/in.txt').read()\nopen('out.txt', 'w').write(text.upper())"
        files = {"data/in.txt": base64.b64encode(b"abc").decode(), "IGNORE_THIS_FILE": "", "none": None}
        result = run(client, code, files=files, fetch_files=["out.txt", "missing.txt"])
        assert result["status"] == "Success"
        assert result["files"] == encoded(out_txt="ABC")

    def test_one_program_s_files_are_not_the_next_one_s(self, client: TestClient) -> None:
        run(client, "open('left.txt', 'w').write('x')", files=encoded(given_txt="x"))
        result = run(client, "import os\nprint(os.listdir())")
        assert result["run_result"]["stdout"] == "[]\n"

    def test_python_files_can_be_imported(self, client: TestClient) -> None:
        files = encoded(helper_py="import json\n\ndef twice(x):\n    return json.dumps(2 * x)\n")
        files["package/__init__.py"] = base64.b64encode(b"from . import inner").decode()
        files["package/inner.py"] = base64.b64encode(b"VALUE = 7").decode()
        result = run(
            client, "import helper, package\nfrom package.inner import VALUE\nprint(helper.twice(VALUE))", files=files
        )
        assert (result["status"], result["run_result"]["stdout"]) == ("Success", "14\n"), result

    def test_modules_that_only_a_file_names_are_loaded(self, client: TestClient) -> None:
        files = encoded(helper_py="import xml.etree.ElementTree as tree\nROOT = tree.fromstring('<a/>').tag\n")
        result = run(client, "import helper\nprint(helper.ROOT)", files=files)
        assert result["run_result"]["stdout"] == "a\n", result

    def test_stand_ins_of_files_that_import_numpy(self, client: TestClient) -> None:
        helper = (
            "import faulthandler\nimport numpy as np\nfaulthandler.enable()\n"
            "CLOSE = np.allclose([1.0, 2], [1.0 + 1e-9, 2])\n"
        )
        result = run(client, "import helper\nprint(helper.CLOSE)", files=encoded(helper_py=helper))
        assert result["run_result"]["stdout"] == "True\n", result

    def test_a_module_that_is_not_there(self, client: TestClient) -> None:
        result = run(client, "import nothing", files=encoded(helper_py="x = 1"))
        assert "No module named 'nothing'" in result["run_result"]["stderr"]

    @pytest.mark.parametrize("path", ["/etc/../x/" + "y" * 2000, "a\0b", ""])
    def test_a_file_that_cannot_be_made_is_the_sandbox_s_error(self, client: TestClient, path: str) -> None:
        result = run(client, "print(1)", files={path: ""})
        assert (result["status"], result["run_result"]) == ("SandboxError", None)
        assert result["message"].startswith("its files cannot be made: ")


class TestRequests:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({}, "code: is missing; text is wanted"),
            ({"code": 3}, "code: is of type int; text is wanted"),
            ({"code": "", "stdin": 3}, "stdin: is of type int; text is wanted"),
            ({"code": "", "run_timeout": "x"}, "run_timeout: is of type str; a number is wanted"),
            ({"code": "", "run_timeout": 0}, "run_timeout: is 0; more than 0 is wanted"),
            ({"code": "", "files": []}, ""),
            ({"code": "", "files": {"a": "%"}}, ""),
            ({"code": "", "fetch_files": [3]}, "fetch_files: a list of paths is wanted"),
            ([], "the body is of type list, not an object"),
        ],
    )
    def test_a_wrong_field_is_named(self, client: TestClient, body: Any, text: str) -> None:
        answer = client.post("/run_code", json=body if isinstance(body, list) else {"language": "python"} | body)
        if text:
            assert (answer.status_code, answer.json()) == (400, {"error": text})

    @pytest.mark.parametrize("language", ["cpp", "bash", 3, None])
    def test_another_language_is_the_sandbox_s_error(self, client: TestClient, language: Any) -> None:
        result = run(client, "int main() {}", language=language)
        assert (result["status"], result["run_result"]) == ("SandboxError", None)
        assert result["message"].endswith("this service runs Python only")

    def test_memory_may_only_be_less(self, client: TestClient) -> None:
        code = "x = bytearray(300 << 20)\nprint(len(x))"
        assert run(client, code, memory_limit_MB=-1)["status"] == "Success"
        assert run(client, code, memory_limit_MB=100_000)["status"] == "Success"
        assert run(client, code, memory_limit_MB=64)["status"] == "Failed"

    def test_busy_is_504_after_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("grader.service.app._TURN_S", 0.3)
        with Grader() as grader:
            service = RewardService(grader, limits=ServiceLimits(max_requests=1))
            with TestClient(service.app()) as client:
                service.enter()
                assert client.post("/run_code", json={"code": ""}).status_code == 504
                threading.Timer(0.1, service.leave).start()
                assert client.post("/run_code", json={"code": ""}).json()["status"] == "Success"

    def test_a_sandbox_that_fails_is_no_failure_of_the_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Grader() as grader, TestClient(RewardService(grader).app()) as client:
            monkeypatch.setattr("grader.service.program_runner._RUNNER", "nothing:nothing")
            service = RewardService(grader)
            with TestClient(service.app()) as broken:
                result = run(broken, "print(1)")
            assert (result["status"], result["run_result"]) == ("SandboxError", None)
            assert run(client, "print(1)")["status"] == "Success"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Grader() as grader:
        server = uvicorn.Server(uvicorn.Config(RewardService(grader).app(), port=0, log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/run_code"
        server.should_exit = True
        thread.join()


def test_many_at_a_time(address: str) -> None:
    def ask(number: int) -> str:
        code = "while True: pass" if number % 10 == 0 else "print(input())"
        body = {"code": code, "stdin": f"{number}", "language": "python", "run_timeout": 1}
        result = requests.post(address, json=body, timeout=60).json()
        assert result["run_result"] is not None, result
        return str(result["run_result"]["status"] if number % 10 == 0 else result["run_result"]["stdout"])

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(ask, range(60)))
    assert found == ["TimeLimitExceeded" if number % 10 == 0 else f"{number}\n" for number in range(60)]


class TestVerl:
    """verl's own client where it is installed, and what it sends and reads."""

    CASES: ClassVar = {"inputs": ["1\n", "2\n", "x\n"], "outputs": ["2\n", "4", ""]}
    CALLS: ClassVar = {"fn_name": "add", "inputs": ["1\n2", "[1]\n[2]"], "outputs": ["3", "[1, 2]"]}

    def test_its_own_client(self, address: str) -> None:
        package = importlib.util.find_spec("verl")
        if package is None:
            pytest.skip("verl is not installed; make test-trainers installs it")
        # The file alone: its packages import all that verl needs.
        file = Path(str(package.origin)).parent / "utils/reward_score/sandbox_fusion/utils.py"
        spec = importlib.util.spec_from_file_location("sandbox_fusion_client", file)
        assert spec is not None
        assert spec.loader is not None
        utils: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(utils)
        assert utils.check_correctness(address, self.CASES, "print(int(input()) + 1)")[0] == [True, False, -2]
        assert utils.check_correctness(address, self.CALLS, "def add(a, b):\n    return a + b\n")[0] == [True, True]
        assert utils.check_correctness(address, self.CASES, "def (")[0] == [-2, -2, -2]
        one = {"inputs": ["1\n"], "outputs": ["2\n"]}
        (endless,) = utils.check_correctness(address, one, "while True: pass", timeout=1)[0]
        # The client waits 12 s, and a busy host may not give the program its second by then.
        assert endless in {-3, -1}

    def test_what_it_sends(self, address: str) -> None:
        payload = {
            "compile_timeout": 10,
            "run_timeout": 10,
            "code": "print(int(input()) + 1)\n\n",
            "stdin": "1\n",
            "memory_limit_MB": 1024,
            "language": "python",
            "files": {},
            "fetch_files": [],
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = requests.post(address, headers=headers, data=json.dumps(payload), timeout=30)
        answer.raise_for_status()
        result = answer.json()
        assert (result["status"], result["run_result"]["status"]) == ("Success", "Finished")
        assert result["run_result"]["stdout"].rstrip("\n") == "2"
