"""Render the prompt of a training row: its system turn and its user turn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from testcases.errors import InvalidFieldError
from testcases.model import StdinTest
from testcases.source.entry_points import find_defined_function
from testcases.source.parsing import find_prompt_code

if TYPE_CHECKING:
    from grader.tools.datasets.tasks import Task

__all__ = ["SYSTEM_PROMPT", "USER_PROMPT", "PromptTemplate", "fenced", "read_template"]


_MIN_TICKS = 3


def fenced(code: str) -> str:
    """Return the code in a Markdown block, whose fence is longer than any run of backticks in the code."""
    longest = max(map(len, re.findall("`+", code)), default=0)
    ticks = "`" * max(_MIN_TICKS, longest + 1)
    text = code.strip("\n")
    return f"{ticks}python\n{text}\n{ticks}"


SYSTEM_PROMPT = "You are a careful Python programmer. Answer with all of the code in one ```python block."
USER_PROMPT = "{prompt}\n\n{interface}\n\n{starter}"

_PLACEHOLDER = re.compile(r"\{(prompt|interface|starter|entry_point)\}")
_COMPLETION_TEXT = "Complete this code. Give all of it, not only what is new."
PREDICTION_SYSTEM_PROMPT = (
    "You are a careful Python programmer. Answer with the whole assertion in one ```python block at the end."
)
_PREDICTION_TEXT = "Replace ?? with what the call returns: a literal, without names, calls and operators."
_PROGRAM_TEXT = "Write a program that reads standard input and writes to standard output."
_MAX_TEMPLATE_CHARS = 100_000


def read_template(path: str, *, must_hold: str = "") -> str:
    """Read the file of a template.

    Args:
        path: path of the file.
        must_hold: placeholder that the template needs.

    Raises:
        InputError: it cannot be read, is empty, or lacks the placeholder.
    """
    try:
        text = Path(path).read_text("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if not text.strip() or len(text) > _MAX_TEMPLATE_CHARS:
        raise InputError(f"{path}: holds no text" if not text.strip() else f"{path}: is too long for a prompt")
    if must_hold not in text:
        raise InputError(f"{path}: must hold {must_hold} in the place of the task's text")
    return text.strip()


class PromptTemplate:
    """A template for the turns of training rows.

    A row with a conversation keeps it; then a system turn is added only where `system` is given.

    Args:
        system: text of the system turn; ``None`` is `SYSTEM_PROMPT`, for rows without a conversation.
        user: template of the user turn, in which ``{prompt}`` is the task's text (code in a fenced block),
            ``{interface}`` names the function to define or asks for a program, ``{starter}`` is the code to start
            from, ``{entry_point}`` the name to define. A paragraph that consists of a placeholder without a value is
            left out.
    """

    def __init__(self, system: str | None = None, user: str = USER_PROMPT) -> None:
        self._system = system
        self._user = user

    def render(self, task: Task) -> list[dict[str, Any]]:
        """Return the turns for a task."""
        if task.turns:
            turns = [dict(turn) for turn in task.turns]
            if self._system is None:
                return turns
            others = [turn for turn in turns if turn["role"] not in {"system", "developer"}]
            return [{"role": "system", "content": self._system}, *others]
        default = PREDICTION_SYSTEM_PROMPT if task.problem.answer == "literal" else SYSTEM_PROMPT
        system = default if self._system is None else self._system
        return [{"role": "system", "content": system}, {"role": "user", "content": self._user_text(task)}]

    def _user_text(self, task: Task) -> str:
        values = {
            "prompt": fenced(task.prompt) if _is_code(task) else task.prompt.strip(),
            "interface": _interface_text(task),
            "starter": f"Start from this code:\n\n{fenced(task.starter)}" if task.starter else "",
            "entry_point": task.problem.entry_point or "",
        }
        paragraphs = [part for part in self._user.split("\n\n") if not _is_empty_placeholder(part, values)]
        # all placeholders at once, so that those in a task's own text stay as they are
        return _PLACEHOLDER.sub(lambda match: values[match[1]], "\n\n".join(paragraphs))


def _is_code(task: Task) -> bool:
    """Return True if the prompt is code to be completed, or to be read."""
    if task.problem.answer == "literal":
        return True
    code = find_prompt_code(task.prompt, entry_point=task.problem.entry_point)
    return bool(code) and code == task.prompt


def _is_empty_placeholder(paragraph: str, values: dict[str, str]) -> bool:
    """Return True if a paragraph consists of a placeholder without a value."""
    match = _PLACEHOLDER.fullmatch(paragraph.strip())
    return match is not None and not values[match[1]]


def _interface_text(task: Task) -> str:
    name = task.problem.entry_point
    if task.problem.answer == "literal":
        return _PREDICTION_TEXT
    if _is_code(task):
        return _COMPLETION_TEXT
    if name is None:
        return _PROGRAM_TEXT if any(isinstance(test, StdinTest) for test in task.problem.tests) else ""
    # The task names the function already, perhaps with its parameters.
    if _names_function(name.rpartition(".")[2], f"{task.prompt}\n{task.starter}"):
        return ""
    return f"Define `{name}{_parameters(task, name)}`."


def _names_function(name: str, text: str) -> bool:
    """Return True if a text names a function. "add the numbers" uses the word, and does not name ``add``."""
    name_alone = rf"\b{re.escape(name)}\b"
    like_code = rf"{name_alone}\s*\(|`{re.escape(name)}`|(?:def|class)\s+{name_alone}"
    # A name with an underscore, a digit or a capital is not an English word, and counts wherever it stands.
    is_word = name.isalpha() and name.islower()
    return re.search(like_code if is_word else name_alone, text) is not None


def _parameters(task: Task, name: str) -> str:
    """Return the parameters as in a solution of the row; empty where none defines the function."""
    for solution in task.solutions:
        try:
            signature = find_defined_function(solution, "solution", name=name)
        except InvalidFieldError:
            continue
        return f"({', '.join(signature.parameters)})"
    return ""
