from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.client import AwsSession
from grader.errors import CloudError, CloudRequestError, ConfigError, InputError, NothingThereError, ToolError
from grader.tools.deploy.actions import AwsCall, ResourceStatus, Wait
from grader.tools.deploy.concurrency import Concurrency
from grader.tools.deploy.function import Function
from grader.tools.deploy.image import Image
from grader.tools.deploy.plan import plan_for, removal_of
from grader.tools.deploy.policies import execution_policy
from grader.tools.deploy.runner import ActionRunner
from grader.tools.deploy.settings import Deployment, architecture_here
from grader.tools.deploy.warm_up import warm_up
from tests.grader.tools.deploy.acting import CLOUD, changes, everything, made, removed

if TYPE_CHECKING:
    from tests.aws.cloud import Server
    from tests.grader.tools.deploy.acting import Engine

ROLE = "IAM role SageMaker-rlvr-code-grader-us-east-1"
FUNCTION = "function SageMaker-rlvr-code-grader"
ALIAS = "alias SageMaker-rlvr-code-grader:live"
LOGS = "log group /aws/lambda/SageMaker-rlvr-code-grader"


def outcomes(steps: dict[str, Any]) -> dict[str, ResourceStatus]:
    return {title: step.outcome for title, step in steps.items()}


class TestWhatIsThere:
    def test_the_function_is_as_wanted(self, account: Server, image: str) -> None:
        deployment = Deployment(
            image=image,
            memory_mb=1769,
            timeout_s=120,
            storage_mb=1024,
            architecture="arm64",
            retention_days=7,
            tests="s3://bucket/tests/",
            environment={"GRADER_REWARD_CREDIT": "all"},
        )
        made(deployment)
        found = CLOUD.call("lambda", "get_function", "it", FunctionName=deployment.name, Qualifier="live")
        settings = found["Configuration"]
        assert (settings["MemorySize"], settings["Timeout"]) == (1769, 120)
        assert settings["EphemeralStorage"] == {"Size": 1024}
        assert settings["Architectures"] == ["arm64"]
        assert settings["Environment"]["Variables"] == {"GRADER_REWARD_CREDIT": "all"}
        (logs,) = CLOUD.client("logs").describe_log_groups()["logGroups"]
        assert logs["retentionInDays"] == 7
        assert warm_up(deployment, CLOUD) == {"grader": "doctor"}

    def test_a_change_of_memory_changes_function_and_alias_alone(self, account: Server, image: str) -> None:
        made(Deployment(image=image))
        steps = outcomes(made(Deployment(image=image, memory_mb=1769)))
        assert steps == {
            ROLE: ResourceStatus.UNCHANGED,
            LOGS: ResourceStatus.UNCHANGED,
            FUNCTION: ResourceStatus.CHANGED,
            ALIAS: ResourceStatus.CHANGED,
        }
        found = CLOUD.call("lambda", "get_function", "it", FunctionName=Deployment().name, Qualifier="live")
        assert found["Configuration"]["MemorySize"] == 1769

    def test_a_change_of_the_tests_prefix_changes_the_policy(self, account: Server, image: str) -> None:
        made(Deployment(image=image))
        steps = outcomes(made(Deployment(image=image, tests="s3://bucket/tests/")))
        assert steps[ROLE] is ResourceStatus.CHANGED
        assert steps[FUNCTION] is ResourceStatus.CHANGED, "credentials are no longer dropped"

    def test_a_role_that_is_given_is_neither_made_nor_removed(self, account: Server, image: str) -> None:
        role = CLOUD.client("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        deployment = Deployment(image=image, role=role)
        assert list(made(deployment)) == [LOGS, FUNCTION, ALIAS]
        removed(deployment)
        assert everything()["roles"] == ["mine"]

    def test_existing_resources_are_used_and_left_unchanged(self, account: Server, engine: Engine) -> None:
        cloud, deployment = CLOUD, Deployment()
        cloud.client("ecr").create_repository(repositoryName=deployment.repository)
        cloud.client("iam").create_role(RoleName=deployment.role_name("us-east-1"), AssumeRolePolicyDocument="{}")
        cloud.client("logs").create_log_group(logGroupName=deployment.log_group)
        steps = outcomes(made(deployment))
        repository = f"ECR repository {deployment.repository}"
        assert [steps[title] for title in (repository, ROLE, LOGS)] == [ResourceStatus.OTHERS] * 3
        gone = outcomes(removed(deployment))
        assert gone[FUNCTION] is ResourceStatus.REMOVED
        assert [gone[title] for title in (repository, ROLE, LOGS)] == [ResourceStatus.OTHERS] * 3
        left = everything()
        assert left.pop("functions") == []
        assert all(len(names) == 1 for names in left.values())
        images = cloud.client("ecr").list_images(repositoryName=deployment.repository)["imageIds"]
        assert images == [], "the image is ours, in whosever repository"

    def test_a_function_created_by_others_is_left_unchanged(self, account: Server, image: str) -> None:
        deployment = Deployment(image=image)
        role = CLOUD.client("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        CLOUD.client("lambda").create_function(
            FunctionName=deployment.name, PackageType="Image", Code={"ImageUri": image}, Role=role
        )
        account.take_calls()
        with pytest.raises(CloudRequestError, match="was not created by grader deploy"):
            made(deployment)
        assert changes(account.take_calls()) == [], "what is in the way is seen before anything is made"
        assert outcomes(removed(deployment))[FUNCTION] is ResourceStatus.OTHERS
        assert everything()["functions"] == [deployment.name]

    def test_logs_may_be_kept(self, account: Server, image: str) -> None:
        deployment = Deployment(image=image)
        made(deployment)
        removal_of(deployment, CLOUD, keep_logs=True).carry_out(CLOUD, ActionRunner(CLOUD), lambda _: None)
        assert everything()["logs"] == [deployment.log_group]
        assert everything()["roles"] == []
        assert outcomes(removed(deployment))[LOGS] is ResourceStatus.REMOVED

    def test_resources_of_another_deployment_are_left_unchanged(self, account: Server, image: str) -> None:
        made(Deployment(image=image, name="SageMaker-a"))
        made(Deployment(image=image, name="SageMaker-ab"))
        removed(Deployment(name="SageMaker-a"))
        assert everything()["functions"] == ["SageMaker-ab"]
        assert everything()["roles"] == ["SageMaker-ab-us-east-1"]


class TestTheImage:
    def test_an_image_of_this_host_is_tagged_and_pushed(self, account: Server, engine: Engine) -> None:
        made(Deployment())
        words = [note["words"][0] for note in engine.commands]
        assert words == ["image", "tag", "login", "push", "logout"]
        assert engine.commands[1]["words"][1] == "rlvr-code-grader"
        assert engine.commands[1]["words"][2].endswith("-img-abababababababab")

    def test_another_base_or_architecture_is_another_image(self, account: Server, engine: Engine) -> None:
        here, other = ("x86_64", "arm64") if architecture_here() == "x86_64" else ("arm64", "x86_64")
        plain, crossed, based = (
            next(one for one in plan_for(deployment, CLOUD, base=base).resources if isinstance(one, Image))
            for deployment, base in (
                (Deployment(architecture=here), None),
                (Deployment(architecture=other), None),
                (Deployment(architecture=here), "debian"),
            )
        )
        assert len({plain.uri, crossed.uri, based.uri}) == 3
        builds = [next(one.make(CLOUD)).environment for one in (plain, crossed, based)]
        assert [set(settings) for settings in builds] == [{"IMAGE"}, {"IMAGE", "PLATFORM"}, {"IMAGE", "BASE_IMAGE"}]
        assert engine.commands == [], "so far it was only looked at"

    def test_a_failed_build_or_push_lists_what_was_changed_before(
        self, account: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = f"created or changed so far: ECR repository {Deployment().repository}"
        monkeypatch.setenv("ENGINE_FAILS", "build")
        with pytest.raises(ToolError, match=rf"`deploy/container build` failed .*{message};"):
            made(Deployment(), build=True)
        monkeypatch.setenv("ENGINE_FAILS", "push")
        with pytest.raises(ToolError, match=r"push .* failed .*created or changed so far: image .* \(partly\)"):
            made(Deployment())
        monkeypatch.delenv("ENGINE_FAILS")
        assert outcomes(made(Deployment()))[FUNCTION] is ResourceStatus.MADE
        removed(Deployment())
        assert not any(everything().values())


class TestFailures:
    @pytest.mark.parametrize(
        ("call", "message"),
        [
            ("iam:CreateRole", "nothing was created or changed before"),
            ("iam:PutRolePolicy", f"created or changed so far: {ROLE} (partly);"),
            ("logs:PutRetentionPolicy", f"created or changed so far: {ROLE}, {LOGS} (partly);"),
            ("lambda:POST /2015-03-31/functions", f"created or changed so far: {ROLE}, {LOGS};"),
            ("lambda:POST .*/aliases", f"created or changed so far: {ROLE}, {LOGS}, {FUNCTION}, {ALIAS} (partly);"),
        ],
    )
    def test_a_failure_lists_what_was_changed_before(
        self, account: Server, image: str, call: str, message: str
    ) -> None:
        deployment = Deployment(image=image)
        account.refuse({"call": call, "code": "AccessDeniedException", "status": 403})
        with pytest.raises(CloudRequestError, match="access is denied") as raised:
            made(deployment)
        assert message in str(raised.value)
        assert "`grader undeploy --name SageMaker-rlvr-code-grader --region us-east-1` to remove" in str(raised.value)
        account.refuse()
        removed(deployment)
        assert everything() == {"functions": [], "roles": [], "repositories": ["mine"], "logs": []}
        assert set(outcomes(made(deployment)).values()) == {ResourceStatus.MADE}

    def test_a_failed_deployment_can_be_resumed(self, account: Server, image: str) -> None:
        account.refuse({"call": "iam:PutRolePolicy", "code": "LimitExceeded", "status": 409, "times": 1})
        with pytest.raises(CloudRequestError):
            made(Deployment(image=image))
        steps = outcomes(made(Deployment(image=image)))
        assert steps[ROLE] is ResourceStatus.CHANGED
        assert set(outcomes(made(Deployment(image=image))).values()) == {ResourceStatus.UNCHANGED}

    def test_a_change_in_progress_is_waited_for(self, account: Server, image: str) -> None:
        deployment = Deployment(image=image)
        made(deployment)
        busy = CLOUD.call("lambda", "get_function", "it", FunctionName=deployment.name)
        busy["Configuration"]["LastUpdateStatus"] = "InProgress"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Function, "found", lambda *_, **__: busy)
            function = next(one for one in plan_for(deployment, CLOUD).resources if isinstance(one, Function))
            acts = list(function.make(CLOUD))
        assert acts == [Wait("lambda", "function_updated_v2", {"FunctionName": deployment.name}, FUNCTION)]

    def test_a_call_is_retried_until_lambda_knows_the_new_role(self, account: Server, image: str) -> None:
        account.refuse(
            {
                "call": "lambda:POST /2015-03-31/functions",
                "code": "InvalidParameterValueException",
                "message": "The role defined for the function cannot be assumed by Lambda.",
                "times": 3,
            }
        )
        assert outcomes(made(Deployment(image=image)))[FUNCTION] is ResourceStatus.MADE
        assert account.take_calls().count("lambda:POST /2015-03-31/functions") == 4

    def test_a_failed_removal_lists_what_was_not_removed(self, account: Server, image: str) -> None:
        deployment = Deployment(image=image)
        made(deployment)
        account.refuse({"call": "iam:DeleteRole", "code": "DeleteConflict", "status": 409})
        with pytest.raises(CloudRequestError, match=f"not removed: {ROLE}, .* run the command again"):
            removed(deployment)
        account.refuse()
        assert outcomes(removed(deployment))[ROLE] is ResourceStatus.REMOVED

    def test_a_function_that_answers_with_an_error(self, account: Server, image: str) -> None:
        deployment = Deployment(image=image)
        made(deployment)
        account.refuse({"call": "lambda:.*invocations", "code": "ServiceException", "status": 500})
        with pytest.raises(CloudError, match="AWS has failed"):
            warm_up(deployment, AwsSession(attempts=1))

    def test_a_function_without_the_alias(self, account: Server) -> None:
        account.refuse({"call": "lambda:.*invocations", "code": "ResourceNotFoundException", "status": 404})
        with pytest.raises(
            NothingThereError, match="function SageMaker-rlvr-code-grader:live: there is none in us-east"
        ):
            warm_up(Deployment(), CLOUD)


def test_every_action_is_valid_for_its_service(account: Server, engine: Engine) -> None:
    """Validate against botocore's service model, also calls that moto does not implement."""
    from botocore.validate import ParamValidator  # noqa: PLC0415 - slow to import

    cloud = CLOUD
    deployment = Deployment(provisioned=5, tests="s3://bucket/tests/", environment={"GRADER_REWARD_CREDIT": "all"})
    acts: list[AwsCall | Wait] = []
    for resource in plan_for(deployment, cloud).resources:
        running = resource.make(cloud)
        answer = None
        while True:
            try:
                act = running.send(answer)
            except StopIteration:
                break
            answer = {"Version": "1"}
            if isinstance(act, AwsCall | Wait):
                acts.append(act)
    assert "put_provisioned_concurrency_config" in {getattr(act, "operation", "") for act in acts}
    for act in acts:
        client = cloud.client(act.service)
        if isinstance(act, Wait):
            assert act.waiter in client.waiter_names
        else:
            operation = client.meta.method_to_api_mapping[act.operation]
            model = client.meta.service_model.operation_model(operation)
            report = ParamValidator().validate(act.parameters, model.input_shape)
            assert not report.has_errors(), report.generate_report()


def test_provisioned_concurrency_is_turned_off_by_zero(account: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.stub import Stubber  # noqa: PLC0415 - slow to import

    cloud = CLOUD
    place = {"FunctionName": Deployment().name, "Qualifier": "live"}
    with Stubber(cloud.client("lambda")) as stub:  # moto has no such service
        held = {"RequestedProvisionedConcurrentExecutions": 5}
        stub.add_response("get_provisioned_concurrency_config", held, place)
        assert next(Concurrency(Deployment(), 0).make(cloud)).operation == "delete_provisioned_concurrency_config"
        stub.add_response("get_provisioned_concurrency_config", held, place)
        carried = ActionRunner(cloud).carry_out("it", Concurrency(Deployment(), 5).make(cloud))
        assert carried.outcome is ResourceStatus.UNCHANGED
        stub.add_client_error("get_provisioned_concurrency_config", "ProvisionedConcurrencyConfigNotFoundException")
        request = {**place, "ProvisionedConcurrentExecutions": 5}
        stub.add_response("put_provisioned_concurrency_config", {}, request)
        carried = ActionRunner(cloud).carry_out("it", Concurrency(Deployment(), 5).make(cloud))
        assert carried.outcome is ResourceStatus.MADE


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"name": "two words"}, "--name"),
            ({"name": "a" * 45}, "--name"),
            ({"memory_mb": 127}, "--memory 127: expected 128 to 10240"),
            ({"timeout_s": 901}, "--timeout 901: expected 3 to 900"),
            ({"storage_mb": 511}, "--storage"),
            ({"provisioned": -1}, "--provisioned"),
            ({"architecture": "mips"}, "--architecture"),
            ({"retention_days": 8}, "--retention 8: expected one of 1, 3,"),
            ({"alias": "12"}, "--alias"),
            ({"tests": "s3://bucket"}, "--tests"),
            ({"tests": "s3://bucket/*"}, "--tests"),
            ({"role": "mine"}, "--role"),
            ({"environment": {"PATH": "/"}}, "begin with GRADER_"),
            ({"environment": {"GRADER_WORKERS": "many"}}, "GRADER_WORKERS"),
            ({"environment": {"GRADER_NO_SUCH": "1"}}, "GRADER_NO_SUCH is not a setting"),
        ],
    )
    def test_invalid_values_are_named(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
            Deployment(**settings)

    def test_credentials_are_dropped_unless_they_are_needed(self) -> None:
        assert Deployment().variables == {"GRADER_CREDENTIALS": "drop"}
        assert Deployment(tests="s3://bucket/tests").variables == {}
        assert Deployment(environment={"GRADER_CREDENTIALS": "keep"}).variables == {"GRADER_CREDENTIALS": "keep"}


def test_a_grader_outside_of_a_checkout_needs_an_image(
    account: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from grader.tools.deploy import source  # noqa: PLC0415 - only here

    monkeypatch.setattr(source, "__file__", str(tmp_path / "lib/grader/tools/deploy/source.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="run this in a clone of the repository, or use --image URI"):
        made(Deployment())


class TestJudge:
    """Permissions to call the judge's model."""

    @staticmethod
    def statements(model: str, **settings: str) -> list[dict[str, Any]]:
        deployment = Deployment(environment={"GRADER_JUDGE_MODEL": model, **settings})
        assert deployment.variables == deployment.environment, "credentials are kept"
        place = {"partition": "aws", "region": "us-east-1", "account": "123456789012"}
        policy = execution_policy(deployment, **place)
        found: list[dict[str, Any]] = [one for one in policy["Statement"] if one["Sid"].startswith("Judge")]
        assert all(one["Action"] == ["bedrock:InvokeModel"] for one in found)
        return found

    def test_a_model(self) -> None:
        (model,) = self.statements("amazon.nova-lite-v1:0", GRADER_JUDGE_REGION="eu-west-1")
        assert model["Resource"] == "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"

    @pytest.mark.parametrize("prefix", ["", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"])
    def test_a_profile_and_the_model_behind_it(self, prefix: str) -> None:
        profile, model = self.statements(f"{prefix}us.amazon.nova-lite-v1:0")
        arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"
        assert profile["Resource"] == arn
        assert model["Resource"] == "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0"
        assert model["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": arn}}

    def test_a_model_by_its_arn(self) -> None:
        arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abc"
        (model,) = self.statements(arn)
        assert model["Resource"] == arn

    def test_a_profile_of_an_unknown_model_needs_a_role(self, account: Server, image: str) -> None:
        arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
        with pytest.raises(ConfigError, match="give a --role that may call it"):
            made(Deployment(image=image, environment={"GRADER_JUDGE_MODEL": arn}))
        assert changes(account.take_calls()) == [], "before anything is made"


def test_the_policies_are_as_narrow_as_possible(account: Server, image: str) -> None:
    made(Deployment(image=image, tests="s3://bucket/tests/"))
    policy = CLOUD.client("iam").get_role_policy(RoleName=Deployment().role_name("us-east-1"), PolicyName="grader")
    streams = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/SageMaker-rlvr-code-grader:log-stream:*"
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "Log",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": streams,
        },
        {"Sid": "Tests", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::bucket/tests/*"},
    ]
    assert json.dumps(policy["PolicyDocument"]).count("*") == 2
