"""Register the function as an Evaluator of SageMaker AI: an entry of the account's registry with the function's ARN.

Names, document and search words are those that `sagemaker.ai_registry` of the SageMaker Python SDK 3 writes, so that
its `Evaluator.get` and SageMaker Studio find what is registered here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.aws.retry import poll
from grader.errors import CloudError, CloudRequestError
from grader.tools.jobs.request import Request

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.aws.lambda_function import FunctionName

__all__ = ["Evaluator", "register"]

_KIND: Final = "JsonDoc"
_SUB_TYPE: Final = "AWS/Evaluator"
_TYPE: Final = "RewardFunction"
_FIRST_VERSION: Final = "1.0.0"
_READY, _PENDING = "Available", {"Importing", "PendingImport"}
_IMPORT_TIMEOUT_S: Final = 180.0
_REQUIRED_WORDS: Final = ("SageMaker", "sagemaker", "Sagemaker")


@dataclass(frozen=True, slots=True)
class Evaluator:
    """What is registered.

    Raises:
        CloudRequestError: SageMaker would not call such a function.
    """

    name: str
    function: FunctionName
    """With region and account, and no alias: SageMaker's SDK takes none."""
    domain: str | None = None
    """Of the Studio that is to show it."""

    def __post_init__(self) -> None:
        if self.function.qualifier is not None:
            raise CloudRequestError(
                f"function {self.function}: SageMaker's SDK takes no alias and no version; leave out "
                f":{self.function.qualifier}"
            )
        if not any(word in self.function.name for word in _REQUIRED_WORDS):
            raise CloudRequestError(
                f"function {self.function}: SageMaker calls only functions with `SageMaker` in their names; deploy it "
                "under such a name"
            )

    @property
    def hub(self) -> str:
        """The name of the account's registry in that region, and what it is derived from."""
        return base64.b32hexencode(hashlib.sha256(self.hub_title.encode()).digest()).decode().rstrip("=")

    @property
    def hub_title(self) -> str:
        """How the registry is called for people."""
        return f"AiRegistry-{self.function.region}-{self.function.account}"

    def arn(self, version: str = _FIRST_VERSION) -> str:
        """What jobs are given."""
        place = f"arn:{self.function.partition}:sagemaker:{self.function.region}:{self.function.account}"
        return f"{place}:hub-content/{self.hub}/{_KIND}/{self.name}/{version}"

    @property
    def document(self) -> str:
        """What the entry says."""
        content = {"Reference": str(self.function), "EvaluatorType": _TYPE}
        return json.dumps({"SubType": _SUB_TYPE, "JsonContent": json.dumps(content)})

    def request(self, version: str = _FIRST_VERSION) -> Request:
        """The call that registers it."""
        words = [
            "method:lambda",
            f"@subtype:{_SUB_TYPE.lower()}",
            f"@evaluatortype:{_TYPE.lower()}",
            "@contenttype:byolambda",
        ]
        parameters = {
            "HubName": self.hub,
            "HubContentType": _KIND,
            "HubContentName": self.name,
            "HubContentVersion": version,
            "DocumentSchemaVersion": "2.0.0",
            "HubContentDocument": self.document,
            "HubContentSearchKeywords": [*words, *([f"@domain:{self.domain}"] if self.domain else [])],
        }
        keys = {"HubContentName": "--name"}
        return Request("sagemaker", "import_hub_content", parameters, f"evaluator {self.name}", keys)


def register(evaluator: Evaluator, cloud: AwsSession, *, pause_s: float = 2.0) -> str:
    """Have the evaluator registered, unless it is; its ARN, when it can be used.

    Another function under the same name becomes the next version.

    Raises:
        ConfigError: SageMaker would refuse it, and nothing was sent.
        CloudRequestError, CloudError: AWS refuses, fails, or does not come to an end.
    """
    evaluator.request().check(cloud)
    found = _find_content(evaluator, cloud)
    if found is None or json.loads(found["HubContentDocument"]) != json.loads(evaluator.document):
        version = _FIRST_VERSION if found is None else _next_version(found["HubContentVersion"])
        about = f"registry {evaluator.hub_title}"
        if cloud.find("sagemaker", "describe_hub", about, HubName=evaluator.hub) is None:
            hub = {"HubName": evaluator.hub, "HubDisplayName": evaluator.hub_title}
            cloud.call("sagemaker", "create_hub", about, HubDescription="AI Registry Hub", **hub)
        evaluator.request(version).send(cloud)
        found = None
    if found is None or found["HubContentStatus"] in _PENDING:
        found = poll(lambda: _find_imported(evaluator, cloud), wait_s=pause_s, timeout_s=_IMPORT_TIMEOUT_S)
    if found is None:
        raise CloudError(f"evaluator {evaluator.name}: is still being imported; run it again", transient=True)
    if found["HubContentStatus"] != _READY:
        reason = found.get("FailureReason", "no reason is given")
        raise CloudError(f"evaluator {evaluator.name}: {found['HubContentStatus']}: {reason}")
    arn: str = found["HubContentArn"]
    return arn


def _find_content(evaluator: Evaluator, cloud: AwsSession) -> Any | None:
    about = f"evaluator {evaluator.name}"
    place = {"HubName": evaluator.hub, "HubContentType": _KIND, "HubContentName": evaluator.name}
    return cloud.find("sagemaker", "describe_hub_content", about, **place)


def _find_imported(evaluator: Evaluator, cloud: AwsSession) -> Any | None:
    content = _find_content(evaluator, cloud)
    return None if content is None or content["HubContentStatus"] in _PENDING else content


def _next_version(version: str) -> str:
    return f"{int(version.partition('.')[0]) + 1}.0.0"
