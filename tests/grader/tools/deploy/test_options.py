"""Options, and the template's own checks of them."""

from __future__ import annotations

from typing import Any

import pytest

from grader.errors import ConfigError
from grader.tools.deploy.options import Options, check_together, judge_parameters, variables_of
from tests.grader.tools.deploy.acting import TEMPLATE


def values_of(**words: Any) -> dict[str, str]:
    given = {key.replace("_", "-"): words.pop(key) for key in list(words) if key not in {"tests", "environment"}}
    values = TEMPLATE.defaults() | Options(TEMPLATE, given=given, **words).parameters()
    check_together(TEMPLATE, values)
    return values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": "127"}, "--memory 127: expected 128 to 10240"),
        ({"timeout": "901"}, "--timeout 901: expected 3 to 900"),
        ({"storage": "511"}, "--storage 511: expected 512"),
        ({"provisioned": "-1"}, "--provisioned -1: expected 0"),
        ({"keep_images": "1"}, "--keep-images 1: expected 2"),
        ({"architecture": "mips"}, "--architecture mips: expected one of x86_64, arm64"),
        ({"retention": "8"}, "--retention 8: expected one of 1, 3,"),
        ({"alias": "12"}, "--alias '12': not accepted"),
        ({"tests": "s3://bucket"}, "--tests"),
        ({"tests": "s3://bucket/*"}, "--tests"),
        ({"role": "mine"}, "--role 'mine': not accepted: ARN of an execution role"),
        ({"boundary": "mine"}, "--boundary 'mine': not accepted"),
        ({"log_key": "alias/mine"}, "--log-key 'alias/mine': not accepted"),
        ({"subnet": "subnet-1"}, "--subnet, --security-group: one needs the other"),
        ({"environment": {"PATH": "/"}}, "begin with GRADER_"),
        ({"environment": {"GRADER_WORKERS": "many"}}, "--env workers|--env GRADER_WORKERS"),
        ({"environment": {"GRADER_NO_SUCH": "1"}}, "GRADER_NO_SUCH is not a setting"),
        ({"environment": {"GRADER_LANES": "1"}}, "--env GRADER_LANES: not a setting; use the present name"),
        ({"environment": {"GRADER_REWARD_SYNTAX": "0.9"}}, "the weights .* add up to"),
        ({"environment": {"GRADER_PRELOAD": "x" * 4096}}, "Lambda allows 4096"),
    ],
)
def test_an_invalid_value_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        values_of(**options)


@pytest.mark.parametrize("name", ["two words", "a" * 45, "9lives", "a--b"])
def test_an_invalid_name_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="--name"):
        Options(TEMPLATE, name)


def test_more_than_three_invokers_are_refused() -> None:
    with pytest.raises(ConfigError, match="--invoker: at most 3"):
        Options(TEMPLATE, invokers=["210987654321"] * 4)


def test_credentials_are_dropped_unless_they_are_needed() -> None:
    assert variables_of(TEMPLATE, values_of()) == {"GRADER_CREDENTIALS": "drop"}
    assert variables_of(TEMPLATE, values_of(tests="s3://bucket/tests")) == {}
    kept = {"GRADER_CREDENTIALS": "keep"}
    assert variables_of(TEMPLATE, values_of(environment=kept)) == kept


class TestJudge:
    """ARNs that the role may invoke."""

    @staticmethod
    def arns(model: str, **more: str) -> tuple[str, str]:
        values = values_of(environment={"GRADER_JUDGE_MODEL": model, **more})
        assert "GRADER_CREDENTIALS" not in variables_of(TEMPLATE, values), "credentials are kept"
        found = judge_parameters(values, partition="aws", region="us-east-1", account="123456789012")
        for name, value in found.items():
            TEMPLATE.parameters[name].check(value, name)
        return found["JudgeArn"], found["JudgeProfileModelArn"]

    def test_a_model(self) -> None:
        found = self.arns("amazon.nova-lite-v1:0", GRADER_JUDGE_REGION="eu-west-1")
        assert found == ("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", "")

    @pytest.mark.parametrize("prefix", ["", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"])
    def test_a_profile_and_the_model_behind_it(self, prefix: str) -> None:
        assert self.arns(f"{prefix}us.amazon.nova-lite-v1:0") == (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
            "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
        )

    def test_a_model_by_its_arn(self) -> None:
        arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abc"
        assert self.arns(arn) == (arn, "")

    def test_a_profile_of_an_unknown_model_needs_a_role(self) -> None:
        arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
        with pytest.raises(ConfigError, match="give a --role that may call it"):
            self.arns(arn)

    def test_a_role_that_is_given_needs_no_arn(self) -> None:
        values = {
            **TEMPLATE.defaults(),
            "JudgeModel": "amazon.nova-lite-v1:0",
            "RoleArn": "arn:aws:iam::123456789012:role/x",
        }
        found = judge_parameters(values, partition="aws", region="us-east-1", account="123456789012")
        assert found == {"JudgeArn": "", "JudgeProfileModelArn": ""}
