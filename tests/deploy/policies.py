"""IAM policies, evaluated as IAM does, and the calls that they have to allow."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Call", "actions_of", "allows", "handler_actions", "policy", "recorded"]

FOLDER = Path(__file__).parents[2] / "deploy/permissions"
_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
"""Operations whose action has another name (Service Authorization Reference)."""
_FREE = {"sts:GetCallerIdentity"}
"""Operations that need no permission."""


class Call(NamedTuple):
    """Action on a resource."""

    action: str
    resource: str


def policy(name: str) -> list[dict[str, Any]]:
    """Return the statements of a file."""
    statements: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["Statement"]
    return statements


def actions_of(statements: list[dict[str, Any]]) -> list[str]:
    """Return all actions of statements."""
    return [action for one in statements for action in one["Action"]]


def allows(statements: list[dict[str, Any]], call: Call) -> bool:
    """Return whether a statement allows a call, whatever its conditions are."""
    for one in statements:
        resources = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
        if call.action in one["Action"] and any(fnmatchcase(call.resource, pattern) for pattern in resources):
            return True
    return False


def recorded(service: str, operation: str, parameters: dict[str, Any]) -> Call | None:
    """Return the action and resource of a call of the client; ``None`` for one that needs no permission."""
    name = f"{service}:{operation}"
    action = _ACTIONS.get(name, name)
    return None if action in _FREE else Call(action, _resource(service, operation, parameters))


def _resource(service: str, operation: str, given: dict[str, Any]) -> str:
    place = f"arn:aws:{service}:us-east-1:123456789012"
    match service:
        case "cloudformation":
            # of a change set the ARN names no stack, but its permission is that of the stack
            stack = given.get("StackName", "SageMaker-rlvr-code-grader")
            return stack if stack.startswith("arn:") else f"{place}:stack/{stack}/0a1b"
        case "lambda":
            qualifier = f":{given['Qualifier']}" if "Qualifier" in given else ""
            return f"{place}:function:{given['FunctionName']}{qualifier}"
        case "ecr":
            names = [*given.get("repositoryNames", ()), given.get("repositoryName")]
            return f"{place}:repository/{names[0]}" if names[0] else "*"
        case "iam":
            return f"arn:aws:iam::123456789012:role/{given['RoleName']}"
        case "logs":
            group = given.get("logGroupName") or next(iter(given.get("logGroupNames", ())), None)
            arn: str = given.get("resourceArn") or (f"{place}:log-group:{group}" if group else "*")
            return arn
        case "s3":
            return f"arn:aws:s3:::{given['Bucket']}/{given['Key']}"
        case "bedrock":
            return f"{place}:model-customization-job/0a1b"
        case "sagemaker":
            kind = {"CreateTrainingJob": "training-job"}.get(
                operation, "hub-content" if "Content" in operation else "hub"
            )
            return f"{place}:{kind}/0a1b"
    raise AssertionError(service)


def handler_actions(kind: str) -> set[str]:
    """Return what CloudFormation calls to create, read, change and delete a kind of resource, as its schema says."""
    from tests.aws.stack_resources import schema_of  # noqa: PLC0415 - slow to import

    schema = schema_of(kind)
    handlers = [one["permissions"] for name, one in schema["handlers"].items() if name != "list"]
    found = {action for one in [*handlers, schema.get("tagging", {}).get("permissions", ())] for action in one}
    return {action for action in found if re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action)}
