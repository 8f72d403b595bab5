from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.client import AwsSession
from grader.aws.lambda_function import FunctionName
from grader.cli.main import app
from grader.errors import CloudError, CloudRequestError, ConfigError, InputError, NothingThereError
from grader.tools.jobs.bedrock import BedrockJob
from grader.tools.jobs.checks import function_region, resolve_function
from grader.tools.jobs.evaluator import Evaluator, register
from grader.tools.jobs.request import violations
from grader.tools.jobs.sagemaker import SageMakerJob
from grader.tools.jobs.spec import read_spec
from tests.aws.images import put_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.cloud import Server

CLOUD = AwsSession(region="us-east-1")
"""One for all tests, because clients are slow to make."""
PLAIN = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-rlvr-code-grader"
ARN = f"{PLAIN}:live"
ROLE = "arn:aws:iam::123456789012:role/training"
BEDROCK = {
    "job_name": "one",
    "model_name": "mine",
    "base_model": "amazon.nova-2-lite-v1:0:256k",
    "role": ROLE,
    "training_data": "s3://bucket/train.jsonl",
    "output": "s3://bucket/out/",
}
SAGEMAKER = {
    "job_name": "one",
    "base_model": "huggingface-llm-qwen3-32b",
    "role": ROLE,
    "training_data": "s3://bucket/train.jsonl",
    "output": "s3://bucket/out/",
}


@pytest.fixture(autouse=True)
def one_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command takes that one, too, where it would make one for the same region."""

    def cloud(*, profile: str | None, region: str | None) -> AwsSession:
        return CLOUD if region in {None, CLOUD.region} else AwsSession(profile=profile, region=region)

    monkeypatch.setattr("grader.cli.job.AwsSession", cloud)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a job's file: keys, and the hyper-parameters."""

    def write_job(keys: dict[str, Any], **hyperparameters: Any) -> str:
        path = tmp_path / "job.toml"
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        lines += ["[hyperparameters]", *[f"{key} = {json.dumps(value)}" for key, value in hyperparameters.items()]]
        path.write_text("\n".join(lines))
        return str(path)

    return write_job


@pytest.fixture
def function(aws: Server) -> str:
    """A function with an alias."""
    role = CLOUD.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    image = put_image(CLOUD.client("ecr"), "mine", "one")
    client = CLOUD.client("lambda")
    name = "SageMaker-rlvr-code-grader"
    client.create_function(FunctionName=name, PackageType="Image", Code={"ImageUri": image}, Role=role)
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    aws.take_calls()
    return name


def job(*args: str) -> None:
    """The command, in this process: errors are those that `grader` turns into exit codes."""
    app(["job", *args], prog_name="grader", standalone_mode=False)


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> list[dict[str, Any]]:
    job(*args)
    out, err = capsys.readouterr()
    assert err.endswith("not sent; --start sends it\n")
    requests: list[dict[str, Any]] = json.loads(out)
    return requests


class TestBedrock:
    def test_it_is_printed_with_the_arn_and_nothing_is_sent(
        self, aws: Server, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (request,) = printed(capsys, "bedrock", write(BEDROCK, batchSize=32, learningRate=5e-5), "--function", ARN)
        assert (request["service"], request["operation"]) == ("bedrock", "create_model_customization_job")
        assert request["parameters"]["customizationConfig"]["rftConfig"] == {
            "graderConfig": {"lambdaGrader": {"lambdaArn": ARN}},
            "hyperParameters": {"batchSize": 32, "learningRate": 5e-5},
        }
        assert request["parameters"]["customizationType"] == "REINFORCEMENT_FINE_TUNING"
        assert aws.take_calls() == []

    def test_it_is_started_with_a_function_that_is_there(
        self, aws: Server, function: str, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = {"training_data": "s3://bucket/train/", "validation_data": "s3://bucket/valid/"}
        job("bedrock", write({**BEDROCK, "function": f"{function}:live", **data}), "--start")
        assert capsys.readouterr().out.startswith("arn:aws:bedrock:us-east-1:123456789012:model-customization-job/")
        assert [call.partition("/")[0] for call in aws.take_calls()][-1] == "bedrock:POST "
        found = CLOUD.client("bedrock").get_model_customization_job(jobIdentifier="one")
        assert found["outputModelName"].startswith("mine")
        assert found["customizationType"] == "REINFORCEMENT_FINE_TUNING"

    @pytest.mark.parametrize(
        ("hyperparameters", "told"),
        [
            ({"batchSize": 8}, "job.toml: hyperparameters.batchSize: 8, and at least 16 is wanted"),
            ({"batchSize": 1024}, "hyperparameters.batchSize: 1024, and at most 512 is wanted"),
            ({"batchSize": "32"}, "hyperparameters.batchSize: a whole number is wanted, not '32'"),
            ({"epochCount": True}, "hyperparameters.epochCount: a whole number is wanted, not True"),
            ({"learningRate": 0.1}, "hyperparameters.learningRate: 0.1, and at most 0.001 is wanted"),
            ({"reasoningEffort": "huge"}, "hyperparameters.reasoningEffort: one of low, medium, high is wanted"),
            ({"batchsize": 32}, "hyperparameters.batchsize: unknown key; did you mean batchSize?"),
            ({"batchSize": 8, "epochCount": 0}, "hyperparameters.epochCount: 0, and at least 1"),
        ],
    )
    def test_limits_of_the_service_are_held(
        self, aws: Server, write: Callable[..., str], hyperparameters: dict[str, Any], told: str
    ) -> None:
        with pytest.raises(ConfigError) as raised:
            job("bedrock", write(BEDROCK, **hyperparameters), "--function", ARN, "--start")
        assert told in str(raised.value)
        assert "\n" not in str(raised.value)
        assert not any("bedrock" in call for call in aws.take_calls())

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"job_nam": "x"}, "job.toml: job_nam: unknown key; did you mean job_name?"),
            ({"zzz": "x"}, "job.toml: zzz: unknown key; there are job_name, model_name,"),
            ({"role": ""}, "job.toml: role: is missing"),
            ({"role": "training"}, "job.toml: role: 'training' is not of the form arn:aws"),
            ({"output": "bucket/out"}, "job.toml: output: 'bucket/out' is not of the form s3://"),
            ({"training_data": 7}, "job.toml: training_data: text is wanted, not 7"),
        ],
    )
    def test_keys_are_named(self, aws: Server, write: Callable[..., str], change: dict[str, Any], told: str) -> None:
        with pytest.raises(ConfigError) as raised:
            job("bedrock", write({**BEDROCK, **change}), "--function", ARN)
        assert told in str(raised.value)
        assert aws.take_calls() == []

    def test_the_documentation_s_example_is_a_job(
        self, aws: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = Path(__file__).parents[4] / "docs/deployment.md"
        (example,) = re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)
        file = tmp_path / "job.toml"
        file.write_text(example)
        (request,) = printed(capsys, "bedrock", str(file), "--function", ARN)
        assert request["parameters"]["jobName"] == "reverse-strings-1"
        assert aws.take_calls() == []

    def test_a_region_the_documentation_does_not_name_is_noted(
        self, aws: Server, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        job("bedrock", write(BEDROCK), "--function", ARN.replace("us-east-1", "eu-west-1"))
        assert "note: base_model: Nova is customized in us-east-1" in capsys.readouterr().err
        assert aws.take_calls() == []

    @pytest.mark.parametrize(
        ("text", "told"), [("a = ", "job.toml: not TOML"), (None, "job.toml: No such file or directory")]
    )
    def test_a_file_that_cannot_be_read(self, tmp_path: Path, text: str | None, told: str) -> None:
        path = tmp_path / "job.toml"
        if text is not None:
            path.write_text(text)
        with pytest.raises(ConfigError, match=told):
            read_spec(BedrockJob, str(path))


class TestFunction:
    def test_a_name_becomes_an_arn(self, function: str) -> None:
        assert str(resolve_function(f"{function}:live", CLOUD, must_exist=False)) == ARN
        assert str(resolve_function(PLAIN, CLOUD, must_exist=True)) == PLAIN

    def test_there_is_none(self, aws: Server) -> None:
        with pytest.raises(NothingThereError, match="function SageMaker-x: there is none in us-east-1; `grader deploy"):
            resolve_function("SageMaker-x:live", CLOUD, must_exist=False)
        assert aws.take_calls()

    def test_it_has_no_such_alias(self, function: str) -> None:
        with pytest.raises(NothingThereError, match="has no alias or version other in us-east-1; `grader deploy"):
            resolve_function(f"{function}:other", CLOUD, must_exist=True)

    def test_it_is_in_another_region(self, function: str) -> None:
        elsewhere = ARN.replace("us-east-1", "eu-west-1")
        with pytest.raises(CloudRequestError, match="is in eu-west-1, and the job would be in us-east-1"):
            function_region(elsewhere, "us-east-1")
        with pytest.raises(CloudRequestError, match="is in eu-west-1, and the job would be in us-east-1"):
            resolve_function(elsewhere, CLOUD, must_exist=False)
        assert function_region(elsewhere, None) == "eu-west-1"
        assert function_region(function, None) is None

    def test_none_is_named(self, write: Callable[..., str]) -> None:
        with pytest.raises(ConfigError, match="function: is missing; give it there or by --function"):
            job("bedrock", write(BEDROCK))

    def test_an_expired_token(self, aws: Server, function: str, write: Callable[..., str]) -> None:
        aws.refuse({"call": ".*", "code": "ExpiredTokenException", "status": 403})
        with pytest.raises(CloudRequestError, match="credentials have expired"):
            job("bedrock", write(BEDROCK), "--function", ARN, "--start")


class TestData:
    """What is looked at before a job is sent."""

    @staticmethod
    def start(write: Callable[..., str], function: str, place: str) -> None:
        job("bedrock", write({**BEDROCK, "training_data": place}), "--function", f"{function}:live", "--start")

    def test_it_is_not_there(self, aws: Server, function: str, write: Callable[..., str]) -> None:
        with pytest.raises(InputError, match=r"training_data: s3://no-such-bucket/train\.jsonl: is not there"):
            self.start(write, function, "s3://no-such-bucket/train.jsonl")
        assert not any(call.startswith("bedrock:") for call in aws.take_calls())

    def test_it_is_too_short_or_long_enough(self, aws: Server, function: str, write: Callable[..., str]) -> None:
        client = CLOUD.client("s3")
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="train.jsonl", Body=b"{}\n" * 99 + b"\n\n")
        with pytest.raises(InputError, match=r"train\.jsonl: has 99 lines, and at least 100 are wanted"):
            self.start(write, function, "s3://bucket/train.jsonl")
        client.put_object(Bucket="bucket", Key="train.jsonl", Body=b"{}\n" * 100)
        self.start(write, function, "s3://bucket/train.jsonl")
        assert any(call.startswith("bedrock:") for call in aws.take_calls())

    def test_what_may_not_be_read_from_here_is_noted(
        self, aws: Server, function: str, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        aws.refuse({"call": "s3:.*", "code": "AccessDenied", "status": 403})
        self.start(write, function, "s3://bucket/train.jsonl")
        assert (
            "note: is not looked at before: training_data: s3://bucket/train.jsonl: access" in capsys.readouterr().err
        )


class TestSageMaker:
    def test_it_is_printed_with_the_evaluator_that_it_needs(
        self, aws: Server, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write({**SAGEMAKER, "sequence_length": "8K", "max_runtime_s": 3600}, global_batch_size=64, flag=True)
        evaluator, request = printed(capsys, "sagemaker", file, "--function", PLAIN)
        assert evaluator["operation"] == "import_hub_content"
        document = json.loads(evaluator["parameters"]["HubContentDocument"])
        assert json.loads(document["JsonContent"])["Reference"] == PLAIN
        config = request["parameters"]["ServerlessJobConfig"]
        hub = evaluator["parameters"]["HubName"]
        assert config == {
            "BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/"
            "Model/huggingface-llm-qwen3-32b",
            "JobType": "FineTuning",
            "CustomizationTechnique": "RLVR",
            "EvaluatorArn": "arn:aws:sagemaker:us-east-1:123456789012:hub-content/"
            f"{hub}/JsonDoc/SageMaker-rlvr-code-grader/1.0.0",
            "AcceptEula": False,
            "Peft": "LORA",
            "SequenceLength": "8K",
        }
        assert request["parameters"]["HyperParameters"] == {"global_batch_size": "64", "flag": "true"}
        assert aws.take_calls() == []

    def test_it_is_started_with_an_evaluator_that_is_there(
        self, aws: Server, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        from botocore.stub import Stubber  # noqa: PLC0415 - slow to import

        evaluator = "arn:aws:sagemaker:us-east-1:123456789012:hub-content/HUB/JsonDoc/mine/1.0.0"
        file = write({**SAGEMAKER, "evaluator": evaluator, "training_data": "s3://bucket/train/"})
        wanted = read_spec(SageMakerJob, file).request(evaluator, CLOUD, file=file).parameters
        arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/one"
        with Stubber(CLOUD.client("sagemaker")) as stub:  # moto knows no serverless jobs
            stub.add_response("create_training_job", {"TrainingJobArn": arn}, dict(wanted))
            job("sagemaker", file, "--start")
        assert capsys.readouterr().out.strip() == arn
        assert aws.take_calls() == []

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"sequence_length": "lots"}, "sequence_length: 'lots' is not of the form"),
            ({"peft": "other"}, 'peft: "LORA" or "full" is wanted'),
            ({"accept_eula": "yes"}, "accept_eula: true or false is wanted, not 'yes'"),
            ({"job_name": "with spaces"}, "job_name: 'with spaces' is not of the form"),
            ({"function": PLAIN, "evaluator": "arn"}, "leave out one of function and evaluator"),
            ({"model_package_group": "mine"}, "model_package_group: 'mine' is not of the form"),
        ],
    )
    def test_keys_are_named(self, aws: Server, write: Callable[..., str], change: dict[str, Any], told: str) -> None:
        with pytest.raises(ConfigError) as raised:
            job("sagemaker", write({**SAGEMAKER, **change}), "--function", PLAIN)
        assert f"job.toml: {told}" in str(raised.value) or told in str(raised.value)
        assert aws.take_calls() == []

    @pytest.mark.parametrize(
        ("function", "told"),
        [(ARN, "takes no alias and no version; leave out :live"), (PLAIN.replace("SageMaker-", ""), "in their names")],
    )
    def test_functions_that_sagemaker_does_not_take(
        self, aws: Server, write: Callable[..., str], function: str, told: str
    ) -> None:
        with pytest.raises(CloudRequestError, match=told):
            job("sagemaker", write(SAGEMAKER), "--function", function)
        assert aws.take_calls() == []

    def test_defaults_are_read(self, write: Callable[..., str]) -> None:
        order = read_spec(SageMakerJob, write(SAGEMAKER))
        assert (order.peft, order.accept_eula, order.hyperparameters) == ("LORA", False, {})


class TestEvaluator:
    """moto has no registry: botocore's Stubber stands in for it."""

    EVALUATOR = Evaluator("grader", FunctionName.parse(PLAIN), domain="d-1")
    PLACE = {  # noqa: RUF012 - a constant
        "HubName": EVALUATOR.hub,
        "HubContentType": "JsonDoc",
        "HubContentName": "grader",
    }

    def answer(self, status: str = "Available", version: str = "1.0.0", document: str | None = None) -> dict[str, Any]:
        return {
            "HubContentName": "grader",
            "HubContentArn": self.EVALUATOR.arn(version),
            "HubContentVersion": version,
            "HubContentType": "JsonDoc",
            "DocumentSchemaVersion": "2.0.0",
            "HubName": self.EVALUATOR.hub,
            "HubArn": f"arn:aws:sagemaker:us-east-1:123456789012:hub/{self.EVALUATOR.hub}",
            "HubContentDocument": self.EVALUATOR.document if document is None else document,
            "HubContentStatus": status,
            "CreationTime": 0,
            "FailureReason": "no reason",
        }

    @pytest.fixture
    def stub(self, aws: Server) -> Any:
        from botocore.stub import Stubber  # noqa: PLC0415 - slow to import

        with Stubber(CLOUD.client("sagemaker")) as stub:
            yield stub
            stub.assert_no_pending_responses()

    def missing(self, stub: Any, operation: str, **place: Any) -> None:
        stub.add_client_error(operation, "ResourceNotFound", expected_params=place)

    def test_the_registry_s_name_is_the_one_that_the_sdk_derives(self) -> None:
        assert self.EVALUATOR.hub_title == "AiRegistry-us-east-1-123456789012"
        assert set(self.EVALUATOR.hub) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUV")
        assert len(self.EVALUATOR.hub) == 52

    def test_it_is_registered_with_registry_and_waited_for(self, stub: Any) -> None:
        hub = self.EVALUATOR.hub
        self.missing(stub, "describe_hub_content", **self.PLACE)
        self.missing(stub, "describe_hub", HubName=hub)
        made = {"HubName": hub, "HubDisplayName": self.EVALUATOR.hub_title, "HubDescription": "AI Registry Hub"}
        stub.add_response("create_hub", {"HubArn": "arn"}, made)
        wanted = dict(self.EVALUATOR.request().parameters)
        assert wanted["HubContentSearchKeywords"][-1] == "@domain:d-1"
        stub.add_response("import_hub_content", {"HubArn": "arn", "HubContentArn": "arn"}, wanted)
        stub.add_response("describe_hub_content", self.answer("Importing"), self.PLACE)
        stub.add_response("describe_hub_content", self.answer(), self.PLACE)
        assert register(self.EVALUATOR, CLOUD, pause_s=0.0) == self.EVALUATOR.arn()

    def test_one_that_is_there_is_left_as_it_is(self, stub: Any) -> None:
        stub.add_response("describe_hub_content", self.answer(version="3.0.0"), self.PLACE)
        assert register(self.EVALUATOR, CLOUD) == self.EVALUATOR.arn("3.0.0")

    def test_another_function_is_the_next_version(self, stub: Any) -> None:
        stub.add_response("describe_hub_content", self.answer(version="3.0.0", document="{}"), self.PLACE)
        hub = {"HubArn": "a", "HubName": "b", "HubStatus": "InService", "CreationTime": 0, "LastModifiedTime": 0}
        stub.add_response("describe_hub", hub, {"HubName": self.EVALUATOR.hub})
        wanted = dict(self.EVALUATOR.request("4.0.0").parameters)
        stub.add_response("import_hub_content", {"HubArn": "arn", "HubContentArn": "arn"}, wanted)
        stub.add_response("describe_hub_content", self.answer(version="4.0.0"), self.PLACE)
        assert register(self.EVALUATOR, CLOUD) == self.EVALUATOR.arn("4.0.0")

    def test_an_import_that_fails_says_why(self, stub: Any) -> None:
        stub.add_response("describe_hub_content", self.answer("ImportFailed"), self.PLACE)
        with pytest.raises(CloudError, match="evaluator grader: ImportFailed: no reason"):
            register(self.EVALUATOR, CLOUD)

    def test_a_name_that_the_registry_does_not_take(self, stub: Any) -> None:
        with pytest.raises(ConfigError, match="--name: 'two words' is not of the form"):
            register(Evaluator("two words", FunctionName.parse(PLAIN)), CLOUD)

    def test_the_command_prints_it(self, aws: Server, capsys: pytest.CaptureFixture[str]) -> None:
        (request,) = printed(capsys, "evaluator", "--function", PLAIN)
        assert request["parameters"]["HubContentName"] == "SageMaker-rlvr-code-grader"
        assert aws.take_calls() == []


class TestLimits:
    """Every kind of a service's description, with one that has them all."""

    @staticmethod
    def found(value: Any) -> list[str]:
        model = CLOUD.client("bedrock").meta.service_model
        shape = model.operation_model("CreateModelCustomizationJob").input_shape
        return [path for path, _ in violations(shape, {**_WHOLE, **value})]

    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ({"jobTags": [{"key": "a", "value": "b"}, {"key": "a"}]}, "jobTags[1].value"),
            ({"jobTags": {"key": "a"}}, "jobTags"),
            ({"hyperParameters": {"a": 1}}, "hyperParameters.a"),
            ({"vpcConfig": {"subnetIds": [], "securityGroupIds": ["sg-1"]}}, "vpcConfig.subnetIds"),
            ({"roleArn": None}, "roleArn"),
            ({"jobName": ""}, "jobName"),
            ({"trainingDataConfig": {"s3Uri": "s3://bucket/" + "a" * 2000}}, "trainingDataConfig.s3Uri"),
        ],
    )
    def test_names_the_place(self, aws: Server, value: dict[str, Any], path: str) -> None:
        assert path in self.found(value)

    def test_says_nothing_of_what_is_right(self, aws: Server) -> None:
        assert self.found({}) == []


_WHOLE = {
    "jobName": "a",
    "customModelName": "b",
    "roleArn": ROLE,
    "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
    "trainingDataConfig": {"s3Uri": "s3://bucket/a"},
    "outputDataConfig": {"s3Uri": "s3://bucket/b"},
}
