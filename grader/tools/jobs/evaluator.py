"""Register the function as an evaluator of SageMaker AI: an entry of the account's registry with the function's ARN.

Names, document and search keywords are those that `sagemaker.ai_registry` of the SageMaker Python SDK 3 writes, so that
its `Evaluator.get` and SageMaker Studio find the entry.
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
    """Entry of the registry.

    Raises:
        CloudRequestError: SageMaker does not call such a function.
    """

    name: str
    function: FunctionName
    """Function with region and account, without an alias, which SageMaker's SDK does not accept."""
    domain: str | None = None
    """SageMaker Studio domain that lists the evaluator."""

    def __post_init__(self) -> None:
        if self.function.qualifier is not None:
            raise CloudRequestError(
                f"function {self.function}: SageMaker's SDK does not accept an alias or version; leave out "
                f":{self.function.qualifier}"
            )
        if not any(word in self.function.name for word in _REQUIRED_WORDS):
            raise CloudRequestError(
                f"function {self.function}: SageMaker only calls functions with `SageMaker` in the name; deploy it "
                "under such a name"
            )

    @property
    def hub(self) -> str:
        """Name of the account's registry in the region; a hash of `hub_title`, as SageMaker's SDK makes it."""
        return base64.b32hexencode(hashlib.sha256(self.hub_title.encode()).digest()).decode().rstrip("=")

    @property
    def hub_title(self) -> str:
        """Display name of the registry."""
        return f"AiRegistry-{self.function.region}-{self.function.account}"

    def arn(self, version: str = _FIRST_VERSION) -> str:
        """Return the ARN of a version of the evaluator, for training jobs."""
        registry = f"arn:{self.function.partition}:sagemaker:{self.function.region}:{self.function.account}"
        return f"{registry}:hub-content/{self.hub}/{_KIND}/{self.name}/{version}"

    @property
    def document(self) -> str:
        """Content of the entry, as JSON."""
        content = {"Reference": str(self.function), "EvaluatorType": _TYPE}
        return json.dumps({"SubType": _SUB_TYPE, "JsonContent": json.dumps(content)})

    def request(self, version: str = _FIRST_VERSION) -> Request:
        """Build the request that registers a version."""
        keywords = [
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
            "HubContentSearchKeywords": [*keywords, *([f"@domain:{self.domain}"] if self.domain else [])],
        }
        keys = {"HubContentName": "--name"}
        return Request("sagemaker", "import_hub_content", parameters, f"evaluator {self.name}", keys)


def register(evaluator: Evaluator, cloud: AwsSession, *, pause_s: float = 2.0) -> str:
    """Register the evaluator, unless it is registered already, and wait until it can be used.

    A different function under the same name becomes the next version.

    Args:
        evaluator: entry to register.
        cloud: session to register it with.
        pause_s: seconds between two looks at an import in progress.

    Returns:
        The ARN of the evaluator.

    Raises:
        ConfigError: the request is not valid; nothing was sent.
        CloudRequestError, CloudError: AWS rejected the request or failed, or the import took too long.
    """
    # Before the first call: an invalid name must not leave an empty registry behind.
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
        raise CloudError(
            f"evaluator {evaluator.name}: the import is still in progress; run the command again", transient=True
        )
    if found["HubContentStatus"] != _READY:
        reason = found.get("FailureReason", "no reason given")
        raise CloudError(f"evaluator {evaluator.name}: {found['HubContentStatus']}: {reason}")
    arn: str = found["HubContentArn"]
    return arn


def _find_content(evaluator: Evaluator, cloud: AwsSession) -> Any | None:
    about = f"evaluator {evaluator.name}"
    key = {"HubName": evaluator.hub, "HubContentType": _KIND, "HubContentName": evaluator.name}
    return cloud.find("sagemaker", "describe_hub_content", about, **key)


def _find_imported(evaluator: Evaluator, cloud: AwsSession) -> Any | None:
    content = _find_content(evaluator, cloud)
    return None if content is None or content["HubContentStatus"] in _PENDING else content


def _next_version(version: str) -> str:
    return f"{int(version.partition('.')[0]) + 1}.0.0"
