"""`deploy/template.yaml`, checked with CloudFormation's linter and SAM's translator, without AWS."""

from __future__ import annotations

import copy
import functools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.tools.deploy.policies import execution_policy, trust_policy
from grader.tools.deploy.settings import Deployment

FOLDER = Path(__file__).parents[2] / "deploy"
TEMPLATE = FOLDER / "template.yaml"
TEMPLATES = sorted(FOLDER.glob("*.yaml"))
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:one"

# deprecation warnings of these tools are not about our code
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pydantic.PydanticDeprecatedSince20")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_cloudformation_s_linter_finds_nothing(template: Path) -> None:
    program = "from cfnlint.runner import main; main()"
    arguments = ["--non-zero-exit-code", "informational", str(template)]
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stdout + ended.stderr


@functools.cache
def read() -> dict[str, Any]:
    """Read the template, with its intrinsic functions in the long form."""
    from cfnlint.decode import cfn_yaml  # noqa: PLC0415 - slow to import

    document: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(TEMPLATE))))
    return document


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
    """Translate the template as SAM does before it is sent to CloudFormation."""
    from samtranslator.translator.transform import transform  # noqa: PLC0415 - slow to import

    class NoPolicies:
        def load(self) -> dict[str, str]:
            return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        document: dict[str, Any] = transform(copy.deepcopy(read()), {"ImageUri": IMAGE}, NoPolicies())
    return document


def of_type(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in document["Resources"].items() if one["Type"] == kind}


class Values:
    """Evaluates conditions, parameters and Sub of a template like CloudFormation."""

    def __init__(self, template: dict[str, Any], **parameters: Any) -> None:
        defaults = {name: one.get("Default") for name, one in template["Parameters"].items()}
        pseudo = {
            "AWS::Partition": "aws",
            "AWS::Region": "us-east-1",
            "AWS::AccountId": "123456789012",
        }
        self._names = {**defaults, **pseudo, **parameters}
        self._conditions = template["Conditions"]

    def of(self, value: Any) -> Any:
        match value:
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Ref": str(name)} if name in self._names:
                return self._names[name]
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._names[found[1]]), text)
            case {"Fn::If": [str(condition), yes, no]}:
                return self.of(yes if self._holds(self._conditions[condition]) else no)
            case dict():
                values = {key: self.of(one) for key, one in value.items()}
                return {key: one for key, one in values.items() if one is not None}
            case list():
                return [one for one in map(self.of, value) if one is not None]
        return value

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::Equals": [left, right]}:
                return str(self.of(left)) == str(self.of(right))
        raise AssertionError(condition)


def test_sam_creates_function_version_alias_role_and_log_group(translated: dict[str, Any]) -> None:
    (function,) = of_type(translated, "AWS::Lambda::Function").values()
    settings = function["Properties"]
    assert settings["PackageType"] == "Image"
    assert settings["Code"] == {"ImageUri": IMAGE}
    assert settings["LoggingConfig"]["LogFormat"] == "JSON"
    assert settings["Role"] == {"Fn::GetAtt": ["ExecutionRole", "Arn"]}
    assert len(of_type(translated, "AWS::Lambda::Version")) == 1
    (alias,) = of_type(translated, "AWS::Lambda::Alias").values()
    assert alias["Properties"]["Name"] == "live"
    warm = alias["Properties"]["ProvisionedConcurrencyConfig"]
    assert Values(read()).of({"it": warm}) == {}
    assert Values(read(), ProvisionedConcurrency=5).of(warm) == {"ProvisionedConcurrentExecutions": 5}
    assert list(of_type(translated, "AWS::IAM::Role")) == ["ExecutionRole"], "SAM adds none of its own"
    (logs,) = of_type(translated, "AWS::Logs::LogGroup").values()
    assert logs["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("tests", [None, ("bucket", "tests/")])
def test_its_role_is_the_one_that_grader_deploy_creates(
    translated: dict[str, Any], tests: tuple[str, str] | None
) -> None:
    role = translated["Resources"]["ExecutionRole"]["Properties"]
    parameters = {} if tests is None else {"TestsBucket": tests[0], "TestsPrefix": tests[1]}
    (policy,) = Values(read(), **parameters).of(role["Policies"])
    deployment = Deployment(tests=None if tests is None else f"s3://{tests[0]}/{tests[1]}")
    assert policy["PolicyDocument"] == execution_policy(
        deployment, partition="aws", region="us-east-1", account="123456789012"
    )
    assert role["AssumeRolePolicyDocument"] == trust_policy()


def test_its_defaults_are_those_of_grader_deploy(translated: dict[str, Any]) -> None:
    deployment, values = Deployment(architecture="x86_64"), Values(read())
    (function,) = of_type(translated, "AWS::Lambda::Function").values()
    settings = values.of(function["Properties"])
    assert settings["FunctionName"] == deployment.name
    assert (settings["MemorySize"], settings["Timeout"]) == (deployment.memory_mb, deployment.timeout_s)
    assert settings["EphemeralStorage"] == {"Size": deployment.storage_mb}
    assert settings["Architectures"] == [deployment.architecture]
    assert settings["Environment"]["Variables"] == deployment.variables
    assert values.of({"Ref": "AliasName"}) == deployment.alias
    assert values.of({"Ref": "LogRetentionDays"}) == deployment.retention_days
    assert values.of(translated["Resources"]["LogGroup"]["Properties"])["LogGroupName"] == deployment.log_group


def statements(translated: dict[str, Any]) -> list[dict[str, Any]]:
    values = Values(read(), TestsBucket="bucket", TestsPrefix="tests/")
    roles = of_type(translated, "AWS::IAM::Role").values()
    assert not any("ManagedPolicyArns" in role["Properties"] for role in roles), "no managed policies"
    policies = [policy for role in roles for policy in values.of(role["Properties"]["Policies"])]
    policies += [values.of(one["Properties"]) for one in of_type(translated, "AWS::IAM::Policy").values()]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


NARROWEST = {
    # every environment creates a stream under a name that is not known before
    "logs:CreateLogStream": r"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/[\w-]+:log-stream:\*",
    "logs:PutLogEvents": r"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/[\w-]+:log-stream:\*",
    # the prefix is a setting
    "s3:GetObject": r"arn:aws:s3:::bucket/tests/\*",
}
"""Narrowest possible resource of every action that the function may use."""


def too_wide(statement: dict[str, Any]) -> list[str]:
    """List the parts of a statement that could be narrower."""
    actions, resources = statement.get("Action", "*"), statement.get("Resource", "*")
    actions = [actions] if isinstance(actions, str) else actions
    resources = [resources] if isinstance(resources, str) else resources
    return [
        f"{action} on {resource}"
        for action in actions
        for resource in resources
        if action not in NARROWEST or not re.fullmatch(NARROWEST[action], resource)
    ]


def test_no_statement_could_be_narrower(translated: dict[str, Any]) -> None:
    found = statements(translated)
    assert len(found) == 2
    assert [too_wide(statement) for statement in found] == [[], []]


@pytest.mark.parametrize(
    "change",
    [
        {"Resource": "*"},
        {"Resource": "arn:aws:logs:*:*:*"},
        {"Resource": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/*:log-stream:*"},
        {"Action": "logs:*"},
        {"Action": ["logs:CreateLogGroup"]},
    ],
)
def test_a_wider_statement_is_detected(translated: dict[str, Any], change: dict[str, Any]) -> None:
    log = next(one for one in statements(translated) if one["Sid"] == "Log")
    assert too_wide({**log, **change})
