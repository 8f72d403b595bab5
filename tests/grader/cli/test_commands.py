"""The command line as a process with arguments, streams, and an exit code."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli.main import LazyCommands
from tests.progress import without_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Event = dict[str, Any]
    WriteLines = Callable[..., Path]

LOOP = "```python\ndef add(a, b):\n    while True:\n        pass\n```\n"


@pytest.fixture
def hostile() -> str:
    return (
        "```python\n"
        "# [bold red]markup[/] :smile: [/nothing]\n"
        "# title \x1b]0;owned\x07 colour \x1b[31m bell \x07 c1 \x9b31m del \x7f\n"
        "# direction \u202e\u2066 width \u200b break \u2028 carriage\rreturn\n"
        "def add(a, b):\n"
        "    raise ValueError('\\x1b]0;owned\\x07[bold]')\n"
        "```\n"
    )


class TestGrade:
    def test_prints_a_summary(self, grader_command: Any, write_lines: WriteLines, right: Event, wrong: Event) -> None:
        ended = grader_command("grade", str(write_lines(right, wrong)))
        assert (ended.code, ended.err) == (0, "")
        assert "2 samples" in ended.out
        assert re.search(r"reward\W+0\.8\d\d\W", ended.out)
        assert re.search(r"passed\W+3\W+75\.0 %", ended.out)
        assert re.search(r"wrong_answer\W+1\W+25\.0 %", ended.out)
        assert "Slowest samples" in ended.out

    def test_prints_json(self, grader_command: Any, write_lines: WriteLines, right: Event, wrong: Event) -> None:
        ended = grader_command("grade", "--json", str(write_lines(right, wrong)))
        assert (ended.code, ended.err) == (0, "")
        summary = json.loads(ended.out)
        assert (summary["samples"], summary["scored"], summary["unscored"], summary["unreadable"]) == (2, 2, 0, 0)
        assert summary["reward"]["max"] == 1.0
        assert summary["metrics"]["functional"]["mean"] == 0.75
        assert summary["verdicts"] == {"passed": 3, "wrong_answer": 1}
        assert {slow["id"] for slow in summary["slowest"]} == {"right", "wrong"}

    def test_bad_lines_are_named_and_the_others_graded(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path, right: Event, wrong: Event
    ) -> None:
        no_shape = right | {"id": "odd", "reference_answer": {"colour": "red"}}
        no_reference = right | {"id": "bare", "reference_answer": None}
        path = write_lines(right, "{oops", "", "[1]", no_shape, no_reference, wrong)
        out = tmp_path / "out.jsonl"
        ended = grader_command("grade", str(path), "--out", str(out))
        assert ended.code == 2
        starts = [f"{path}:2: sample: is not JSON: ", f"{path}:4: sample: is of type list"]
        starts += [f"{path}:5: sample odd: reference_answer: ", f"{path}:6: sample bare: reference_answer: not found"]
        assert len(ended.complaints) == len(starts)
        assert all(line.startswith(start) for line, start in zip(sorted(ended.complaints), starts, strict=True))
        results = [json.loads(line) for line in out.read_text().splitlines()]
        assert [result["line"] for result in results] == [1, 2, 4, 5, 6, 7]
        assert [result["status"] for result in results] == ["scored", *["unscored"] * 4, "scored"]
        assert [result["id"] for result in results] == ["right", "sample-1", "sample-3", "odd", "bare", "wrong"]
        assert len({tuple(metric["name"] for metric in result["metrics_list"]) for result in results}) == 1
        assert results[0]["aggregate_reward_score"] == 1.0
        assert "4 of them unscored" in ended.out

    @pytest.mark.parametrize("packed", [False, True])
    def test_takes_standard_input(self, grader_command: Any, right: Event, packed: bool) -> None:
        raw = json.dumps(right).encode()
        ended = grader_command("grade", "-", "--json", stdin=gzip.compress(raw) if packed else raw)
        assert ended.code == 0
        assert json.loads(ended.out)["reward"]["mean"] == 1.0

    def test_names_standard_input(self, grader_command: Any) -> None:
        ended = grader_command("grade", "-", stdin=b"nonsense\n")
        assert (ended.code, ended.complaints) == (
            2,
            ["<stdin>:1: sample: is not JSON: Expecting value at character 1"],
        )

    def test_a_deadline_leaves_the_rest_unscored(
        self, grader_command: Any, write_lines: WriteLines, right: Event
    ) -> None:
        path = write_lines(*(right | {"id": number} for number in range(3)))
        ended = grader_command("grade", str(path), "--deadline", "0", "--json")
        assert ended.code == 1
        assert json.loads(ended.out)["unscored"] == 3

    def test_settings_change_the_reward(
        self, grader_command: Any, write_lines: WriteLines, tmp_path: Path, wrong: Event
    ) -> None:
        config = tmp_path / "grader.toml"
        config.write_text("[reward]\nsyntax = 0.0\nfunctional = 1.0\nstyle = 0.0\n")
        ended = grader_command("grade", str(write_lines(wrong)), "--config", str(config), "--json")
        assert json.loads(ended.out)["reward"]["mean"] == 0.5
        env = {"GRADER_REWARD_CREDIT": "all"}
        ended = grader_command("grade", str(write_lines(wrong)), "--config", str(config), "--json", env=env)
        assert json.loads(ended.out)["reward"]["mean"] == 0.0

    def test_shows_progress_on_a_terminal_only(self, on_a_terminal: Any, write_lines: WriteLines, right: Event) -> None:
        code, out, seen = on_a_terminal("grade", str(write_lines(right)))
        assert code == 0
        assert b"1 graded, mean reward 1.000" in seen
        assert b"graded" not in out
        assert b"\x1b" not in out

    def test_is_silent_when_its_output_is_closed(self, write_lines: WriteLines, right: Event) -> None:
        command = [sys.executable, "-m", "grader.cli", "grade", str(write_lines(right))]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert without_progress(running.stderr.read()) == b""
        assert running.wait(60) != 0
        running.stderr.close()

    def test_an_interrupt_ends_it_and_all_it_started(
        self, write_lines: WriteLines, tmp_path: Path, right: Event
    ) -> None:
        slow = right | {"id": "slow", "messages": [{"role": "assistant", "content": LOOP}]}
        slow["reference_answer"] = right["reference_answer"] | {"limits": {"cpu_s": 60, "total_cpu_s": 60}}
        out = tmp_path / "out.jsonl"
        command = [sys.executable, "-m", "grader.cli", "grade", str(write_lines(right, slow)), "--out", str(out)]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"GRADER_WORKERS": "1"}
        )
        for _ in range(600):
            if out.exists() and out.read_text():
                break
            time.sleep(0.05)
        time.sleep(0.5)
        started = descendants(running.pid)
        assert started
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=30)
        assert running.returncode == 130
        assert (stdout, without_progress(stderr)) == (b"", b"interrupted after 1 samples\n")
        assert json.loads(out.read_text())["id"] == "right"
        for _ in range(100):
            if not any(is_alive(pid) for pid in started):
                break
            time.sleep(0.05)
        assert not any(is_alive(pid) for pid in started)


class TestMistakes:
    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("grade", "missing.jsonl"), "grader: missing.jsonl: no such file or directory"),
            (("grade", "/"), "grader: /: is a directory"),
            (("grade", "/dev/null"), "grader: /dev/null: holds no samples; give one JSON object on each line"),
            (("grade", "-", "--out", "/"), "grader: /: Is a directory"),
            (("grade", "-", "--config", "missing.toml"), "grader: missing.toml: No such file or directory"),
            (("explain", "missing.jsonl", "--id", "a"), "grader: missing.jsonl: no such file or directory"),
            (("doctor", "--config", "/dev/null/a"), "grader: /dev/null/a: Not a directory"),
        ],
    )
    def test_are_reported_in_one_line(self, grader_command: Any, args: tuple[str, ...], message: str) -> None:
        ended = grader_command(*args)
        assert (ended.code, ended.out, ended.complaints) == (2, "", [message])

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("grade",), "Missing argument 'FILE'"),
            (("grade", "-", "--nonsense"), "No such option: --nonsense"),
            (("grade", "-", "--deadline", "soon"), "Invalid value for '--deadline'"),
            (("grade", "-", "--deadline", "-1"), "Invalid value for '--deadline'"),
            (("explain", "-"), "give either --id or --line"),
            (("explain", "-", "--id", "a", "--line", "1"), "give either --id or --line"),
            (("nonsense",), "No such command 'nonsense'"),
        ],
    )
    def test_of_usage_print_the_usage(self, grader_command: Any, args: tuple[str, ...], message: str) -> None:
        ended = grader_command(*args)
        assert (ended.code, ended.out) == (2, "")
        assert ended.complaints[0].startswith("Usage: grader")
        assert message in ended.complaints[-1]

    def test_in_the_settings_name_the_key(self, grader_command: Any, tmp_path: Path) -> None:
        config = tmp_path / "grader.toml"
        config.write_text("[reward]\nsyntaxx = 1\n")
        ended = grader_command("doctor", "--config", str(config))
        assert ended.code == 2
        assert "syntaxx" in ended.complaints[-1]
        ended = grader_command("doctor", env={"GRADER_WORKERS": "many"})
        assert ended.code == 2
        assert "GRADER_WORKERS" in ended.complaints[-1]

    def test_in_a_name_cannot_control_the_terminal(self, grader_command: Any) -> None:
        ended = grader_command("grade", "\x1b]0;owned\x07")
        assert ended.code == 2
        assert ended.complaints == [r"grader: \x1b]0;owned\x07: no such file or directory"]


class TestExplain:
    def test_shows_how_the_reward_adds_up(self, grader_command: Any, write_lines: WriteLines, wrong: Event) -> None:
        ended = grader_command("explain", str(write_lines(wrong)), "--id", "wrong")
        assert (ended.code, ended.err) == (0, "")
        assert "return a - b" in ended.out
        assert "tagged_fence" in ended.out
        assert "Tests: 1 of 2 passed" in ended.out
        assert re.search(r"add\(1, 2\)\W+wrong_answer", ended.out)
        assert re.search(r"functional\W+0\.5\W+0\.500\W+0\.250", ended.out)

    def test_as_json(self, grader_command: Any, write_lines: WriteLines, right: Event, wrong: Event) -> None:
        ended = grader_command("explain", str(write_lines(right, "", wrong)), "--line", "3", "--json")
        assert (ended.code, ended.err) == (0, "")
        document = json.loads(ended.out)
        assert (document["id"], document["line"], document["status"]) == ("wrong", 3, "scored")
        assert [test["verdict"] for test in document["tests"]] == ["wrong_answer", "passed"]
        assert sum(part["contribution"] for part in document["parts"]) == pytest.approx(document["reward"])
        assert "return a - b" in document["answer"]

    def test_finds_ids_that_are_not_text(self, grader_command: Any, write_lines: WriteLines, right: Event) -> None:
        path = write_lines(right | {"id": 7}, right | {"id": {"k": 1}})
        for name, line in (("7", 1), ('{"k": 1}', 2)):
            assert json.loads(grader_command("explain", str(path), "--id", name, "--json").out)["line"] == line

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [
            ("--id", "nobody", "no sample has the id nobody"),
            ("--line", "2", "there is no sample on line 2"),
            ("--line", "99", "there is no sample on line 99"),
        ],
    )
    def test_reports_a_sample_that_does_not_exist(
        self, grader_command: Any, write_lines: WriteLines, right: Event, option: str, value: str, message: str
    ) -> None:
        path = write_lines(right, "", right)
        ended = grader_command("explain", str(path), option, value)
        assert (ended.code, ended.out, ended.complaints) == (2, "", [f"grader: {path}: {message}"])

    def test_a_line_that_is_not_a_sample_is_a_mistake(self, grader_command: Any, write_lines: WriteLines) -> None:
        path = write_lines("{oops")
        ended = grader_command("explain", str(path), "--line", "1")
        assert ended.code == 2
        assert ended.complaints[0].startswith(f"{path}:1: sample: is not JSON")

    @pytest.mark.parametrize("env", [{}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}])
    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_nothing_in_an_answer_reaches_the_terminal(
        self,
        grader_command: Any,
        write_lines: WriteLines,
        right: Event,
        hostile: str,
        env: dict[str, str],
        options: tuple[str, ...],
    ) -> None:
        sample_id = "\x1b]0;owned\x07[red]"
        event = right | {"id": sample_id, "messages": [{"role": "assistant", "content": hostile}]}
        ended = grader_command("explain", str(write_lines(event)), "--line", "1", *options, env=env)
        assert ended.code == 0
        text = re.sub(r"\x1b\[[0-9;]*m", "", ended.out) if env else ended.out
        assert all(char == "\n" or char.isprintable() for char in text)
        if not options:
            assert "[bold red]markup[/] :smile: [/nothing]" in text
            assert r"title \x1b]0;owned\x07 colour \x1b[31m" in text
            assert r"\u202e\u2066" in text
        else:
            assert json.loads(ended.out)["id"] == sample_id


class TestDoctor:
    def test_shows_the_isolation_layers(self, grader_command: Any) -> None:
        ended = grader_command("doctor")
        assert (ended.code, ended.err) == (0, "")
        assert re.search(r"rlimits\W+Kernel limits on CPU time", ended.out)
        assert re.search(r"Isolation: tier \w+ \(\d of 3\), \d+ of 11 layers active", ended.out)
        assert "learn no expected value" in ended.out

    def test_says_what_a_lower_tier_allows_and_how_to_get_more(self, grader_command: Any) -> None:
        ended = grader_command("doctor", env={"GRADER_ISOLATION": "rlimit"})
        assert "tier rlimit (1 of 3)" in ended.out
        assert "What is missing" in ended.out
        assert "Allows (seccomp): " in ended.out
        assert "setting isolation" in ended.out

    def test_as_json(self, grader_command: Any) -> None:
        document = json.loads(grader_command("doctor", "--json").out)
        assert document["lanes"] == 1
        assert document["tier"]
        assert {"name": "rlimits", "stands": True, "reason": ""} in document["walls"]

    @pytest.mark.long  # the kit and the attack suite have tests of their own
    @pytest.mark.timeout(900)
    def test_runs_every_attack_and_reports_the_result(self, grader_command: Any) -> None:
        ended = grader_command("doctor", "--attack", "--json", env={"GRADER_WORKERS": "2"}, timeout_s=880)
        found = json.loads(ended.out)["conformance"]
        assert (ended.code, ended.err, found["held"], found["not_held"]) == (0, "", True, [])
        assert set(found["families"]["control"]) == {"held"}
        suite = json.loads(ended.out)["cases"]
        assert (suite["held"], suite["not_held"]) == (True, [])


class TestOthers:
    def test_demo_prints_samples_that_grade_takes(self, grader_command: Any) -> None:
        printed = grader_command("demo", "--samples")
        assert (printed.code, printed.err) == (0, "")
        samples = [json.loads(line) for line in printed.out.splitlines()]
        first = printed.out.splitlines()[0].encode()
        assert json.loads(grader_command("grade", "-", "--json", stdin=first).out)["samples"] == 1
        assert len({sample["id"] for sample in samples}) == len(samples) >= 30

    def test_demo_prints_a_row_for_each(self, grader_command: Any) -> None:
        ended = grader_command("demo", env={"GRADER_WORKERS": "2"})
        assert (ended.code, ended.err) == (0, "")
        assert re.search(r"tank_days/right_body_only\W+1\.000", ended.out)
        assert re.search(r"bus_load/hack_forks\W+0\.000", ended.out)

    def test_version(self, grader_command: Any) -> None:
        ended = grader_command("version")
        assert ended.code == 0
        assert ended.out.startswith(f"rlvr-code-grader {metadata.version('rlvr-code-grader')}, CPython 3.")

    def test_help_names_every_command(self, grader_command: Any) -> None:
        ended = grader_command("--help")
        assert ended.code == 0
        assert all(f"\n  {name} " in ended.out for name in LazyCommands().list_commands(None))
        for command in ("grade", "dataset", "job"):
            ended = grader_command(command, "--help")
            assert (ended.code, ended.err) == (0, "")
            assert "completion" not in ended.out

    def test_output_that_cannot_be_written_is_an_error(self) -> None:
        with open("/dev/full", "w") as full:
            command = [sys.executable, "-m", "grader.cli", "demo", "--samples"]
            ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        assert ended.returncode == 1
        assert without_progress(ended.stderr) == b"grader: No space left on device\n"


def descendants(pid: int) -> set[int]:
    found = {pid}
    grown = True
    while grown:
        children = {child for child, parent in parents() if parent in found}
        grown = not children <= found
        found |= children
    return found - {pid}


def parents() -> list[tuple[int, int]]:
    pairs = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - only names are needed
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    pairs.append((int(name), int(file.read().rpartition(")")[2].split()[1])))
            except OSError:
                continue
    return pairs


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
