"""What is slow to import, or touches answers, is not imported by the grader's process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sandbox
from grader.cli.main import LazyCommands

LIBRARIES = (
    "black",
    "blib2to3",
    "pyflakes",
    "RestrictedPython",
    "boto3",
    "botocore",
    "typer",
    "click",
    "rich",
    "pydantic",
)
UNSEEN = (
    *LIBRARIES,
    "sandbox.processes",
    "testcases.caught",
    "testcases.describe",
    "testcases.in_process",
    "testcases.kinds",
    "testcases.proxies",
    "testcases.pytest_runner",
    "testcases.run",
    "testcases.signals",
    "testcases.solution",
    "testcases.solution_client",
    "testcases.watchdog",
    "asyncio",
    "pytest",
    "grader.background",
    "grader.references.documents",
    "grader.references.fetch",
    "grader.references.folder",
    "grader.references.s3",
    "grader.references.store",
    "tomllib",
    "difflib",
    "secrets",
)


def loaded_by(statement: str, *flags: str) -> set[str]:
    """Modules a fresh interpreter has loaded after a statement."""
    program = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    ended = subprocess.run(
        [sys.executable, *flags, "-c", program], capture_output=True, check=True, timeout=60, text=True
    )
    return set(ended.stdout.split())


def unseen_in(loaded: set[str], *more: str) -> set[str]:
    """What of it the grader's process should not have loaded."""
    return {name for name in loaded for one in (*UNSEEN, *more) if name == one or name.startswith(f"{one}.")}


@pytest.mark.parametrize(
    "statement",
    [
        "import grader.handler",
        "import grader.core.grader",
        "import grader.handler; grader.handler.Handler({}).close()",
        "from grader.core.grader import Grader; Grader().close()",
    ],
)
def test_the_grader_s_process_stays_light(statement: str) -> None:
    loaded = loaded_by(statement)
    assert "sandbox.sandbox" in loaded
    assert unseen_in(loaded) == set()


def test_the_processes_are_launched_before_the_rest_is_loaded() -> None:
    """They start beside it, so what is not needed to launch them is not to hold that up."""
    later = (
        "grader.core.grader",
        "grader.lambda_api.service",
        "grader.extraction",
        "grader.lambda_api",
        "testcases.formats",
        "tomllib",
    )
    launching = (
        "from sandbox.sandbox import Sandbox\n"
        "launch = Sandbox.launch\n"
        "def launch_and_stop(self, workers=1):\n"
        "    launch(self, workers)\n"
        "    print('\\n'.join(sys.modules), flush=True)\n"
        "    self.close()\n"
        "    raise SystemExit\n"
        "Sandbox.launch = launch_and_stop\n"
        "import grader.handler\n"
        "grader.handler.lambda_handler([], None)\n"
        "raise AssertionError('nothing was launched')"
    )
    loaded = loaded_by(launching)
    assert "grader.handler" in loaded
    assert unseen_in(loaded, *later) == set()


def test_the_launcher_loads_next_to_nothing() -> None:
    """Every start waits for it."""
    flags = ("-I", "-S")
    path = f"sys.path += {[str(Path(sandbox.__path__[0]).parent)]!r}\n"
    slow = {"ast", "collections", "dataclasses", "enum", "functools", "inspect", "json", "re", "socket", "typing"}
    own = loaded_by(
        f"{path}from sandbox.processes import base_frame; from sandbox.processes.zygote import launcher",
        *flags,
    ) - loaded_by("pass", *flags)
    assert "sandbox.isolation.tiers" in own
    assert own.isdisjoint({*slow, "ctypes"})
    layers = "from sandbox.isolation import landlock, namespaces, no_new_privs, orphans, seccomp"
    loaded = loaded_by(path + layers, *flags)
    assert "ctypes" in loaded
    assert loaded.isdisjoint(slow)


@pytest.mark.parametrize(
    ("roles", "absent"),
    [
        (("harness.harness", "solution.process"), ("sandbox.wire.analysis", "sandbox.processes.analyzer")),
        (("analyzer.analyzer",), ("sandbox.wire.jobs", "sandbox.processes.harness", "sandbox.processes.solution")),
    ],
    ids=["solutions", "analyzers"],
)
def test_a_zygote_loads_only_what_its_children_need(roles: tuple[str, ...], absent: tuple[str, ...]) -> None:
    """Each module that a zygote loads is in the memory of every child, and is one more thing an answer may find."""
    modules = ("zygote.zygote", *roles)
    loaded = loaded_by("import " + ", ".join(f"sandbox.processes.{name}" for name in modules))
    assert "sandbox.wire.values" in loaded
    outside = ("sandbox.types", "sandbox.sandbox", "sandbox.scheduler", "sandbox.conformance", *absent)
    assert {name for name in loaded for one in outside if name == one or name.startswith(f"{one}.")} == set()


def test_types_of_the_sandbox_load_no_codec() -> None:
    """Settings need a few of them, and are read where no value is ever encoded."""
    loaded = loaded_by("import sandbox.types")
    assert "sandbox.wire.analysis" in loaded
    assert loaded.isdisjoint({"sandbox.wire.values", "sandbox.wire.jobs", "decimal", "fractions", "base64"})


def test_the_command_line_loads_no_tools_of_the_analyzer() -> None:
    loaded = loaded_by("import grader.cli.main")
    assert "typer" in loaded
    assert loaded.isdisjoint({"black", "pyflakes", "RestrictedPython", "boto3", "sandbox.processes"})


def test_modules_for_aws_load_neither_the_client_nor_the_command_line() -> None:
    modules = ("client", "errors", "lambda_function", "retry")
    loaded = loaded_by("import " + ", ".join(f"grader.aws.{name}" for name in modules))
    assert "grader.aws.errors" in loaded
    assert {name for name in loaded if name.partition(".")[0] in LIBRARIES} == set()


def test_a_command_loads_no_other() -> None:
    loaded = loaded_by("from grader.cli.main import app\napp(['version'], standalone_mode=False)")
    assert "grader.cli.version" in loaded
    others = {name for name in LazyCommands().list_commands(None) if name != "version"}
    assert len(others) > 1
    assert loaded.isdisjoint({f"grader.cli.{name}" for name in others})
    assert loaded.isdisjoint({"grader.tools.datasets.tasks", "grader.core.grader", "grader.lambda_api"})


def test_grading_loads_nothing_more() -> None:
    sample = {
        "messages": [{"role": "assistant", "content": "```python\ndef f(x):\n    return x\n```"}],
        "reference_answer": {
            "entry_point": "f",
            "tests": [{"args": [1], "expected": 1}, {"assert": "assert f(2) == 2"}],
        },
    }
    statement = (
        "from grader.handler import Handler\n"
        "handler = Handler({'GRADER_WORKERS': '1'})\n"
        f"(result,) = handler.handle([{sample!r}], None)\n"
        "assert result['aggregate_reward_score'] > 0.9, result\n"
        "handler.close()"
    )
    assert unseen_in(loaded_by(statement)) == set()
