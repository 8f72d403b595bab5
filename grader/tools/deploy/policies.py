"""Policy documents of IAM and ECR, each limited to the narrowest possible resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.tools.deploy.settings import Deployment

__all__ = ["execution_policy", "repository_policy", "trust_policy"]

_VERSION = "2012-10-17"
_LAMBDA = {"Service": "lambda.amazonaws.com"}


def trust_policy() -> dict[str, Any]:
    """Allow Lambda, and nothing else, to assume the execution role."""
    return _document({"Effect": "Allow", "Principal": _LAMBDA, "Action": "sts:AssumeRole"})


def execution_policy(deployment: Deployment, *, partition: str, region: str, account: str) -> dict[str, Any]:
    """Build the policy of the execution role.

    The function may write to the streams of its own log group. If configured, it may read the tests below one prefix,
    and call one model. The log group is created before the function, so it needs no permission to create one.

    Raises:
        ConfigError: the model to allow cannot be determined.
    """
    logs = f"arn:{partition}:logs:{region}:{account}:log-group:{deployment.log_group}:log-stream:*"
    statements = [
        {"Sid": "Log", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": logs}
    ]
    if location := deployment.tests_bucket_and_prefix:
        tests = f"arn:{partition}:s3:::{location[0]}/{location[1]}*"
        statements.append({"Sid": "Tests", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": tests})
    if model := deployment.judge:
        statements += model.statements(partition=partition, region=region, account=account)
    return _document(*statements)


def repository_policy(deployment: Deployment, *, partition: str, region: str, account: str) -> dict[str, Any]:
    """Allow only this function to use images of the repository.

    See "Amazon ECR permissions" in the AWS Lambda Developer Guide.
    """
    function = f"arn:{partition}:lambda:{region}:{account}:function:{deployment.name}"
    return _document(
        {
            "Sid": "LambdaECRImageRetrievalPolicy",
            "Effect": "Allow",
            "Principal": _LAMBDA,
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {"StringLike": {"aws:sourceArn": function}},
        }
    )


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": _VERSION, "Statement": list(statements)}
