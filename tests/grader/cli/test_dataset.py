"""``grader dataset`` as a process."""

from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.grader.tools.datasets.rows import AWS, HUMANEVAL, MBPP, PRIME
from tests.progress import without_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.s3.bucket import Bucket

    WriteLines = Callable[..., Path]


class TestConvert:
    def test_writes_rows_and_reports_their_sizes(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path
    ) -> None:
        out = tmp_path / "train.jsonl"
        ended = grader_command("dataset", "convert", str(write_lines(HUMANEVAL, MBPP, PRIME)), "--out", str(out))
        assert (ended.code, ended.err) == (0, "")
        assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["HumanEval/53", "602", "sum-1"]
        assert "3 rows written to" in ended.out
        assert re.search(r"a request may have\W+6\.00 MB", ended.out)
        assert re.search(r"with tests as mbpp\W+1\W", ended.out)

    def test_prints_json(self, grader_command: Any, write_lines: WriteLines, tmp_path: Path) -> None:
        args = ("dataset", "convert", str(write_lines(AWS)), "--out", str(tmp_path / "a"), "--json")
        ended = grader_command(*args, "--to", "sagemaker", "--batch-size", "128", "--completion-kb", "8")
        document = json.loads(ended.out)
        assert (ended.code, document["rows"], document["formats"]) == (0, 1, {"aws_code": 1})
        assert (document["payload"]["limit"], document["payload"]["batch_size"]) == (6 * 1024 * 1024, 128)
        assert 128 * 8 * 1024 < document["payload"]["largest_batch"] < 128 * 9 * 1024

    def test_converted_rows_can_be_graded(self, grader_command: Any, write_lines: WriteLines, tmp_path: Path) -> None:
        out = tmp_path / "train.jsonl"
        grader_command("dataset", "convert", str(write_lines(HUMANEVAL, MBPP)), "--out", str(out))
        samples = []
        for line, code in zip(
            out.read_text().splitlines(), [HUMANEVAL["canonical_solution"], MBPP["code"]], strict=True
        ):
            row = json.loads(line)
            row["messages"].append({"role": "assistant", "content": f"```python\n{code}```"})
            samples.append(row)
        ended = grader_command("grade", str(write_lines(*samples, name="answers.jsonl")), "--json")
        assert json.loads(ended.out)["metrics"]["functional"]["mean"] == 1.0

    def test_large_tests_go_to_s3_and_are_graded_from_there(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path, bucket: Bucket
    ) -> None:
        out, prefix = tmp_path / "train.jsonl", f"s3://{bucket.name}/large"
        large = {
            **MBPP,
            "task_id": 900,
            "test_list": [*MBPP["test_list"], f"assert first_repeated_char({'x' * 80_000!r}) == 'x'"],
        }
        args = ("dataset", "convert", str(write_lines(MBPP, large)), "--out", str(out), "--json")
        assert grader_command(*args).code == 1
        ended = grader_command(*args, "--tests-to", prefix)
        document = json.loads(ended.out)
        assert (ended.code, ended.err) == (0, "")
        assert (document["rows"], document["moved"], document["payload"]["too_large"]) == (2, 1, 0)
        assert document["payload"]["largest_batch"] <= document["payload"]["limit"]
        small, moved = map(json.loads, out.read_text().splitlines())
        assert "test_list" in small["reference_answer"]
        assert moved["reference_answer"]["s3_uri"].startswith(f"{prefix}/")
        samples = []
        for name, code in {"right": MBPP["code"], "wrong": "def first_repeated_char(text):\n    return 41\n"}.items():
            turns = [*moved["messages"], {"role": "assistant", "content": f"```python\n{code}```"}]
            samples.append({**moved, "id": name, "messages": turns})
        results = tmp_path / "results.jsonl"
        ended = grader_command("grade", str(write_lines(*samples, name="answers.jsonl")), "--out", str(results))
        assert (ended.code, ended.err) == (0, "")
        right, wrong = map(json.loads, results.read_text().splitlines())
        tests = len(large["test_list"])
        assert [(metric["value"]) for metric in right["metrics_list"] if metric["name"] == "tests_passed"] == [tests]
        assert right["aggregate_reward_score"] > 0.8 > wrong["aggregate_reward_score"]
        again = tmp_path / "again.jsonl"
        ended = grader_command("dataset", "convert", str(out), "--out", str(again), "--json", "--tests-to", prefix)
        assert json.loads(ended.out)["moved"] == 1
        assert json.loads(again.read_text().splitlines()[1])["reference_answer"] == moved["reference_answer"]
        ended = grader_command("dataset", "check", str(write_lines({**moved, "code": MBPP["code"]})), "--json")
        document = json.loads(ended.out)
        assert (ended.code, document["solutions"], document["passing"], document["findings"]) == (0, 1, 1, [])

    def test_follows_templates(self, grader_command: Any, write_lines: WriteLines, tmp_path: Path) -> None:
        (tmp_path / "system.txt").write_text("Be brief.")
        (tmp_path / "user.txt").write_text("Task: {prompt}\n\n{interface}")
        out = tmp_path / "train.jsonl"
        args = ("--system-prompt", str(tmp_path / "system.txt"), "--user-prompt", str(tmp_path / "user.txt"))
        ended = grader_command("dataset", "convert", str(write_lines(MBPP)), "--out", str(out), *args)
        assert ended.code == 0
        system, user = json.loads(out.read_text())["messages"]
        assert system["content"] == "Be brief."
        assert user["content"] == f"Task: {MBPP['prompt']}\n\nDefine `first_repeated_char(text)`."

    def test_bad_rows_are_named_and_the_others_written(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path
    ) -> None:
        path = write_lines(MBPP, "{oops", "", {"colour": "red"}, MBPP | {"test_list": "no"}, HUMANEVAL)
        out = tmp_path / "train.jsonl"
        ended = grader_command("dataset", "convert", str(path), "--out", str(out))
        assert ended.code == 2
        places = [f"{path}:2", f"{path}:4", f"{path}:5 (602)"]
        assert [line.partition(": ")[0] for line in ended.complaints] == places
        assert ended.complaints[0].startswith(f"{path}:2: is not JSON: ")
        assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["602", "HumanEval/53"]

    def test_rows_too_large_for_a_batch_are_listed(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path
    ) -> None:
        large = PRIME | {"id": "large", "inputs": ["1 " * 60_000, "3 4\n"]}
        path = write_lines(PRIME, large)
        ended = grader_command("dataset", "convert", str(path), "--out", str(tmp_path / "a"))
        assert ended.code == 1
        assert "1 rows are too large for batches of 64" in ended.out
        assert re.search(r"large\W+1\d\d\.\d KB\W+4\d\W", ended.out)
        ended = grader_command("dataset", "convert", str(path), "--out", str(tmp_path / "a"), "--batch-size", "16")
        assert ended.code == 0

    def test_rows_may_come_from_standard_input(self, grader_command: Any, tmp_path: Path) -> None:
        out = tmp_path / "train.jsonl"
        raw = gzip.compress(json.dumps([MBPP, HUMANEVAL]).encode())
        ended = grader_command("dataset", "convert", "-", "--out", str(out), stdin=raw)
        assert (ended.code, len(out.read_text().splitlines())) == (0, 2)

    def test_a_row_of_two_formats_wants_one_named(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path
    ) -> None:
        path = str(write_lines({**HUMANEVAL, "test_list": MBPP["test_list"]}))
        ended = grader_command("dataset", "convert", path, "--out", str(tmp_path / "a"))
        assert ended.code == 2
        assert "could be humaneval, mbpp: name its format" in ended.complaints[0]
        assert not (tmp_path / "a").exists()
        ended = grader_command("dataset", "convert", path, "--out", str(tmp_path / "a"), "--format", "mbpp")
        assert ended.code == 0


class TestMistakes:
    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            (b"", "holds no rows; give one JSON object on each line"),
            (b"[]", "holds no rows; give a JSON list of objects, or one object a line"),
            (b"[1, 2", "is not JSON: Expecting ',' delimiter at character 6"),
            (b"\x1f\x8bbroken", "damaged gzip data"),
            (b'{"colour": "red"}\n', "none of its 1 rows can be converted; nothing was written"),
            (b"\xff\xfe{", "is UTF-16 or UTF-32; JSON lines are UTF-8"),
        ],
    )
    def test_in_a_file_are_reported_in_one_line_and_leave_nothing_behind(
        self, grader_command: Any, tmp_path: Path, raw: bytes, message: str
    ) -> None:
        path = tmp_path / "rows.json"
        path.write_bytes(raw)
        ended = grader_command("dataset", "convert", str(path), "--out", str(tmp_path / "out.jsonl"))
        assert (ended.code, ended.out) == (2, "")
        assert ended.complaints[-1].startswith(f"grader: {path}")
        assert ended.complaints[-1].endswith(message)
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("convert", "missing.jsonl", "--out", "a"), "grader: missing.jsonl: no such file or directory"),
            (("convert", "/", "--out", "a"), "grader: /: is a directory"),
            (("convert", "-", "--out", "/"), "grader: /: is a directory"),
            (("convert", "-", "--out", "/no/such/place"), "grader: /no/such/place: No such file or directory"),
            (("convert", "-", "--out", "a", "--format", "mbp"), "grader: there is no format 'mbp'; did you mean mbpp?"),
            (("check", "-", "--format", "mbp"), "grader: there is no format 'mbp'; did you mean mbpp?"),
            (("check", "missing.jsonl"), "grader: missing.jsonl: no such file or directory"),
            (("check", "-", "--config", "missing.toml"), "grader: missing.toml: No such file or directory"),
            (
                ("convert", "-", "--out", "a", "--system-prompt", "missing.txt"),
                "grader: missing.txt: No such file or directory",
            ),
        ],
    )
    def test_in_the_arguments_are_reported_in_one_line(
        self, grader_command: Any, args: tuple[str, ...], message: str
    ) -> None:
        ended = grader_command("dataset", *args)
        assert (ended.code, ended.out, ended.complaints) == (2, "", [message])

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("convert", "-"), "Missing option '--out'"),
            (("convert", "-", "--out", "a", "--to", "no-trainer"), "Invalid value for '--to'"),
            (("convert", "-", "--out", "a", "--batch-size", "0"), "Invalid value for '--batch-size'"),
            (("check", "-", "--repeat", "0"), "Invalid value for '--repeat'"),
            (("check", "-", "--guessable", "2"), "Invalid value for '--guessable'"),
        ],
    )
    def test_of_usage_name_the_option(self, grader_command: Any, args: tuple[str, ...], message: str) -> None:
        ended = grader_command("dataset", *args)
        assert ended.code == 2
        assert message in ended.err

    def test_a_damaged_file_leaves_the_old_output_unchanged(self, grader_command: Any, tmp_path: Path) -> None:
        path, out = tmp_path / "rows.jsonl.gz", tmp_path / "out.jsonl"
        path.write_bytes(gzip.compress((json.dumps(MBPP) + "\n").encode() * 2000)[:-50])
        out.write_text("old")
        ended = grader_command("dataset", "convert", str(path), "--out", str(out))
        assert ended.code == 2
        assert re.fullmatch(rf"grader: {re.escape(str(path))}:\d+: damaged gzip data", ended.complaints[-1])
        assert out.read_text() == "old"
        assert sorted(tmp_path.iterdir()) == [out, path]

    def test_an_interrupt_leaves_nothing_behind(self, tmp_path: Path) -> None:
        out = tmp_path / "out.jsonl"
        command = [sys.executable, "-m", "grader.cli", "dataset", "convert", "-", "--out", str(out)]
        running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert running.stdin is not None
        running.stdin.write((json.dumps(MBPP) + "\n").encode() * 100)
        running.stdin.flush()
        for _ in range(600):
            if list(tmp_path.iterdir()):
                break
            time.sleep(0.05)
        assert list(tmp_path.iterdir())
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=30)
        assert (running.returncode, stdout, without_progress(stderr)) == (130, b"", b"")
        assert list(tmp_path.iterdir()) == []


class TestCheck:
    def test_good_rows_have_no_findings(self, grader_command: Any, write_lines: WriteLines) -> None:
        ended = grader_command("dataset", "check", str(write_lines(HUMANEVAL, MBPP, PRIME, AWS)))
        assert (ended.code, ended.err) == (0, "")
        assert re.search(r"4 rows checked in \d+\.\d s", ended.out)
        assert re.search(r"solutions that pass every test\W+4 of 4\W", ended.out)
        assert "findings" not in ended.out

    def test_findings_are_listed(self, grader_command: Any, write_lines: WriteLines) -> None:
        wrong = MBPP | {"task_id": "\x1b[31m7", "code": "def first_repeated_char(text):\n    return text[0]\n"}
        ended = grader_command("dataset", "check", str(write_lines(MBPP, "{oops", wrong)), "--repeat", "1")
        assert (ended.code, ended.err) == (1, "")
        assert "\x1b" not in ended.out
        assert "3 findings" in ended.out
        assert re.search(r"2 +│ +│ broken +│ is not JSON", ended.out)
        assert re.search(r"3 +│ \\x1b\[31m7 +│ broken +│ solution 1 fails 1 of 3 tests", ended.out)
        assert re.search(r"broken\W+2\W", ended.out)
        assert re.search(r"duplicate\W+1\W", ended.out)

    def test_prints_json(self, grader_command: Any, write_lines: WriteLines) -> None:
        path = write_lines(MBPP, {"colour": "red"})
        ended = grader_command("dataset", "check", str(path), "--json")
        document = json.loads(ended.out)
        assert (ended.code, document["rows"], document["counts"]["broken"]) == (1, 2, 1)
        assert (document["findings"][0]["kind"], document["findings"][0]["row"]) == ("broken", 2)
        assert document["elapsed_s"] > 0

    def test_takes_settings(self, grader_command: Any, write_lines: WriteLines) -> None:
        row = PRIME | {"solutions": ["import time\ntime.sleep(2)\nprint(sum(map(int, input().split())))"]}
        path = str(write_lines(row))
        env = {"GRADER_LIMITS_WALL_S": "0.2"}
        assert grader_command("dataset", "check", path, "--repeat", "1", env=env).code == 1

    def test_findings_before_the_end_of_a_damaged_file_are_shown(self, grader_command: Any, tmp_path: Path) -> None:
        path = tmp_path / "rows.jsonl.gz"
        lines = "".join(json.dumps({"colour": number}) + "\n" for number in range(20_000))
        path.write_bytes(gzip.compress(lines.encode())[:-50])
        ended = grader_command("dataset", "check", str(path), "--json")
        assert ended.code == 2
        assert re.fullmatch(rf"{re.escape(str(path))}:\d+: damaged gzip data", ended.complaints[-1])
        document = json.loads(ended.out)
        assert document["rows"] == document["counts"]["broken"] > 1000
        assert document["broke_off"] == ended.complaints[-1]

    def test_reports_progress_in_plain_lines_elsewhere(self, grader_command: Any, write_lines: WriteLines) -> None:
        slow = {**MBPP, "code": f"import time\ntime.sleep(0.8)\n{MBPP['code']}"}
        ended = grader_command("dataset", "check", str(write_lines(slow)))
        assert ended.progress
        assert re.fullmatch(
            r"progress: (starting|\d+ rows, \d+ findings, \d+ answers graded)( \(\d+ %\))?\n", ended.progress[-1]
        )

    def test_shows_progress_on_a_terminal(self, on_a_terminal: Any, write_lines: WriteLines) -> None:
        code, out, seen = on_a_terminal("dataset", "check", str(write_lines(MBPP)))
        assert code == 0
        assert b"1 rows, 0 findings" in seen
        assert b"\x1b" not in out
