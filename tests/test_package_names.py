"""Another package of the name of one of ours is named in one line, with both places."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import grader
import rlvr_code_grader
import sandbox

HOME = Path(sandbox.__path__[0]).parent


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that searches a folder for packages before ours."""
    environ = {**os.environ, "PYTHONPATH": f"{folder}:{HOME}"}
    return subprocess.run(
        [sys.executable, *arguments], env=environ, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def make_package(folder: Path, name: str, shape: str) -> Path:
    if shape == "module":
        path = folder / f"{name}.py"
        path.write_text("")
        return path
    path = folder / name
    path.mkdir()
    (path / "__init__.py").write_text("")
    return path


@pytest.mark.parametrize("shape", ["package", "module"])
@pytest.mark.parametrize("name", ["sandbox", "testcases"])
@pytest.mark.parametrize("statement", ["from grader import Grader", "from grader.handler import lambda_handler"])
def test_an_import_names_both_places(tmp_path: Path, name: str, shape: str, statement: str) -> None:
    path = make_package(tmp_path, name, shape)
    ended = run(tmp_path, "-c", statement)
    last = ended.stderr.splitlines()[-1]
    assert last == (
        f"ImportError: {name}: {path} is imported instead of the grader's own {HOME / name}; rename it, or take "
        f"{tmp_path} off PYTHONPATH and sys.path"
    )


@pytest.mark.parametrize("shape", ["package", "module"])
@pytest.mark.parametrize("name", rlvr_code_grader.PACKAGES)
def test_the_command_says_it_in_one_line(tmp_path: Path, name: str, shape: str) -> None:
    path = make_package(tmp_path, name, shape)
    ended = run(tmp_path, "-c", "import rlvr_code_grader; rlvr_code_grader.run()")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(f"grader: {name}: {path} is imported instead of the grader's own {HOME / name}; ")


def test_the_distribution_s_own_name_tells_when_grader_itself_is_another(tmp_path: Path) -> None:
    path = make_package(tmp_path, "grader", "package")
    ended = run(tmp_path, "-c", "from rlvr_code_grader import Grader")
    assert f"ImportError: grader: {path} is imported instead of" in ended.stderr.splitlines()[-1]


def test_one_that_was_imported_before_is_found(tmp_path: Path) -> None:
    make_package(tmp_path, "sandbox", "package")
    hide = f"import sandbox, sys; sys.path.remove({str(tmp_path)!r}); import grader"
    assert "is imported instead of" in run(tmp_path, "-c", hide).stderr.splitlines()[-1]


@pytest.mark.parametrize("name", rlvr_code_grader.PACKAGES)
def test_a_folder_that_is_not_a_package_hides_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "notes.txt").write_text("")
    ended = run(tmp_path, "-c", "from grader import Grader, Sample; print(Grader.__module__)")
    assert (ended.stdout.strip(), ended.stderr) == (grader.Grader.__module__, "")


def test_the_library_takes_a_few_lines() -> None:
    statement = (
        "from rlvr_code_grader import Grader, Sample\n"
        "tests = {'entry_point': 'f', 'tests': [{'args': [1], 'expected': 1}]}\n"
        "sample = Sample(1, 'def f(x):\\n    return x\\n', tests)\n"
        "with Grader() as grader: print(grader.grade(sample).reward)"
    )
    ended = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, timeout=60, check=True)
    assert float(ended.stdout) == 1.0


def test_exported_names_are_there_and_others_are_not() -> None:
    assert all(hasattr(grader, name) for name in grader.__all__)
    assert sorted(grader.__all__) == sorted(set(grader._HOMES) | {"__version__"})
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        grader.nothing  # noqa: B018 - asked for, so that it fails


def test_the_version_is_the_distribution_s() -> None:
    assert grader.__version__ == metadata.version("rlvr-code-grader")


@pytest.mark.parametrize("arguments", [("-m", "grader", "--version"), ("-m", "grader.cli", "--version")])
def test_the_command_says_its_version(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run(tmp_path, *arguments)
    assert ended.stdout.startswith(f"rlvr-code-grader {grader.__version__}, CPython 3.")
    assert ended.returncode == 0
