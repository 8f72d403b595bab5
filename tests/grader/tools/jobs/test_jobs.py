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
"""Session for all tests, because clients are slow to create."""
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
    """Let the command use `CLOUD` where it would make a session for the same region."""

    def cloud(*, profile: str | None, region: str | None) -> AwsSession:
        return CLOUD if region in {None, CLOUD.region} else AwsSession(profile=profile, region=region)

    monkeypatch.setattr("grader.cli.job.AwsSession", cloud)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a job's file with keys and hyperparameters."""

    def write_job(keys: dict[str, Any], **hyperparameters: Any) -> str:
        path = tmp_path / "job.toml"
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        lines += ["[hyperparameters]", *[f"{key} = {json.dumps(value)}" for key, value in hyperparameters.items()]]
        path.write_text("\n".join(lines))
        return str(path)

    return write_job


@pytest.fixture
def function(aws: Server) -> str:
    """Create a function with an alias, and return its name."""
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
    """Run the command in this process; it raises the errors that `grader` turns into exit codes."""
    app(["job", *args], prog_name="grader", standalone_mode=False)


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> list[dict[str, Any]]:
    job(*args)
    out, err = capsys.readouterr()
    assert err.endswith("not sent (use --start to send it)\n")
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

    def test_it_is_started_with_a_function_that_exists(
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
        ("hyperparameters", "message"),
        [
            ({"batchSize": 8}, "job.toml: hyperparameters.batchSize: 8 is less than the minimum of 16"),
            ({"batchSize": 1024}, "hyperparameters.batchSize: 1024 is more than the maximum of 512"),
            ({"batchSize": "32"}, "hyperparameters.batchSize: expected a whole number, not '32'"),
            ({"epochCount": True}, "hyperparameters.epochCount: expected a whole number, not True"),
            ({"learningRate": 0.1}, "hyperparameters.learningRate: 0.1 is more than the maximum of 0.001"),
            (
                {"reasoningEffort": "huge"},
                "hyperparameters.reasoningEffort: expected one of low, medium, high, not 'huge'",
            ),
            ({"batchsize": 32}, "hyperparameters.batchsize: unknown key; did you mean batchSize?"),
            ({"batchSize": 8, "epochCount": 0}, "hyperparameters.epochCount: 0 is less than the minimum of 1"),
        ],
    )
    def test_limits_of_the_service_are_checked(
        self, aws: Server, write: Callable[..., str], hyperparameters: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ConfigError) as raised:
            job("bedrock", write(BEDROCK, **hyperparameters), "--function", ARN, "--start")
        assert message in str(raised.value)
        assert "\n" not in str(raised.value)
        assert not any("bedrock" in call for call in aws.take_calls())

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"job_nam": "x"}, "job.toml: job_nam: unknown key; did you mean job_name?"),
            ({"zzz": "x"}, "job.toml: zzz: unknown key; known keys: job_name, model_name,"),
            ({"role": ""}, "job.toml: role: missing"),
            ({"role": "training"}, "job.toml: role: 'training' does not match arn:aws"),
            ({"output": "bucket/out"}, "job.toml: output: 'bucket/out' does not match s3://"),
            ({"training_data": 7}, "job.toml: training_data: text is wanted, not 7"),
        ],
    )
    def test_keys_are_named(self, aws: Server, write: Callable[..., str], change: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError) as raised:
            job("bedrock", write({**BEDROCK, **change}), "--function", ARN)
        assert message in str(raised.value)
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
        assert "note: base_model: the documentation lists us-east-1 for customizing Nova" in capsys.readouterr().err
        assert aws.take_calls() == []

    @pytest.mark.parametrize(
        ("text", "message"), [("a = ", "job.toml: not TOML"), (None, "job.toml: No such file or directory")]
    )
    def test_a_file_that_cannot_be_read(self, tmp_path: Path, text: str | None, message: str) -> None:
        path = tmp_path / "job.toml"
        if text is not None:
            path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            read_spec(BedrockJob, str(path))


class TestFunction:
    def test_a_name_becomes_an_arn(self, function: str) -> None:
        assert str(resolve_function(f"{function}:live", CLOUD, must_exist=False)) == ARN
        assert str(resolve_function(PLAIN, CLOUD, must_exist=True)) == PLAIN

    def test_it_does_not_exist(self, aws: Server) -> None:
        with pytest.raises(
            NothingThereError, match="function SageMaker-x: does not exist in us-east-1; `grader deploy"
        ):
            resolve_function("SageMaker-x:live", CLOUD, must_exist=False)
        assert aws.take_calls()

    def test_it_has_no_such_alias(self, function: str) -> None:
        with pytest.raises(NothingThereError, match="has no alias or version other in us-east-1; `grader deploy"):
            resolve_function(f"{function}:other", CLOUD, must_exist=True)

    def test_it_is_in_another_region(self, function: str) -> None:
        elsewhere = ARN.replace("us-east-1", "eu-west-1")
        with pytest.raises(CloudRequestError, match="is in eu-west-1, but the job would be in us-east-1"):
            function_region(elsewhere, "us-east-1")
        with pytest.raises(CloudRequestError, match="is in eu-west-1, but the job would be in us-east-1"):
            resolve_function(elsewhere, CLOUD, must_exist=False)
        assert function_region(elsewhere, None) == "eu-west-1"
        assert function_region(function, None) is None

    def test_none_is_named(self, write: Callable[..., str]) -> None:
        with pytest.raises(ConfigError, match="function: missing; set it there or with --function"):
            job("bedrock", write(BEDROCK))

    def test_an_expired_token(self, aws: Server, function: str, write: Callable[..., str]) -> None:
        aws.refuse({"call": ".*", "code": "ExpiredTokenException", "status": 403})
        with pytest.raises(CloudRequestError, match="credentials have expired"):
            job("bedrock", write(BEDROCK), "--function", ARN, "--start")


class TestData:
    """Checks of the training data before a job is sent."""

    @staticmethod
    def start(write: Callable[..., str], function: str, uri: str) -> None:
        job("bedrock", write({**BEDROCK, "training_data": uri}), "--function", f"{function}:live", "--start")

    def test_it_does_not_exist(self, aws: Server, function: str, write: Callable[..., str]) -> None:
        with pytest.raises(InputError, match=r"training_data: s3://no-such-bucket/train\.jsonl: does not exist"):
            self.start(write, function, "s3://no-such-bucket/train.jsonl")
        assert not any(call.startswith("bedrock:") for call in aws.take_calls())

    def test_it_is_too_short_or_long_enough(self, aws: Server, function: str, write: Callable[..., str]) -> None:
        client = CLOUD.client("s3")
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="train.jsonl", Body=b"{}\n" * 99 + b"\n\n")
        with pytest.raises(InputError, match=r"train\.jsonl: has 99 lines; at least 100 are required"):
            self.start(write, function, "s3://bucket/train.jsonl")
        client.put_object(Bucket="bucket", Key="train.jsonl", Body=b"{}\n" * 100)
        self.start(write, function, "s3://bucket/train.jsonl")
        assert any(call.startswith("bedrock:") for call in aws.take_calls())

    def test_data_that_these_credentials_cannot_read_is_noted(
        self, aws: Server, function: str, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        aws.refuse({"call": "s3:.*", "code": "AccessDenied", "status": 403})
        self.start(write, function, "s3://bucket/train.jsonl")
        assert "note: not checked: training_data: s3://bucket/train.jsonl: access" in capsys.readouterr().err


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

    def test_it_is_started_with_an_existing_evaluator(
        self, aws: Server, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        from botocore.stub import Stubber  # noqa: PLC0415 - slow to import

        evaluator = "arn:aws:sagemaker:us-east-1:123456789012:hub-content/HUB/JsonDoc/mine/1.0.0"
        file = write({**SAGEMAKER, "evaluator": evaluator, "training_data": "s3://bucket/train/"})
        parameters = read_spec(SageMakerJob, file).request(evaluator, CLOUD, file=file).parameters
        arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/one"
        with Stubber(CLOUD.client("sagemaker")) as stub:  # moto knows no serverless jobs
            stub.add_response("create_training_job", {"TrainingJobArn": arn}, dict(parameters))
            job("sagemaker", file, "--start")
        assert capsys.readouterr().out.strip() == arn
        assert aws.take_calls() == []

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"sequence_length": "lots"}, "sequence_length: 'lots' does not match"),
            ({"peft": "other"}, 'peft: "LORA" or "full" is wanted'),
            ({"accept_eula": "yes"}, "accept_eula: true or false is wanted, not 'yes'"),
            ({"job_name": "with spaces"}, "job_name: 'with spaces' does not match"),
            ({"function": PLAIN, "evaluator": "arn"}, "evaluator: cannot be combined with function"),
            ({"model_package_group": "mine"}, "model_package_group: 'mine' does not match"),
        ],
    )
    def test_keys_are_named(self, aws: Server, write: Callable[..., str], change: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError) as raised:
            job("sagemaker", write({**SAGEMAKER, **change}), "--function", PLAIN)
        assert f"job.toml: {message}" in str(raised.value) or message in str(raised.value)
        assert aws.take_calls() == []

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (ARN, "does not accept an alias or version; leave out :live"),
            (PLAIN.replace("SageMaker-", ""), "`SageMaker` in the name"),
        ],
    )
    def test_functions_that_sagemaker_does_not_accept(
        self, aws: Server, write: Callable[..., str], function: str, message: str
    ) -> None:
        with pytest.raises(CloudRequestError, match=message):
            job("sagemaker", write(SAGEMAKER), "--function", function)
        assert aws.take_calls() == []

    def test_defaults_are_read(self, write: Callable[..., str]) -> None:
        spec = read_spec(SageMakerJob, write(SAGEMAKER))
        assert (spec.peft, spec.accept_eula, spec.hyperparameters) == ("LORA", False, {})


class TestEvaluator:
    """moto has no registry: botocore's Stubber stands in for it."""

    EVALUATOR = Evaluator("grader", FunctionName.parse(PLAIN), domain="d-1")
    KEY = {  # noqa: RUF012 - a constant
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

    def missing(self, stub: Any, operation: str, **parameters: Any) -> None:
        stub.add_client_error(operation, "ResourceNotFound", expected_params=parameters)

    def test_the_registry_s_name_is_the_one_that_the_sdk_derives(self) -> None:
        assert self.EVALUATOR.hub_title == "AiRegistry-us-east-1-123456789012"
        assert set(self.EVALUATOR.hub) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUV")
        assert len(self.EVALUATOR.hub) == 52

    def test_it_is_registered_with_registry_and_waited_for(self, stub: Any) -> None:
        hub = self.EVALUATOR.hub
        self.missing(stub, "describe_hub_content", **self.KEY)
        self.missing(stub, "describe_hub", HubName=hub)
        made = {"HubName": hub, "HubDisplayName": self.EVALUATOR.hub_title, "HubDescription": "AI Registry Hub"}
        stub.add_response("create_hub", {"HubArn": "arn"}, made)
        parameters = dict(self.EVALUATOR.request().parameters)
        assert parameters["HubContentSearchKeywords"][-1] == "@domain:d-1"
        stub.add_response("import_hub_content", {"HubArn": "arn", "HubContentArn": "arn"}, parameters)
        stub.add_response("describe_hub_content", self.answer("Importing"), self.KEY)
        stub.add_response("describe_hub_content", self.answer(), self.KEY)
        assert register(self.EVALUATOR, CLOUD, pause_s=0.0) == self.EVALUATOR.arn()

    def test_an_existing_one_is_left_unchanged(self, stub: Any) -> None:
        stub.add_response("describe_hub_content", self.answer(version="3.0.0"), self.KEY)
        assert register(self.EVALUATOR, CLOUD) == self.EVALUATOR.arn("3.0.0")

    def test_another_function_is_the_next_version(self, stub: Any) -> None:
        stub.add_response("describe_hub_content", self.answer(version="3.0.0", document="{}"), self.KEY)
        hub = {"HubArn": "a", "HubName": "b", "HubStatus": "InService", "CreationTime": 0, "LastModifiedTime": 0}
        stub.add_response("describe_hub", hub, {"HubName": self.EVALUATOR.hub})
        parameters = dict(self.EVALUATOR.request("4.0.0").parameters)
        stub.add_response("import_hub_content", {"HubArn": "arn", "HubContentArn": "arn"}, parameters)
        stub.add_response("describe_hub_content", self.answer(version="4.0.0"), self.KEY)
        assert register(self.EVALUATOR, CLOUD) == self.EVALUATOR.arn("4.0.0")

    def test_the_reason_of_a_failed_import_is_reported(self, stub: Any) -> None:
        stub.add_response("describe_hub_content", self.answer("ImportFailed"), self.KEY)
        with pytest.raises(CloudError, match="evaluator grader: ImportFailed: no reason"):
            register(self.EVALUATOR, CLOUD)

    def test_a_name_that_the_registry_does_not_take(self, stub: Any) -> None:
        with pytest.raises(ConfigError, match="--name: 'two words' does not match"):
            register(Evaluator("two words", FunctionName.parse(PLAIN)), CLOUD)

    def test_the_command_prints_it(self, aws: Server, capsys: pytest.CaptureFixture[str]) -> None:
        (request,) = printed(capsys, "evaluator", "--function", PLAIN)
        assert request["parameters"]["HubContentName"] == "SageMaker-rlvr-code-grader"
        assert aws.take_calls() == []


class TestLimits:
    """Every kind of rule in a service's API model, with an operation that has them all."""

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
    def test_the_location_of_a_violation_is_named(self, aws: Server, value: dict[str, Any], path: str) -> None:
        assert path in self.found(value)

    def test_valid_parameters_have_no_violations(self, aws: Server) -> None:
        assert self.found({}) == []


_WHOLE = {
    "jobName": "a",
    "customModelName": "b",
    "roleArn": ROLE,
    "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
    "trainingDataConfig": {"s3Uri": "s3://bucket/a"},
    "outputDataConfig": {"s3Uri": "s3://bucket/b"},
}
