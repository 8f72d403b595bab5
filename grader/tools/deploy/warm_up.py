"""What shows that a deployed function works: its environments are ready, and it answers an event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from grader.aws.errors import translated_errors
from grader.aws.retry import poll
from grader.errors import CloudError
from grader.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.aws.client import AwsSession

__all__ = ["EVENT", "wait_until_provisioned", "warm_up"]

EVENT: Final = {"grader": "doctor"}
_PROVISIONED_TIMEOUT_S: Final = 900.0
_PAUSE_S: Final = 5.0


def wait_until_provisioned(values: Mapping[str, str], cloud: AwsSession, *, pause_s: float = _PAUSE_S) -> None:
    """Wait until Lambda has started the environments that the alias keeps warm, if it keeps any.

    Args:
        values: values of the template's parameters.
        cloud: session of the account.
        pause_s: seconds between two looks.

    Raises:
        CloudError: Lambda cannot start them (status FAILED), or needs more than 15 minutes.
        CloudRequestError: these credentials may not look.
    """
    if values["ProvisionedConcurrency"] == "0":
        return
    place = {"FunctionName": values["FunctionName"], "Qualifier": values["AliasName"]}
    about = f"provisioned concurrency of {values['FunctionName']}:{values['AliasName']}"

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = cloud.call("lambda", "get_provisioned_concurrency_config", about, **place)
        return None if found["Status"] == "IN_PROGRESS" else found

    found = poll(look, wait_s=pause_s, timeout_s=_PROVISIONED_TIMEOUT_S)
    if found is None:
        raise CloudError(f"{about}: deployed, but not READY after {_PROVISIONED_TIMEOUT_S:.0f} s")
    if found["Status"] != "READY":
        reason = one_line(found.get("StatusReason", "Lambda gives no reason"), 300)
        raise CloudError(f"{about}: deployed, but {found['Status']}: {reason}")


def warm_up(values: Mapping[str, str], log_group: str, cloud: AwsSession) -> dict[str, Any]:
    """Invoke the function once by its alias, and return its report on the host (docs/sandbox.md).

    Args:
        values: values of the template's parameters.
        log_group: name of the log group of the function.
        cloud: session of the account.

    Raises:
        CloudError: the response is an error, or is not a report.
        CloudRequestError: the function cannot be invoked.
    """
    name, alias = values["FunctionName"], values["AliasName"]
    about = f"function {name}:{alias}"
    # The first start of a new image can take longer than the client's default of 60 s.
    timeout_s = int(values["Timeout"]) + 30
    client = cloud.client("lambda", read_timeout=timeout_s, retries={"total_max_attempts": 2})
    with translated_errors(about, region=cloud.region):
        answer = client.invoke(FunctionName=name, Qualifier=alias, Payload=json.dumps(EVENT).encode())
        payload = answer["Payload"].read()
    try:
        report = json.loads(payload)
    except ValueError:
        report = None
    if answer.get("FunctionError") or not isinstance(report, dict):
        raise CloudError(
            f"{about}: deployed, but the response to the event {json.dumps(EVENT)} is an error: "
            f"{one_line(payload.decode(errors='replace'), 300)}; see `aws logs tail {log_group}`"
        )
    return report
