"""The first event for a deployed function: a request for the doctor's report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grader.aws.errors import translated_errors
from grader.errors import CloudError
from grader.text import one_line

if TYPE_CHECKING:
    from grader.aws.client import AwsSession
    from grader.tools.deploy.settings import Deployment

__all__ = ["EVENT", "warm_up"]

EVENT = {"grader": "doctor"}


def warm_up(deployment: Deployment, cloud: AwsSession) -> dict[str, Any]:
    """Invoke the function once by its alias, and return its report on the host (docs/sandbox.md).

    Raises:
        CloudError: the response is an error, or is not a report.
        CloudRequestError: the function cannot be invoked.
    """
    about = f"function {deployment.name}:{deployment.alias}"
    # The first start of a new image can take longer than the client's default of 60 s.
    client = cloud.client("lambda", read_timeout=deployment.timeout_s + 30, retries={"total_max_attempts": 2})
    with translated_errors(about, region=cloud.region):
        answer = client.invoke(
            FunctionName=deployment.name, Qualifier=deployment.alias, Payload=json.dumps(EVENT).encode()
        )
        payload = answer["Payload"].read()
    try:
        report = json.loads(payload)
    except ValueError:
        report = None
    if answer.get("FunctionError") or not isinstance(report, dict):
        raise CloudError(
            f"{about}: deployed, but the response to the event {json.dumps(EVENT)} is an error: "
            f"{one_line(payload.decode(errors='replace'), 300)}; see `aws logs tail {deployment.log_group}`"
        )
    return report
