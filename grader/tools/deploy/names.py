"""Names that a new resource needs, and that may be somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.errors import CloudRequestError
from grader.tools.deploy.ownership import is_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.aws.client import AwsSession
    from grader.tools.deploy.template import Template

__all__ = ["check_names", "log_group_of", "ours_among_logs"]


def log_group_of(name: str) -> str:
    """Return the name of the log group of a function."""
    return f"/aws/lambda/{name}"


@dataclass(frozen=True, slots=True)
class _Name:
    """Name that a resource gets, and how to find out whether it is taken."""

    resource: str
    title: str
    service: str
    operation: str
    request: Mapping[str, Any]
    instead: str
    """Advice."""


def check_names(template: Template, values: Mapping[str, str], standing: Mapping[str, str], cloud: AwsSession) -> None:
    """Check that the names of all resources that would be created are free.

    CloudFormation would refuse them, too, but only when the image is built and half of the stack stands; and of a
    repository that is somebody else's, the push would come first.

    Args:
        template: the template.
        values: values of its parameters.
        standing: logical ids of the resources that stand.
        cloud: session of the account.

    Raises:
        CloudRequestError: a name is taken; it is left as it is.
        CloudError: AWS fails.
    """
    name, repository = values["FunctionName"], values["RepositoryName"]
    role = f"{name}-{cloud.region}"
    another = "use another --name"
    places = (
        _Name("Function", f"function {name}", "lambda", "get_function", {"FunctionName": name}, another),
        _Name("ExecutionRole", f"IAM role {role}", "iam", "get_role", {"RoleName": role}, f"{another}, or --role"),
        _Name(
            "Repository",
            f"ECR repository {repository}",
            "ecr",
            "describe_repositories",
            {"repositoryNames": [repository]},
            f"{another}, or --image with an image in it",
        ),
    )
    wanted = {one.name for one in template.standing({**values, "ImageUri": "any"})} - standing.keys()
    for place in places:
        if place.resource in wanted and cloud.find(place.service, place.operation, place.title, **place.request):
            _refuse(place.title, cloud.region, place.instead)
    log_group = log_group_of(name)
    if "LogGroup" in wanted and _find_log_group(log_group, cloud) is not None:
        _refuse(f"log group {log_group}", cloud.region, f"{another}, or --log-group {log_group} to write to it")


def ours_among_logs(name: str, cloud: AwsSession) -> str | None:
    """Return the name of the log group that an earlier stack of this deployment has left, if there is one.

    Raises:
        CloudRequestError, CloudError: the log groups cannot be read.
    """
    log_group = log_group_of(name)
    found = _find_log_group(log_group, cloud)
    if found is None:
        return None
    # DescribeLogGroups appends ":*", which ListTagsForResource does not accept.
    arn = found["arn"].removesuffix(":*")
    tags = cloud.call("logs", "list_tags_for_resource", f"log group {log_group}", resourceArn=arn)["tags"]
    return log_group if is_ours(tags, name) else None


def _find_log_group(name: str, cloud: AwsSession) -> Any | None:
    answer = cloud.call("logs", "describe_log_groups", f"log group {name}", logGroupNamePrefix=name)
    return next((group for group in answer["logGroups"] if group["logGroupName"] == name), None)


def _refuse(title: str, region: str, instead: str) -> None:
    raise CloudRequestError(
        f"{title}: one of this name in {region} does not belong to the stack; it is left unchanged, {instead}"
    )
