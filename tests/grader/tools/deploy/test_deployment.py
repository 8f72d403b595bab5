"""What stands after deployments, updates, failures and removals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.client import AwsSession
from grader.errors import CloudError, CloudRequestError, ConfigError, InputError, NothingThereError, ToolError
from grader.tools.deploy.options import architecture_here
from grader.tools.deploy.warm_up import wait_until_provisioned, warm_up
from tests.aws.images import put_image
from tests.grader.tools.deploy.acting import (
    CLOUD,
    NAME,
    TEMPLATE,
    changes,
    everything,
    function_of,
    made,
    removed,
    stack_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws.cloud import Server
    from tests.grader.tools.deploy.acting import Engine

ROLE = f"{NAME}-us-east-1"
LOGS = f"/aws/lambda/{NAME}"
VALUES = {**TEMPLATE.defaults(), "FunctionName": NAME}
EMPTY = {"functions": [], "roles": [], "repositories": [], "logs": []}
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b"


def parameters() -> dict[str, str]:
    """Return the parameters of the stack."""
    (stack,) = CLOUD.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def tags() -> dict[str, str]:
    """Return the tags of the stack."""
    (stack,) = CLOUD.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    return {tag["Key"]: tag["Value"] for tag in stack["Tags"]}


class TestWhatStands:
    def test_the_function_is_as_wanted(self, account: Server, image: str) -> None:
        done = made(
            image=image,
            memory=1769,
            timeout=120,
            storage=1024,
            architecture="arm64",
            retention=7,
            tests="s3://bucket/tests/",
            environment={"GRADER_REWARD_CREDIT": "all"},
        )
        assert done == dict.fromkeys(["LogGroup", "ExecutionRole", "Function", "Version", "Alias"], "Add")
        settings = function_of()
        assert (settings["MemorySize"], settings["Timeout"]) == (1769, 120)
        assert settings["EphemeralStorage"] == {"Size": 1024}
        assert settings["Architectures"] == ["arm64"]
        assert settings["Environment"]["Variables"] == {"GRADER_REWARD_CREDIT": "all"}
        (logs,) = CLOUD.client("logs").describe_log_groups()["logGroups"]
        assert logs["retentionInDays"] == 7
        assert warm_up(VALUES, LOGS, CLOUD) == {"grader": "doctor"}

    def test_a_second_time_changes_nothing(self, account: Server, image: str) -> None:
        made(image=image, memory=1769, tests="s3://bucket/tests/")
        assert made(image=image, memory=1769, tests="s3://bucket/tests/") == {}

    def test_fewer_options_keep_what_stands(self, account: Server, image: str) -> None:
        made(
            image=image,
            memory=1769,
            timeout=120,
            tests="s3://bucket/tests/",
            environment={"GRADER_REWARD_CREDIT": "all", "GRADER_WORKERS": "2"},
        )
        assert made() == {}
        assert made(environment={"GRADER_WORKERS": "3"}) == {
            "Function": "Modify",
            "Version": "Modify again",
            "Alias": "Modify",
        }
        settings = function_of()
        assert (settings["MemorySize"], settings["Timeout"]) == (1769, 120)
        assert settings["Environment"]["Variables"] == {"GRADER_REWARD_CREDIT": "all", "GRADER_WORKERS": "3"}
        policy = CLOUD.client("iam").get_role_policy(RoleName=ROLE, PolicyName="grader")["PolicyDocument"]
        assert [one["Sid"] for one in policy["Statement"]] == ["Log", "Tests"], "the right to read the tests stays"

    def test_an_empty_option_takes_back_what_was_given(self, account: Server, image: str) -> None:
        made(image=image, tests="s3://bucket/tests/", environment={"GRADER_WORKERS": "2"})
        made(tests="", environment={"GRADER_WORKERS": ""})
        assert function_of()["Environment"]["Variables"] == {"GRADER_CREDENTIALS": "drop"}
        policy = CLOUD.client("iam").get_role_policy(RoleName=ROLE, PolicyName="grader")["PolicyDocument"]
        assert [one["Sid"] for one in policy["Statement"]] == ["Log"]

    def test_reset_returns_to_the_defaults_but_keeps_the_image(self, account: Server, image: str) -> None:
        made(image=image, memory=1769, timeout=120, tags={"team": "rl"})
        made(reset=True, timeout=60)
        settings = function_of()
        assert (settings["MemorySize"], settings["Timeout"]) == (3538, 60)
        assert CLOUD.call("lambda", "get_function", "it", FunctionName=NAME)["Code"]["ImageUri"] == image
        assert "team" not in tags()

    def test_a_change_of_memory_changes_function_and_alias_alone(self, account: Server, image: str) -> None:
        made(image=image)
        assert made(memory=1769) == {"Function": "Modify", "Version": "Modify again", "Alias": "Modify"}
        assert function_of()["MemorySize"] == 1769

    def test_a_change_of_the_retention_publishes_no_version(self, account: Server, image: str) -> None:
        made(image=image)
        assert made(retention=7) == {"LogGroup": "Modify"}

    def test_a_change_of_the_tests_prefix_changes_the_policy_and_the_credentials(
        self, account: Server, image: str
    ) -> None:
        made(image=image)
        done = made(tests="s3://bucket/tests/")
        assert set(done) == {"ExecutionRole", "Function", "Version", "Alias"}
        assert "Environment" not in function_of(), "without a variable that drops the credentials"

    def test_a_role_that_is_given_is_neither_made_nor_removed(self, account: Server, image: str) -> None:
        role = CLOUD.client("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        assert "ExecutionRole" not in made(image=image, role=role)
        removed()
        assert everything()["roles"] == ["mine"]

    def test_resources_of_another_deployment_are_left_unchanged(self, account: Server, image: str) -> None:
        made("SageMaker-a", image=image)
        made("SageMaker-ab", image=image)
        removed("SageMaker-a")
        assert everything()["functions"] == ["SageMaker-ab"]
        assert everything()["roles"] == ["SageMaker-ab-us-east-1"]

    def test_tags_are_added_and_taken_back(self, account: Server, image: str) -> None:
        made(image=image, tags={"team": "rl", "cost": "1"})
        made(tags={"cost": ""}, memory=1769)
        assert tags() == {"made-by": "rlvr-code-grader", "grader-deployment": NAME, "team": "rl"}


class TestOptionsOfAnAccount:
    def test_the_function_has_all_of_them(self, account: Server, image: str) -> None:
        made(
            image=image,
            reserved=20,
            provisioned=5,
            tracing="Active",
            boundary="arn:aws:iam::123456789012:policy/edge",
            environment_key=KEY,
            log_key=KEY,
            subnet="subnet-1,subnet-2",
            security_group="sg-1",
            invokers=["210987654321", "arn:aws:iam::210987654321:role/Training"],
            environment={"GRADER_ENVELOPE": "http"},
        )
        settings = function_of()
        assert settings["TracingConfig"] == {"Mode": "Active"}
        assert settings["KMSKeyArn"] == KEY
        assert settings["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
        assert settings["Environment"]["Variables"]["GRADER_ENVELOPE"] == "http"
        client = CLOUD.client("lambda")
        assert client.get_function_concurrency(FunctionName=NAME)["ReservedConcurrentExecutions"] == 20
        held = client.get_provisioned_concurrency_config(FunctionName=NAME, Qualifier="live")
        assert held["RequestedProvisionedConcurrentExecutions"] == 5
        role = CLOUD.client("iam").get_role(RoleName=ROLE)["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == "arn:aws:iam::123456789012:policy/edge"
        policy = CLOUD.client("iam").get_role_policy(RoleName=ROLE, PolicyName="grader")["PolicyDocument"]
        sids = [one["Sid"] for one in policy["Statement"]]
        assert sids == ["Log", "Environment", "Traces", "Interfaces", "NotByTheCode"]
        statements = json.loads(client.get_policy(FunctionName=NAME)["Policy"])["Statement"]
        assert len(statements) == 4, "each of the two may invoke the alias, and the function without it"
        made(reserved="", provisioned=0, tracing="PassThrough", subnet="", security_group="", invokers=[""])
        assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=NAME)

    def test_the_repository_has_its_own(self, account: Server, engine: Engine) -> None:
        made(build=False, pull_account="210987654321", keep_images=5, scan="false")
        ecr, name = CLOUD.client("ecr"), {"repositoryName": NAME.lower()}
        policy = json.loads(ecr.get_repository_policy(**name)["policyText"])
        assert [one["Sid"] for one in policy["Statement"]] == [
            "LambdaECRImageRetrievalPolicy",
            "Accounts",
            "FunctionsOfAccounts",
        ]
        other = policy["Statement"][2]["Condition"]["StringLike"]["aws:sourceArn"]
        assert other == ["arn:*:lambda:*:210987654321:function:*"]
        rules = json.loads(ecr.get_lifecycle_policy(**name)["lifecyclePolicyText"])["rules"]
        assert rules[0]["selection"]["countNumber"] == 5
        found = ecr.describe_repositories(repositoryNames=[NAME.lower()])["repositories"][0]
        assert found["imageTagMutability"] == "IMMUTABLE"
        assert found["imageScanningConfiguration"] == {"scanOnPush": False}


class TestNamesOfOthers:
    """Names that are taken are seen before anything is made."""

    @staticmethod
    def refused(account: Server, message: str, **options: Any) -> None:
        account.take_calls()
        with pytest.raises(CloudRequestError, match=message):
            made(**options)
        assert changes(account.take_calls()) == []

    def test_a_function(self, account: Server, image: str) -> None:
        role = CLOUD.client("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        CLOUD.client("lambda").create_function(
            FunctionName=NAME, PackageType="Image", Code={"ImageUri": image}, Role=role
        )
        self.refused(
            account, f"function {NAME}: one of this name in us-east-1 does not belong to the stack", image=image
        )
        assert removed().stack is None
        assert everything()["functions"] == [NAME]

    def test_a_role(self, account: Server, image: str) -> None:
        CLOUD.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
        self.refused(account, f"IAM role {ROLE}: .* or --role", image=image)

    def test_a_log_group(self, account: Server, image: str) -> None:
        CLOUD.client("logs").create_log_group(logGroupName=LOGS)
        self.refused(account, f"log group {LOGS}: .* or --log-group {LOGS} to write to it", image=image)
        made(image=image, log_group=LOGS)
        removed()
        assert everything()["logs"] == [LOGS], "used, and left as it is"

    def test_a_repository(self, account: Server, engine: Engine) -> None:
        CLOUD.client("ecr").create_repository(repositoryName=NAME.lower())
        self.refused(account, f"ECR repository {NAME.lower()}: .* or --image", build=False)
        assert [note["words"][0] for note in engine.commands] == ["image"], "nothing was pushed to it"

    def test_a_stack(self, account: Server, image: str) -> None:
        CLOUD.client("cloudformation").create_change_set(
            StackName=NAME,
            ChangeSetName="mine",
            ChangeSetType="CREATE",
            TemplateBody=TEMPLATE.text,
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        made_of_others = CLOUD.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        assert len(made_of_others) == 1
        self.refused(account, f"stack {NAME}: one of this name .* was not created by grader deploy", image=image)
        with pytest.raises(CloudRequestError, match="was not created by grader deploy"):
            removed()


def test_what_a_killed_command_left_is_no_stack_of_others(account: Server, image: str) -> None:
    stack = stack_of()
    assert stack.prepare(TEMPLATE, {**VALUES, "ImageUri": image}, {}, None) is not None
    assert made(image=image)["Function"] == "Add"


class TestTheImage:
    def test_an_image_of_this_host_is_tagged_and_pushed(self, account: Server, engine: Engine) -> None:
        made(build=False)
        words = [note["words"][0] for note in engine.commands]
        assert words == ["image", "tag", "login", "push", "logout"]
        assert engine.commands[1]["words"][1] == "rlvr-code-grader"
        assert engine.commands[1]["words"][2].endswith("-img-abababababababab")

    def test_another_base_or_architecture_is_another_image(self, account: Server, engine: Engine) -> None:
        here, other = ("x86_64", "arm64") if architecture_here() == "x86_64" else ("arm64", "x86_64")
        made(architecture=here)
        made(base="debian")
        made(architecture=other)
        builds = [note["settings"] for note in engine.commands if note["words"][0] == "build"]
        assert [set(one) for one in builds] == [{"IMAGE"}, {"IMAGE", "BASE_IMAGE"}, {"IMAGE", "PLATFORM", "BASE_IMAGE"}]
        assert len({one["IMAGE"] for one in builds}) == 3
        assert builds[2]["BASE_IMAGE"] == "debian", "the base stays"

    def test_a_given_image_stays_until_another_is_asked_for(self, account: Server, image: str, engine: Engine) -> None:
        made(image=image)
        made(memory=1769)
        assert engine.commands == []
        made(build=True)
        assert function_of()["CodeSha256"]
        uri = CLOUD.call("lambda", "get_function", "it", FunctionName=NAME)["Code"]["ImageUri"]
        assert f"/{NAME.lower()}:{NAME}-src-" in uri
        assert function_of()["MemorySize"] == 1769

    @pytest.mark.parametrize("command", ["build", "login", "push"])
    def test_a_failed_command_leaves_nobody_logged_in(
        self, account: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        monkeypatch.setenv("ENGINE_FAILS", command)
        with pytest.raises(ToolError, match="failed with exit code"):
            made()
        words = [note["words"][0] for note in engine.commands]
        assert ("login" in words) == ("logout" in words)
        monkeypatch.delenv("ENGINE_FAILS")
        assert made()["Function"] == "Add"
        removed()
        assert everything() == EMPTY

    def test_images_of_others_keep_the_repository_from_being_removed(self, account: Server, engine: Engine) -> None:
        made(build=False)
        put_image(CLOUD.client("ecr"), NAME.lower(), "theirs", create=False)
        with pytest.raises(CloudRequestError, match=r"images that grader deploy has not pushed \(theirs"):
            removed()
        assert everything()["functions"] == [NAME], "nothing was removed"

    @pytest.mark.parametrize(
        ("uri", "message"),
        [
            ("docker.io/library/grader:1", "private registry of ECR only"),
            ("public.ecr.aws/a/grader:1", "private registry of ECR only"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com/mine", "with a tag or a digest"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:one", "is in eu-west-1, but Lambda needs"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com.cn/mine:one", "is not a registry of us-east-1"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:two", "there is no such image"),
            ("210987654321.dkr.ecr.us-east-1.amazonaws.com/theirs:one", "no such image in account 210987654321"),
        ],
    )
    def test_an_image_that_lambda_cannot_use_is_refused(
        self, account: Server, image: str, uri: str, message: str
    ) -> None:
        with pytest.raises((InputError, ConfigError), match=message):
            made(image=uri)
        assert changes(account.take_calls()) == []


class TestFailures:
    @pytest.mark.parametrize(
        "call",
        ["iam:CreateRole", "iam:PutRolePolicy", "logs:PutRetentionPolicy", "lambda:POST /2015-03-31/functions.*"],
    )
    def test_a_failed_creation_leaves_nothing(self, account: Server, image: str, call: str) -> None:
        account.refuse({"call": call, "code": "LimitExceeded", "status": 400, "times": 1})
        with pytest.raises(CloudError, match=f"stack {NAME}: was not created, nothing of it is left: .*LimitExceeded"):
            made(image=image)
        assert everything() == {**EMPTY, "repositories": ["mine"]}
        assert made(image=image)["Function"] == "Add"

    def test_a_failed_update_is_rolled_back(self, account: Server, image: str) -> None:
        made(image=image, retention=7)
        account.refuse({"call": "lambda:PUT .*/configuration", "code": "ServiceException", "status": 400, "times": 1})
        with pytest.raises(
            CloudError, match=r"everything is as it was before: Function .AWS::Lambda::Function.: .*Service"
        ):
            made(memory=1769, retention=30)
        (logs,) = CLOUD.client("logs").describe_log_groups()["logGroups"]
        assert (function_of()["MemorySize"], logs["retentionInDays"]) == (3538, 7)
        assert made() == {}, "the stack has its former parameters"
        assert made(memory=1769)["Function"] == "Modify"

    def test_a_failed_first_function_leaves_the_repository(self, account: Server, engine: Engine) -> None:
        refusal = {"call": "lambda:POST /2015-03-31/functions", "code": "ServiceException", "status": 400, "times": 1}
        account.refuse(refusal)
        with pytest.raises(CloudError, match="the repository stands with the image in it: run `grader deploy` again"):
            made(build=False)
        assert everything() == {**EMPTY, "repositories": [NAME.lower()]}
        made(build=False)
        pushes = [note for note in engine.commands if note["words"][0] == "push"]
        assert len(pushes) == 1, "the second time goes on from there"

    def test_a_failed_deletion_says_what_is_in_the_way(self, account: Server, image: str) -> None:
        made(image=image)
        account.refuse({"call": "iam:DeleteRole", "code": "DeleteConflict", "status": 409, "times": 1})
        with pytest.raises(CloudError, match=r"not deleted .DELETE_FAILED.: ExecutionRole .*DeleteConflict"):
            removed()
        with pytest.raises(
            CloudRequestError, match="is in the state DELETE_FAILED, and cannot be changed; `grader und"
        ):
            made()
        removed()
        assert everything() == {**EMPTY, "repositories": ["mine"]}

    def test_a_function_that_answers_with_an_error(self, account: Server, image: str) -> None:
        made(image=image)
        account.refuse({"call": "lambda:.*invocations", "code": "ServiceException", "status": 500})
        with pytest.raises(CloudError, match="AWS has failed"):
            warm_up(VALUES, LOGS, AwsSession(attempts=1))

    def test_a_function_without_the_alias(self, account: Server) -> None:
        account.refuse({"call": "lambda:.*invocations", "code": "ResourceNotFoundException", "status": 404})
        with pytest.raises(NothingThereError, match=f"function {NAME}:live: there is none in us-east"):
            warm_up(VALUES, LOGS, CLOUD)


class TestTheLog:
    def test_it_may_be_kept_and_is_used_again(self, account: Server, image: str) -> None:
        made(image=image)
        assert removed(keep_logs=True).log_group is None
        assert everything()["logs"] == [LOGS]
        assert everything()["roles"] == []
        lines: list[str] = []
        assert "LogGroup" not in made(image=image, lines=lines)
        assert any("kept by an earlier undeploy" in line for line in lines)
        assert parameters()["LogGroupName"] == LOGS
        assert removed().log_group == LOGS
        assert everything()["logs"] == []

    def test_a_kept_log_is_removed_without_a_stack(self, account: Server, image: str) -> None:
        made(image=image)
        removed(keep_logs=True)
        again = removed()
        assert (again.stack, again.log_group) == (None, LOGS)
        assert removed().log_group is None


def test_provisioned_concurrency_is_waited_for(account: Server) -> None:
    from botocore.stub import Stubber  # noqa: PLC0415 - slow to import

    place = {"FunctionName": NAME, "Qualifier": "live"}
    values = {**VALUES, "ProvisionedConcurrency": "5"}
    with Stubber(CLOUD.client("lambda")) as stub:
        for status in ("IN_PROGRESS", "IN_PROGRESS", "READY"):
            stub.add_response("get_provisioned_concurrency_config", {"Status": status}, place)
        wait_until_provisioned(values, CLOUD, pause_s=0.0)
        failed = {"Status": "FAILED", "StatusReason": "FUNCTION_ERROR_INIT_FAILURE"}
        stub.add_response("get_provisioned_concurrency_config", failed, place)
        with pytest.raises(CloudError, match="deployed, but FAILED: FUNCTION_ERROR_INIT_FAILURE"):
            wait_until_provisioned(values, CLOUD, pause_s=0.0)
    wait_until_provisioned(VALUES, CLOUD)


def test_a_grader_outside_of_a_checkout_needs_an_image(
    account: Server, image: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from grader.tools.deploy import source  # noqa: PLC0415 - only here

    monkeypatch.setattr(source, "__file__", str(tmp_path / "lib/grader/tools/deploy/source.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="run this in a clone of the repository, or use --image URI"):
        made()
    made(image=image)
    assert made(memory=1769)["Function"] == "Modify", "what stands needs no checkout"
