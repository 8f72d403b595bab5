"""`deploy/permissions`: the policies allow the calls that are really made, and no others."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from grader.errors import GraderError
from tests.deploy.policies import FOLDER, Call, actions_of, allows, handler_actions, policy, recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.aws.cloud import Server
    from tests.grader.tools.deploy.acting import Engine

NAME = "SageMaker-rlvr-code-grader"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:"
PUSH = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}
"""What a container engine calls ("IAM permissions for pushing an image" in the Amazon ECR User Guide)."""
UNUSED = {
    # properties that the template does not have
    "s3": "code in S3",
    "s3files": "file systems",
    "elasticfilesystem": "file systems",
    "firehose": "delivery of logs",
    "codedeploy": "gradual deployments",
    "lambda:AssociateRuntimeAlias": "runtimes of one's own",
    "lambda:DeleteFunctionCodeSigningConfig": "code signing, which images do not have",
    "lambda:GetCodeSigningConfig": "the same",
    "lambda:PutFunctionCodeSigningConfig": "the same",
    "lambda:GetLayerVersion": "layers",
    "lambda:PassCapacityProvider": "managed instances",
    "lambda:PutFunctionRecursionConfig": "recursion",
    "lambda:PutFunctionScalingConfig": "managed instances",
    "lambda:PutRuntimeManagementConfig": "managed runtimes",
    "logs:CreateLogDelivery": "delivery of logs",
    "logs:DeleteDataProtectionPolicy": "data protection",
    "logs:PutDataProtectionPolicy": "the same",
    "logs:DeleteIndexPolicy": "field indexes",
    "logs:PutIndexPolicy": "the same",
    "logs:DeleteResourcePolicy": "resource policies",
    "logs:PutResourcePolicy": "the same",
    "logs:PutBearerTokenAuthentication": "bearer tokens",
    "logs:PutLogGroupDeletionProtection": "deletion protection",
}
"""Actions in the schemas of resources that the template never needs, by service or name."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Record the calls of the AWS client in this process."""
    found: list[Call] = []
    original: Callable[..., Any] = BaseClient._make_api_call

    def record(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        call = recorded(client.meta.service_model.signing_name, operation, parameters)
        if call is not None and call not in found:
            found.append(call)
        return original(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return found


def of_the_template() -> set[str]:
    """Return the actions by which CloudFormation makes the resources of the template."""
    from tests.aws.stack_resources import KINDS  # noqa: PLC0415 - slow to import

    found = set().union(*map(handler_actions, KINDS))
    return {action for action in found if action not in UNUSED and action.partition(":")[0] not in UNUSED}


@pytest.mark.slow
def test_deploying_and_removing_need_what_the_policy_allows(
    account: Server, engine: Engine, calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.tools.deploy.warm_up import wait_until_provisioned, warm_up  # noqa: PLC0415 - slow to import
    from tests.grader.tools.deploy.acting import CLOUD, TEMPLATE, made, removed, stack_of  # noqa: PLC0415 - as above

    made(build=False, provisioned=2)
    values = {**TEMPLATE.defaults(), "FunctionName": NAME, "ProvisionedConcurrency": "2"}
    wait_until_provisioned(values, CLOUD)
    warm_up(values, "", CLOUD)
    made(build=False, memory=1769)
    made(memory=1769)
    account.refuse({"call": "lambda:PUT .*/configuration", "code": "ServiceException", "status": 400, "times": 1})
    with pytest.raises(GraderError):
        made(memory=2048)
    removed(keep_logs=True)
    # What a command leaves that is killed.
    stack_of().prepare(TEMPLATE, {**values, "RepositoryName": NAME.lower()}, {}, None)
    made(build=False)
    removed()
    # By the stand-in for docker, which pushes with a key of its own.
    allowed = policy("deploy")
    assert calls
    assert [call for call in calls if not allows(allowed, call)] == []
    used = {call.action for call in calls} | of_the_template() | PUSH | {"iam:PassRole"}
    assert set(actions_of(allowed)) - used == set(), "nothing is allowed that nobody calls"


@pytest.mark.parametrize("action", sorted(of_the_template()))
def test_cloudformation_may_do_in_the_name_of_its_caller_what_the_template_needs(action: str) -> None:
    allowed = policy("deploy") + policy("deploy-in-vpc") + policy("deploy-with-kms")
    assert action in actions_of(allowed)


def test_a_second_deployment_needs_the_tags() -> None:
    assert "lambda:ListTags" in actions_of(policy("deploy"))


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.json"))])
def test_every_policy_is_one_that_iam_accepts(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    document = json.loads(text)
    assert document["Version"] == "2012-10-17"
    # Quotas of IAM: 6,144 characters of a managed policy, without white space
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144
    for one in document["Statement"]:
        if name != "training-role-trust":
            assert one["Action"] == sorted(one["Action"])
            assert not any("*" in action for action in one["Action"])


def test_a_policy_for_one_deployment_allows_nothing_on_others() -> None:
    other = "arn:aws:lambda:us-east-1:123456789012:function:somebody-elses"
    for action in actions_of(policy("deploy")):
        if action.startswith("lambda:"):
            assert not allows(policy("deploy"), Call(action, other))
    assert not allows(policy("deploy"), Call("iam:PassRole", "arn:aws:iam::123456789012:role/admin"))


def test_reading_logs_needs_what_the_policy_allows(aws: Server, calls: list[Call]) -> None:
    import boto3  # noqa: PLC0415 - slow to import

    from grader.cli.logs import logs  # noqa: PLC0415 - as above

    boto3.client("logs").create_log_group(logGroupName=f"/aws/lambda/{NAME}")
    calls.clear()
    logs(function=NAME, query=["slowest"], as_json=True)
    assert calls
    assert [call for call in calls if not allows(policy("read-logs"), call)] == []
    assert set(actions_of(policy("read-logs"))) - {call.action for call in calls} == {"logs:StopQuery"}, "an interrupt"


def test_invoking_needs_what_the_policy_allows() -> None:
    for resource in (f"function:{NAME}", f"function:{NAME}:live"):
        call = Call("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:123456789012:{resource}")
        assert allows(policy("invoke"), call)
    services = policy("training-role-trust")[0]["Principal"]["Service"]
    assert {"bedrock.amazonaws.com", "sagemaker.amazonaws.com"} <= set(services)


@pytest.mark.parametrize("kind", ["bedrock", "sagemaker"])
def test_starting_jobs_needs_what_the_policy_allows(
    aws: Server, calls: list[Call], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    from grader.cli.main import app  # noqa: PLC0415 - slow to import

    # The resources of a policy to paste are placeholders.
    keys = {
        "job_name": "one",
        "base_model": "amazon.nova-2-lite-v1:0:256k" if kind == "bedrock" else "huggingface-llm-qwen3-32b",
        "role": "arn:aws:iam::123456789012:role/YOUR-TRAINING-ROLE",
        "training_data": "s3://your-bucket/train.jsonl",
        "output": "s3://your-bucket/out/",
        **({"model_name": "mine"} if kind == "bedrock" else {}),
    }
    file = tmp_path / "job.toml"
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))
    recording, seen = BaseClient._make_api_call, set()

    def answer(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Answer as AWS does when it knows the function, and neither a registry nor an evaluator yet."""
        first = operation not in seen
        seen.add(operation)
        # Recorded first; the answer of moto, which knows few of these calls, is not looked at.
        with suppress(Exception):
            recording(client, operation, parameters)
        match operation:
            case "DescribeHub" | "DescribeHubContent" if first:
                raise ClientError({"Error": {"Code": "ResourceNotFound", "Message": "no"}}, operation)
            case "DescribeHubContent":
                return {"HubContentStatus": "Available", "HubContentArn": f"{ARN}hub-content/a/JsonDoc/b/1.0.0"}
            case "GetObject":
                return {"Body": StreamingBody(BytesIO(b"{}\n" * 100), 300)}
            case "GetCallerIdentity":
                return {"Account": "123456789012"}
        return {"jobArn": "arn", "TrainingJobArn": "arn", "Configuration": {}}

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    app(["job", kind, str(file), "--function", NAME, "--start"], prog_name="grader", standalone_mode=False)
    allowed = policy("start-jobs")
    assert [call for call in calls if not allows(allowed, call)] == []
    ours = {"bedrock": ("lambda", "s3", "bedrock"), "sagemaker": ("lambda", "s3", "sagemaker")}[kind]
    wanted = {action for action in actions_of(allowed) if action.startswith(ours)}
    assert {call.action for call in calls} == wanted
