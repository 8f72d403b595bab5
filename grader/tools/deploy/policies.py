"""Who may do what: the documents of IAM and ECR, each with the narrowest resource there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.tools.deploy.settings import Deployment

__all__ = ["execution_policy", "repository_policy", "trust_policy"]

_VERSION = "2012-10-17"
_LAMBDA = {"Service": "lambda.amazonaws.com"}


def trust_policy() -> dict[str, Any]:
    """Lambda, and nobody else, may act as the execution role."""
    return _document({"Effect": "Allow", "Principal": _LAMBDA, "Action": "sts:AssumeRole"})


def execution_policy(deployment: Deployment, *, partition: str, region: str, account: str) -> dict[str, Any]:
    """What the function may do.

    It may write to the streams of its own log; read references of one prefix, and ask one model, if there are such. The
    log group is made beforehand, so that the function need not make any.

    Raises:
        ConfigError: which model it may ask is not known.
    """
    logs = f"arn:{partition}:logs:{region}:{account}:log-group:{deployment.log_group}:log-stream:*"
    statements = [
        {"Sid": "Log", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": logs}
    ]
    if place := deployment.tests_bucket_and_prefix:
        tests = f"arn:{partition}:s3:::{place[0]}/{place[1]}*"
        statements.append({"Sid": "Tests", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": tests})
    if model := deployment.judge:
        statements += model.statements(partition=partition, region=region, account=account)
    return _document(*statements)


def repository_policy(deployment: Deployment, *, partition: str, region: str, account: str) -> dict[str, Any]:
    """This function, and no other, may be made of the repository's images.

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
