"""Whole rollouts: what the model is asked, what it is told, and what is reported of it."""

from __future__ import annotations

import base64
import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.errors import ConfigError
from grader.rollout.service import RolloutService
from tests.grader.rollout.job_service import JOB, JobService, answer, event, refusal

if TYPE_CHECKING:
    from grader.core.grader import Grader

PROMPT = "Write add(a, b)."
TESTS = [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}, {"args": [70, 7], "expected": 77}]
TASK = {"prompt": PROMPT, "reference_answer": {"entry_point": "add", "tests": TESTS}, "visible_tests": 2}
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a * b\n```"
OVERFITTED = "```python\ndef add(a, b):\n    return {1: 3, 2: 4}.get(a)\n```"
NOT_CODE = "I would rather not."


def rollout(
    grader: Grader, service: JobService, what: Any = None, context: Any = None, **settings: str
) -> dict[str, str]:
    """Play one rollout against a service, with settings as in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SAGEMAKERJOBRUNTIME", service.url)
        config = GraderConfig.load(None, {"GRADER_WORKERS": "1", **settings})
        served = RolloutService(config, grader, {}, client_for=service.client_for)
        result: dict[str, str] = served.handle(event(TASK) if what is None else what, context)
    return result


class TestTurns:
    def test_a_right_answer_is_one_turn_and_its_reward(self, grader: Grader) -> None:
        with JobService([answer(RIGHT)]) as service:
            assert rollout(grader, service) == {}
        assert service.operations == ["sample", "complete-rollout", "update-reward"]
        assert {(call.job, call.trajectory) for call in service.calls} == {(JOB, "roll-1")}
        (asked,) = service.bodies("sample")
        assert asked == {
            "model": "default", "messages": [{"role": "user", "content": PROMPT}],
            "temperature": 0.7, "top_p": 0.9, "max_tokens": 512,
        }  # fmt: skip
        (completed,), (rewarded,) = service.bodies("complete-rollout"), service.bodies("update-reward")
        assert completed["Status"] == "ready"
        assert rewarded["Rewards"] == [pytest.approx(1.0, abs=0.05)]

    def test_a_wrong_answer_is_told_what_failed_and_asked_again(self, grader: Grader) -> None:
        with JobService([answer(WRONG), answer(RIGHT)]) as service:
            assert rollout(grader, service) == {}
        first, second = service.bodies("sample")
        assert second["messages"][:2] == [*first["messages"], {"role": "assistant", "content": WRONG}]
        (told,) = second["messages"][2:]
        assert told["role"] == "user"
        assert "1 of 2 tests fail" in told["content"]
        assert "add(1, 2)" in told["content"]
        assert service.bodies("update-reward")[0]["Rewards"] == [pytest.approx(1.0, abs=0.05)]

    def test_hidden_tests_are_neither_told_nor_a_reason_to_ask_again(self, grader: Grader) -> None:
        with JobService([answer(OVERFITTED), answer(RIGHT)]) as service:
            assert rollout(grader, service) == {}
        assert len(service.bodies("sample")) == 1
        (reward,) = service.bodies("update-reward")[0]["Rewards"]
        assert 0.5 < reward < 0.95
        with JobService([answer(WRONG), answer(WRONG), answer(WRONG)]) as service:
            rollout(grader, service)
        assert "77" not in json.dumps(service.bodies("sample"))
        assert "reference_answer" not in json.dumps(service.bodies("sample"))

    def test_it_ends_after_as_many_turns_as_the_settings_allow(self, grader: Grader) -> None:
        for turns in (1, 2, 4):
            with JobService([answer(WRONG)] * 5) as service:
                assert rollout(grader, service, GRADER_ROLLOUT_TURNS=str(turns)) == {}
            assert len(service.bodies("sample")) == turns
            assert len(service.bodies("update-reward")[0]["Rewards"]) == 1

    def test_each_turn_may_have_its_reward(self, grader: Grader) -> None:
        with JobService([answer(NOT_CODE), answer(WRONG), answer(RIGHT)]) as service:
            rollout(grader, service, GRADER_ROLLOUT_REWARDS="turns")
        rewards = service.bodies("update-reward")[0]["Rewards"]
        assert len(rewards) == 3
        assert rewards == sorted(rewards)
        assert rewards[0] == 0.0

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (NOT_CODE, "Your answer cannot be used: no code"),
            (None, "Your answer cannot be used: no code"),
            ("```python\ndef add(a, b:\n```", "Your answer cannot be used:"),
            ("```python\ndef plus(a, b):\n    return a + b\n```", "Your answer cannot be used:"),
        ],
    )
    def test_an_answer_that_cannot_be_used_is_told_why_without_any_test(
        self, grader: Grader, text: str | None, told: str
    ) -> None:
        task = {**TASK, "visible_tests": 0}
        with JobService([answer(text), answer(RIGHT)]) as service:
            assert rollout(grader, service, event(task)) == {}
        turns = service.bodies("sample")[1]["messages"]
        assert turns[1] == {"role": "assistant", "content": text or ""}
        assert turns[2]["content"].startswith(told)
        assert not any(word in turns[2]["content"] for word in ("77", "70", "(1, 2)"))

    def test_a_setting_names_the_visible_tests_where_the_task_does_not(self, grader: Grader) -> None:
        task = {name: value for name, value in TASK.items() if name != "visible_tests"}
        for visible, turns in (("0", 1), ("3", 2)):
            with JobService([answer(WRONG), answer(RIGHT)]) as service:
                rollout(grader, service, event(task), GRADER_ROLLOUT_VISIBLE_TESTS=visible)
            assert len(service.bodies("sample")) == turns

    def test_the_time_that_is_left_limits_the_turns(self, grader: Grader) -> None:
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 25_000, aws_request_id="r")
        with JobService([answer(WRONG)] * 3) as service:
            assert rollout(grader, service, context=context) == {}
        assert service.operations == ["sample", "complete-rollout", "update-reward"]

    def test_a_conversation_that_grows_too_long_ends_with_the_grade_it_has(self, grader: Grader) -> None:
        with JobService([answer(WRONG), refusal(400, "ValidationException", "the context is too long")]) as service:
            assert rollout(grader, service) == {}
        assert service.bodies("complete-rollout")[0]["Status"] == "ready"
        assert len(service.bodies("update-reward")[0]["Rewards"]) == 1

    def test_messages_of_the_task_are_sent_without_its_solution(self, grader: Grader) -> None:
        turns = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": PROMPT, "solution": "secret"},
            {"role": "assistant", "content": "secret"},
        ]
        task = {"messages": turns, "reference_answer": TASK["reference_answer"], "completion": "secret"}
        with JobService([answer(RIGHT)]) as service:
            assert rollout(grader, service, event(task)) == {}
        assert "secret" not in json.dumps(service.bodies("sample"))
        assert [turn["role"] for turn in service.bodies("sample")[0]["messages"]] == ["system", "user"]
        assert service.bodies("update-reward")[0]["Rewards"][0] > 0.9, "the model's answer is graded"


class TestFormsOfTheEvent:
    @pytest.mark.parametrize(
        "what",
        [
            pytest.param(event(base64.b64encode(json.dumps(TASK).encode()).decode()), id="base64"),
            pytest.param({"body": json.dumps(event(TASK))}, id="body as text"),
            pytest.param({"body": event(TASK)}, id="body"),
            pytest.param(
                {"instance": TASK, "metadata": {"job_arn": JOB, "trajectory_id": "roll-1"}, "inference_params": {}},
                id="of an agent on AgentCore",
            ),
            pytest.param(
                {"instance": {"prompt": json.dumps(TASK)}, "metadata": {"jobArn": JOB, "trajectoryId": "roll-1"}},
                id="instance with a prompt",
            ),
        ],
    )
    def test_each_of_them_is_played(self, grader: Grader, what: Any) -> None:
        with JobService([answer(RIGHT)]) as service:
            assert rollout(grader, service, what) == {}
        assert service.operations == ["sample", "complete-rollout", "update-reward"]

    def test_the_doctor_is_called_here_too(self, grader: Grader) -> None:
        with JobService([]) as service:
            report: Any = rollout(grader, service, {"grader": "doctor"})
        assert report["tier"] in {"rlimit", "seccomp", "namespaces"}

    @pytest.mark.parametrize(
        ("what", "text"),
        [
            ([1], "of type list"),
            ({"prompt": "x"}, "not a rollout"),
            ({"body": "{"}, "body is not JSON"),
            ({"prompt": "x", "metadata": {"rolloutId": "r"}}, "metadata.jobArn"),
            ({"prompt": "x", "metadata": {"jobArn": "arn:aws:lambda:x", "rolloutId": "r"}}, "metadata.jobArn"),
            ({"prompt": "x", "metadata": {"jobArn": JOB}}, "metadata.rolloutId"),
            ({"prompt": "x", "metadata": {"jobArn": JOB, "rolloutId": "r" * 300}}, "metadata.rolloutId"),
        ],
    )
    def test_an_event_without_ids_is_refused_in_one_line(self, grader: Grader, what: Any, text: str) -> None:
        with JobService([]) as service:
            error = rollout(grader, service, what)
        assert error["errorType"] == "ValidationError"
        assert text in error["errorMessage"]
        assert "\n" not in error["errorMessage"]
        assert not service.calls

    @pytest.mark.parametrize(
        ("task", "text"),
        [
            ("What is 2 + 2?", "neither a JSON object"),
            (base64.b64encode(b"What is 2 + 2?").decode(), "not a task"),
            ("{", "not a task"),
            ({"prompt": PROMPT, "x": 1}, "reference_answer: not found"),
            ({"reference_answer": TASK["reference_answer"]}, "no prompt"),
            ({**TASK, "prompt": [{"content": "x"}]}, "no prompt"),
            ({**TASK, "visible_tests": -1}, "visible_tests"),
        ],
    )
    def test_a_prompt_that_is_no_task_is_refused_and_the_rollout_failed(
        self, grader: Grader, task: Any, text: str
    ) -> None:
        with JobService([]) as service:
            error = rollout(grader, service, event(task))
        assert error["errorType"] == "ValidationError"
        assert text in error["errorMessage"]
        assert service.operations == ["complete-rollout"]
        assert service.bodies("complete-rollout")[0]["Status"] == "failed"


class TestFailures:
    def test_tests_that_cannot_be_read_fail_the_rollout_and_give_no_reward(self, grader: Grader) -> None:
        task = {**TASK, "reference_answer": {"colour": "red"}}
        with JobService([answer(RIGHT)]) as service:
            error = rollout(grader, service, event(task))
        assert error["errorType"] == "InternalServerError"
        assert "colour" in error["errorMessage"]
        assert service.operations == ["sample", "complete-rollout"]
        assert service.bodies("complete-rollout")[0]["Status"] == "failed"

    def test_broken_tests_fail_the_rollout(self, grader: Grader) -> None:
        reference = {"entry_point": "add", "tests": [{"assert": "assert no_such_name(1) == 2"}]}
        with JobService([answer(RIGHT)]) as service:
            error = rollout(grader, service, event({**TASK, "reference_answer": reference}))
        assert error["errorType"] == "InternalServerError"
        assert service.bodies("complete-rollout")[0]["Status"] == "failed"

    def test_a_model_that_is_busy_is_asked_again(self, grader: Grader) -> None:
        busy = [refusal(429, "ThrottlingException"), refusal(500, "InternalServiceError")]
        with JobService([*busy, answer(RIGHT)]) as service:
            assert rollout(grader, service) == {}
        assert len(service.bodies("sample")) == 3

    @pytest.mark.parametrize(
        ("failure", "kind"),
        [
            (refusal(403, "AccessDeniedException"), "AccessDenied"),
            (refusal(400, "ValidationException"), "ValidationError"),
            (refusal(404, "ResourceNotFoundException"), "InternalServerError"),
            (refusal(402, "ServiceQuotaExceededException"), "InternalServerError"),
            ((200, {"choices": []}), "InternalServerError"),
            ((200, {"choices": [{"message": {"content": 7}}]}), "InternalServerError"),
        ],
    )
    def test_a_model_that_gives_no_answer_fails_the_rollout(
        self, grader: Grader, failure: tuple[int, dict[str, Any]], kind: str
    ) -> None:
        with JobService([failure]) as service:
            error = rollout(grader, service)
        assert error["errorType"] == kind
        assert service.operations == ["sample", "complete-rollout"]
        assert service.bodies("complete-rollout")[0]["Status"] == "failed"

    def test_a_failure_in_a_later_turn_of_which_nothing_is_known_fails_the_rollout(self, grader: Grader) -> None:
        with JobService([answer(WRONG), (200, {"choices": []})]) as service:
            assert rollout(grader, service)["errorType"] == "InternalServerError"
        assert service.bodies("complete-rollout")[0]["Status"] == "failed"

    @pytest.mark.parametrize(
        "reports",
        [
            {"complete-rollout": [refusal(409, "ConflictException", "Cannot transition trajectory")]},
            {"update-reward": [refusal(409, "ConflictException", "not in valid status")]},
        ],
    )
    def test_a_rollout_that_has_ended_already_is_no_error(self, grader: Grader, reports: Any) -> None:
        with JobService([answer(RIGHT)], reports) as service:
            assert rollout(grader, service) == {}

    def test_a_rollout_that_ended_before_it_was_sampled_is_no_error(self, grader: Grader) -> None:
        with JobService([refusal(400, "ValidationException", "trajectory is not in valid status")]) as service:
            assert rollout(grader, service) == {}
        assert service.operations == ["sample"]

    def test_reports_are_repeated_under_the_same_token(self, grader: Grader) -> None:
        busy = [refusal(429, "ThrottlingException"), refusal(500, "InternalServiceError")]
        with JobService([answer(RIGHT)], {"complete-rollout": list(busy), "update-reward": list(busy)}) as service:
            assert rollout(grader, service) == {}
        for operation in ("complete-rollout", "update-reward"):
            tokens = [body["ClientToken"] for body in service.bodies(operation)]
            assert len(tokens) == 3
            assert len(set(tokens)) == 1

    def test_a_reward_that_cannot_be_reported_is_an_error(self, grader: Grader) -> None:
        with JobService([answer(RIGHT)], {"update-reward": [refusal(403, "AccessDeniedException")]}) as service:
            assert rollout(grader, service)["errorType"] == "AccessDenied"

    def test_without_credentials_there_are_no_rollouts(self, grader: Grader) -> None:
        with pytest.raises(ConfigError, match="GRADER_CREDENTIALS=keep"):
            RolloutService(GraderConfig.load(None, {"GRADER_CREDENTIALS": "drop"}), grader, {})


def test_a_rollout_leaves_the_lines_of_a_batch(grader: Grader, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with JobService([answer(WRONG), answer(RIGHT)]) as service:
        rollout(grader, service)
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.getMessage().startswith("{")]
    (batch,) = [line for line in lines if line["event"] == "batch"]
    assert (batch["turns"], batch["trajectory"], batch["job"]) == (2, "roll-1", JOB)
    assert batch["samples"] == batch["scored"] == 1


def test_a_failed_rollout_leaves_a_line_with_the_reason(grader: Grader, caplog: pytest.LogCaptureFixture) -> None:
    with JobService([refusal(404, "ResourceNotFoundException", "no such job")]) as service:
        rollout(grader, service)
    (line,) = [json.loads(text) for text in caplog.messages if text.startswith('{"event": "rollout"')]
    assert (line["status"], line["trajectory"]) == ("failed", "roll-1")
    assert "no such job" in line["reason"]
