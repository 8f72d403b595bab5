"""`deploy/template.yaml`, checked with CloudFormation's linter and SAM's translator, without AWS."""

from __future__ import annotations

import copy
import functools
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.config.schema import field_types
from grader.config.settings import GraderConfig
from grader.tools.deploy.options import Options, settings_of, variables_of
from grader.tools.deploy.template import Template
from tests.aws.template_values import Values, read_template

FOLDER = Path(__file__).parents[2] / "deploy"
TEMPLATES = sorted(FOLDER.glob("*.yaml"))
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:one"
ALL = {
    "ImageUri": IMAGE,
    "RepositoryName": "mine",
    "TestsBucket": "bucket",
    "TestsPrefix": "tests/",
    "JudgeModel": "us.amazon.nova-lite-v1:0",
    "JudgeArn": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
    "JudgeProfileModelArn": "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
    "EnvironmentKeyArn": "arn:aws:kms:us-east-1:123456789012:key/0a1b",
    "SubnetIds": "subnet-1",
    "SecurityGroupIds": "sg-1",
    "Tracing": "Active",
}
"""Parameters with which the role has every statement."""

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
    return read_template((FOLDER / "template.yaml").read_text())


def properties(name: str, **parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = Values(read(), {"ImageUri": IMAGE, **parameters}).of(
        read()["Resources"][name]["Properties"]
    )
    return found


def test_sam_has_nothing_to_translate() -> None:
    from samtranslator.translator.transform import transform  # noqa: PLC0415 - slow to import

    class NoPolicies:
        def load(self) -> dict[str, str]:
            return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        translated = transform(copy.deepcopy(read()), {"ImageUri": IMAGE}, NoPolicies())
    assert translated["Resources"] == read()["Resources"]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "has_it"), [("standard", True), ("editable", False)])
def test_an_installed_package_has_this_template(tmp_path: Path, version: str, has_it: bool) -> None:
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "hatchling",
        "build",
        "-t",
        f"wheel:{version}",
        "-d",
        str(tmp_path),
    ]
    subprocess.run(command, cwd=FOLDER.parent, capture_output=True, timeout=100, check=True)
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if name.endswith(".yaml")}
    text = (FOLDER / "template.yaml").read_bytes()
    assert found == ({"grader/tools/deploy/template.yaml": text} if has_it else {}), "in a checkout it is where it was"
    assert Template.load().text == text.decode()


def test_every_setting_of_the_grader_is_a_parameter() -> None:
    sections = {"": GraderConfig, **{f"{name}_": section for name, section in GraderConfig.SECTIONS.items()}}
    wanted = {
        f"GRADER_{prefix}{key}".upper(): "".join(word.capitalize() for word in f"{prefix}{key}".split("_"))
        for prefix, section in sections.items()
        for key in field_types(section)
    }
    assert settings_of(Template.load()) == wanted, 'Name: {Type: String, Default: "", Description: GRADER_NAME}'
    for variable, name in wanted.items():
        variables = properties("Function", **{name: "x"})["Environment"]["Variables"]
        assert variables[variable] == "x", f"{variable}: !If [Sets{name}, !Ref {name}, !Ref AWS::NoValue]"


def test_a_setting_may_have_the_values_that_the_grader_accepts() -> None:
    template = Template.load()
    names = settings_of(template)
    for section, prefix in [(GraderConfig, ""), *((one, f"{name}_") for name, one in GraderConfig.SECTIONS.items())]:
        for key, field_type in field_types(section).items():
            allowed = template.parameters[names[f"GRADER_{prefix}{key}".upper()]].allowed
            if allowed:
                schema = field_type.schema()
                kinds = schema.get("anyOf", [schema])
                assert allowed == ("", *(str(value) for kind in kinds for value in kind["enum"])), key


@pytest.mark.parametrize("tests", [None, "s3://bucket/tests/"])
@pytest.mark.parametrize("environment", [{}, {"GRADER_WORKERS": "2"}, {"GRADER_CREDENTIALS": "keep"}])
def test_the_environment_is_the_one_that_the_command_checks(tests: str | None, environment: dict[str, str]) -> None:
    template = Template.load()
    values = template.defaults() | Options(template, tests=tests, environment=environment).parameters()
    found = properties("Function", **{**values, "ImageUri": IMAGE})["Environment"]["Variables"]
    assert found == variables_of(template, values)


def test_a_new_revision_is_something_to_publish() -> None:
    one, two = (properties("Function", Revision=revision)["Description"] for revision in ("1", "2"))
    assert one != two, "Lambda publishes no version of a function that has not changed"
    assert properties("Version", Revision="2")["Description"] == "2"


@pytest.mark.parametrize("name", list(read()["Resources"]))
def test_no_resource_of_a_user_is_lost_with_the_stack(name: str) -> None:
    resource = read()["Resources"][name]
    if resource["Type"] == "AWS::Logs::LogGroup":
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    else:
        assert resource.get("DeletionPolicy", "Delete") == "Delete"


def test_only_lambda_may_assume_the_role() -> None:
    (statement,) = properties("ExecutionRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "ManagedPolicyArns" not in properties("ExecutionRole")


def test_an_agent_has_its_own_handler_and_the_right_to_sample() -> None:
    agent = {"Handler": "grader.rollout.lambda_handler"}
    assert properties("Function")["ImageConfig"] == {"Command": ["grader.handler.lambda_handler"]}
    assert properties("Function", **agent)["ImageConfig"] == {"Command": ["grader.rollout.lambda_handler"]}
    assert "GRADER_CREDENTIALS" not in properties("Function", **agent)["Environment"]["Variables"], "calls are signed"
    policies = properties("ExecutionRole", **agent)["ManagedPolicyArns"]
    assert policies == ["arn:aws:iam::aws:policy/AmazonSageMakerJobRuntimeAccess"]


def statements(**parameters: str) -> list[dict[str, Any]]:
    (policy,) = properties("ExecutionRole", **parameters)["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


_LOG = r"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/[\w-]+:log-stream:\*"
_MODEL = r"arn:aws:bedrock:us-east-1:123456789012:inference-profile/.*|arn:aws:bedrock:\*::foundation-model/[^*]*"
NARROWEST = {
    # every environment creates a stream under a name that is not known before
    "logs:CreateLogStream": _LOG,
    "logs:PutLogEvents": _LOG,
    # the prefix is a setting
    "s3:GetObject": r"arn:aws:s3:::bucket/tests/\*",
    # only through the profile, which chooses the region
    "bedrock:InvokeModel": _MODEL,
    "kms:Decrypt": r"arn:aws:kms:us-east-1:123456789012:key/0a1b",
    # these actions know no resources (Service Authorization Reference, "AWS X-Ray")
    "xray:PutTraceSegments": r"\*",
    "xray:PutTelemetryRecords": r"\*",
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


def test_no_statement_could_be_narrower() -> None:
    assert [one["Sid"] for one in statements()] == ["Log"]
    found = {one["Sid"]: one for one in statements(**ALL)}
    # What the role may do in the VPC, Lambda does; the code is denied it.
    allowed, denied = found.pop("Interfaces"), found.pop("NotByTheCode")
    assert set(allowed["Action"]) <= set(denied["Action"])
    assert denied["Condition"] == {
        "ArnEquals": {
            "lambda:SourceFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-rlvr-code-grader"
        }
    }
    assert set(found) == {"Log", "Tests", "Judge", "JudgeBehindProfile", "Environment", "Traces"}
    assert [too_wide(statement) for statement in found.values()] == [[]] * len(found)
    assert found["JudgeBehindProfile"]["Condition"] == {
        "StringEquals": {"bedrock:InferenceProfileArn": ALL["JudgeArn"]}
    }


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
def test_a_wider_statement_is_detected(change: dict[str, Any]) -> None:
    (log,) = statements()
    assert too_wide({**log, **change})


def test_a_log_group_of_somebody_else_is_written_to_alone() -> None:
    (log,) = statements(LogGroupName="/central/grader")
    assert log["Resource"] == "arn:aws:logs:us-east-1:123456789012:log-group:/central/grader:log-stream:*"
    assert properties("Function", LogGroupName="/central/grader")["LoggingConfig"]["LogGroup"] == "/central/grader"
