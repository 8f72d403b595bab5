"""What each trainer sends, and what it expects back: a reader and a writer for each route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from grader.errors import InputError
from grader.trainers import nemo_gym
from grader.trainers.rewards import means
from grader.trainers.samples import cut_prompts, make_sample, make_samples
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.types import BadSample, Grade, Sample

__all__ = ["PAYLOADS", "Payload"]

_Rewards: TypeAlias = "Sequence[float]"


@dataclass(frozen=True, slots=True)
class Payload:
    """The form of a route's requests and responses."""

    path: str
    summary: str
    """One line for the page of the interface."""
    source: str
    """Project that sends it."""
    example: Any
    """A request."""
    read: Callable[[Mapping[str, Any]], list[Sample | BadSample]]
    """Make the samples of a request; an `InputError` names the field that is wrong."""
    write: Callable[[Mapping[str, Any], Sequence[Grade], _Rewards], Any]
    """Make the response of the request, its grades and their rewards, which are numbers for unscored samples, too."""
    patience: Callable[[Mapping[str, Any]], float] | None = None
    """Seconds that a sender waits which takes all refusals for wrong answers; ``None``: the sender tries again."""


def _field(body: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    value = body.get(name)
    if not isinstance(value, kind):
        wanted = " or ".join(_KIND_NAMES[one] for one in (kind if isinstance(kind, tuple) else (kind,)))
        found = "is missing" if name not in body else f"is of type {type(value).__name__}"
        raise InputError(f"{name}: {found}; {wanted} is wanted")
    return value


_KIND_NAMES: Final[Mapping[type, str]] = {str: "text", list: "a list", dict: "an object"}


def _read_openrlhf(body: Mapping[str, Any]) -> list[Sample | BadSample]:
    queries, prompts = _field(body, "query", list), _field(body, "prompts", list)
    labels = _field(body, "labels", list)
    if not len(queries) == len(prompts) == len(labels):
        raise InputError(f"query, prompts and labels have {len(queries)}, {len(prompts)} and {len(labels)} items")
    return make_samples(cut_prompts(queries, prompts), labels, prompts=prompts, reference_field="labels")


def _write_openrlhf(body: Mapping[str, Any], grades: Sequence[Grade], rewards: _Rewards) -> Any:
    del body
    return {"rewards": list(rewards), "scores": list(rewards), "extra_logs": means(grades)}


def _read_slime(body: Mapping[str, Any]) -> list[Sample | BadSample]:
    return [
        make_sample(
            _field(body, "response", str), body.get("label"), prompt=body.get("prompt") or "", reference_field="label"
        )
    ]


def _write_slime(body: Mapping[str, Any], grades: Sequence[Grade], rewards: _Rewards) -> Any:
    del body, grades
    return rewards[0]


def _read_programs(body: Mapping[str, Any]) -> list[Sample | BadSample]:
    # The program is code, not prose: in a fence it is taken as it stands.
    program = _field(body, "program", str)
    fence = "`" * 3
    while fence in program:
        fence += "`"
    return [
        make_sample(f"{fence}python\n{program}\n{fence}", _field(body, "tests", (list, str)), reference_field="tests")
    ]


def _write_programs(body: Mapping[str, Any], grades: Sequence[Grade], rewards: _Rewards) -> Any:
    del rewards
    (grade,) = grades
    if grade.reward is None:
        raise InputError(f"the tests cannot be used: {grade.reason}")
    count = len(body["tests"]) if isinstance(body["tests"], list) else 1 + max(test.test_index for test in grade.tests)
    failed = {test.test_index for test in grade.tests if test.verdict is not Verdict.PASSED}
    passed = {test.test_index for test in grade.tests} - failed
    # One clock runs for all tests of a program.
    each_s = grade.timings_ms.get("run", 0.0) / 1000 / max(1, count)
    return {"results": [int(index in passed) for index in range(count)], "runtimes": [each_s] * count}


def _patience_with_programs(body: Mapping[str, Any]) -> float:
    """Return the seconds after which open-instruct's client gives up (``open_instruct/ground_truth_utils.py``)."""
    limit_s = body.get("max_execution_time")
    return 10.0 * max(3.0, min(30.0, limit_s)) if isinstance(limit_s, (int, float)) else 30.0


def _read_nemo_gym(body: Mapping[str, Any]) -> list[Sample | BadSample]:
    return [nemo_gym.read_request(body)]


def _write_nemo_gym(body: Mapping[str, Any], grades: Sequence[Grade], rewards: _Rewards) -> Any:
    return nemo_gym.write_response(body, grades[0], rewards[0])


_ADD: Final = "def add(a, b):\n    return a + b\n"
_TEST: Final = "assert add(1, 2) == 3"
PAYLOADS: Final = (
    Payload(
        "/openrlhf",
        "Grade answers: rewards, scores and the means of all metrics.",
        "OpenRLHF",
        {"query": [f"Write add.{_ADD}"], "prompts": ["Write add."], "labels": [{"test_list": [_TEST]}]},
        _read_openrlhf,
        _write_openrlhf,
    ),
    Payload(
        "/slime",
        "Grade one answer: a number.",
        "slime, miles",
        {"prompt": "Write add.", "response": _ADD, "label": {"test_list": [_TEST]}},
        _read_slime,
        _write_slime,
    ),
    Payload(
        "/test_program",
        "Test one program by assertions: 1 or 0 for each, and seconds.",
        "open-instruct",
        {"program": _ADD, "tests": [_TEST], "max_execution_time": 1.0},
        _read_programs,
        _write_programs,
        _patience_with_programs,
    ),
    Payload(
        "/test_program_stdio",
        "Test one program by standard input and output: 1 or 0 for each, and seconds.",
        "open-instruct",
        {"program": "print(int(input()) + 1)", "tests": [{"input": "1\n", "output": "2\n"}], "max_execution_time": 1.0},
        _read_programs,
        _write_programs,
        _patience_with_programs,
    ),
    Payload(
        "/verify",
        "Grade one response: the request with its reward and all metrics.",
        "NeMo Gym",
        {
            "responses_create_params": {"input": [{"role": "user", "content": "Write add."}]},
            "response": {
                "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": _ADD}]}]
            },
            "verifier_metadata": {"unit_tests": {"test_list": [_TEST]}},
        },
        _read_nemo_gym,
        _write_nemo_gym,
    ),
)
"""Routes that trainers use, besides that of native events."""
