"""Resources of stacks, made as CloudFormation makes them: by calls of the services."""

from __future__ import annotations

import functools
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "ResourceMaker", "replaces", "schema_of"]

_ROLE_POLICY = "PolicyName"
_NAMES = {"AWS::IAM::Role": "RoleName", "AWS::Logs::LogGroup": "LogGroupName"}
"""Property with the name, of resources that are made by more than one call."""


@functools.cache
def schema_of(kind: str) -> dict[str, Any]:
    """Return CloudFormation's own schema of a resource, as cfn-lint has it."""
    from cfnlint.data import schemas  # noqa: PLC0415 - slow to import

    folder = Path(schemas.__path__[0])
    listed = json.loads((folder / "providers/us-east-1.json").read_text())
    document: dict[str, Any] = json.loads((folder / f"resources/{listed[kind]}.json").read_text())
    return document


def replaces(kind: str, changed: set[str]) -> bool:
    """Return whether a change of these properties replaces a resource."""
    only_at_creation = {path.split("/")[2] for path in schema_of(kind).get("createOnlyProperties", ())}
    return bool(only_at_creation & changed)


class ResourceMaker:
    """Makes, changes and deletes resources.

    Args:
        clients: returns the client of a service.
    """

    def __init__(self, clients: Any) -> None:
        self._client = clients

    def create(self, kind: str, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        """Create a resource; return its name as ``Ref``, and its attributes."""
        try:
            found: dict[str, str] = getattr(self, f"_create_{KINDS[kind]}")(wanted, tags)
        except Exception:
            # CloudFormation deletes what it has made of a resource that failed.
            if kind in _NAMES:
                with suppress(Exception):
                    self.delete(kind, wanted, {"Ref": wanted[_NAMES[kind]]})
            raise
        return found

    def update(self, kind: str, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Change a resource."""
        getattr(self, f"_update_{KINDS[kind]}")(old, wanted)

    def delete(self, kind: str, old: dict[str, Any], found: dict[str, str]) -> None:
        """Delete a resource."""
        getattr(self, f"_delete_{KINDS[kind]}")(old, found)

    def _create_repository(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        key = wanted["EncryptionConfiguration"]
        encryption = {"encryptionType": key["EncryptionType"], **({"kmsKey": key["KmsKey"]} if "KmsKey" in key else {})}
        made = self._client("ecr").create_repository(
            repositoryName=wanted["RepositoryName"],
            imageTagMutability=wanted["ImageTagMutability"],
            encryptionConfiguration=encryption,
            imageScanningConfiguration={"scanOnPush": wanted["ImageScanningConfiguration"]["ScanOnPush"] == "true"},
            tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )["repository"]
        self._set_policies(wanted)
        return {"Ref": made["repositoryName"], "Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]}

    def _update_repository(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        scan = wanted["ImageScanningConfiguration"]["ScanOnPush"] == "true"
        self._client("ecr").put_image_scanning_configuration(
            repositoryName=wanted["RepositoryName"], imageScanningConfiguration={"scanOnPush": scan}
        )
        self._set_policies(wanted)

    def _set_policies(self, wanted: dict[str, Any]) -> None:
        name = {"repositoryName": wanted["RepositoryName"]}
        ecr = self._client("ecr")
        ecr.put_lifecycle_policy(**name, lifecyclePolicyText=wanted["LifecyclePolicy"]["LifecyclePolicyText"])
        ecr.set_repository_policy(**name, policyText=json.dumps(wanted["RepositoryPolicyText"]))

    def _delete_repository(self, old: dict[str, Any], found: dict[str, str]) -> None:
        self._client("ecr").delete_repository(repositoryName=found["Ref"], force=old.get("EmptyOnDelete", False))

    def _create_log_group(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        logs, name = self._client("logs"), {"logGroupName": wanted["LogGroupName"]}
        key = {"kmsKeyId": wanted["KmsKeyId"]} if "KmsKeyId" in wanted else {}
        logs.create_log_group(**name, **key, tags=tags)
        logs.put_retention_policy(**name, retentionInDays=int(wanted["RetentionInDays"]))
        return {"Ref": wanted["LogGroupName"]}

    def _update_log_group(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        name = {"logGroupName": wanted["LogGroupName"]}
        self._client("logs").put_retention_policy(**name, retentionInDays=int(wanted["RetentionInDays"]))

    def _delete_log_group(self, old: dict[str, Any], found: dict[str, str]) -> None:
        self._client("logs").delete_log_group(logGroupName=found["Ref"])

    def _create_role(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        iam = self._client("iam")
        boundary = {key: wanted[key] for key in ("PermissionsBoundary",) if key in wanted}
        made = iam.create_role(
            RoleName=wanted["RoleName"],
            Description=wanted["Description"],
            AssumeRolePolicyDocument=json.dumps(wanted["AssumeRolePolicyDocument"]),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            **boundary,
        )["Role"]
        self._put_policies(wanted)
        return {"Ref": made["RoleName"], "Arn": made["Arn"]}

    def _update_role(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        iam, name = self._client("iam"), {"RoleName": wanted["RoleName"]}
        self._put_policies(wanted)
        if "PermissionsBoundary" in wanted:
            iam.put_role_permissions_boundary(**name, PermissionsBoundary=wanted["PermissionsBoundary"])
        elif "PermissionsBoundary" in old:
            iam.delete_role_permissions_boundary(**name)

    def _put_policies(self, wanted: dict[str, Any]) -> None:
        for arn in wanted.get("ManagedPolicyArns", ()):
            self._client("iam").attach_role_policy(RoleName=wanted["RoleName"], PolicyArn=arn)
        for policy in wanted["Policies"]:
            self._client("iam").put_role_policy(
                RoleName=wanted["RoleName"],
                PolicyName=policy[_ROLE_POLICY],
                PolicyDocument=json.dumps(policy["PolicyDocument"]),
            )

    def _delete_role(self, old: dict[str, Any], found: dict[str, str]) -> None:
        iam, name = self._client("iam"), {"RoleName": found["Ref"]}
        for policy in iam.list_role_policies(**name)["PolicyNames"]:
            iam.delete_role_policy(**name, PolicyName=policy)
        iam.delete_role(**name)

    def _create_function(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        made = self._client("lambda").create_function(
            PackageType=wanted["PackageType"],
            Code=wanted["Code"],
            Architectures=wanted["Architectures"],
            Tags=tags,
            **_configuration(wanted),
        )
        self._reserve({}, wanted)
        return {"Ref": made["FunctionName"], "Arn": made["FunctionArn"]}

    def _update_function(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        client = self._client("lambda")
        if any(old[key] != wanted[key] for key in ("Code", "Architectures")):
            client.update_function_code(
                FunctionName=wanted["FunctionName"], Architectures=wanted["Architectures"], **wanted["Code"]
            )
        settings = _configuration(wanted)
        if _configuration(old) != settings:
            client.update_function_configuration(**settings)
        self._reserve(old, wanted)

    def _reserve(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        client, key = self._client("lambda"), "ReservedConcurrentExecutions"
        name = {"FunctionName": wanted["FunctionName"]}
        if key in wanted and old.get(key) != wanted[key]:
            client.put_function_concurrency(**name, ReservedConcurrentExecutions=int(wanted[key]))
        elif key in old and key not in wanted:
            client.delete_function_concurrency(**name)

    def _delete_function(self, old: dict[str, Any], found: dict[str, str]) -> None:
        self._client("lambda").delete_function(FunctionName=found["Ref"])

    def _create_version(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        made = self._client("lambda").publish_version(
            FunctionName=wanted["FunctionName"], Description=wanted["Description"]
        )
        return {"Ref": made["FunctionArn"], "Version": made["Version"], "FunctionName": wanted["FunctionName"]}

    def _delete_version(self, old: dict[str, Any], found: dict[str, str]) -> None:
        self._client("lambda").delete_function(FunctionName=found["FunctionName"], Qualifier=found["Version"])

    def _create_alias(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        client = self._client("lambda")
        made = client.create_alias(**{key: wanted[key] for key in ("FunctionName", "Name", "FunctionVersion")})
        self._provision({}, wanted)
        return {"Ref": made["AliasArn"], "FunctionName": wanted["FunctionName"], "Name": wanted["Name"]}

    def _update_alias(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        client = self._client("lambda")
        client.update_alias(**{key: wanted[key] for key in ("FunctionName", "Name", "FunctionVersion")})
        self._provision(old, wanted)

    def _provision(self, old: dict[str, Any], wanted: dict[str, Any]) -> None:
        client, key = self._client("lambda"), "ProvisionedConcurrencyConfig"
        place = {"FunctionName": wanted["FunctionName"], "Qualifier": wanted["Name"]}
        if key in wanted:
            amount = int(wanted[key]["ProvisionedConcurrentExecutions"])
            client.put_provisioned_concurrency_config(**place, ProvisionedConcurrentExecutions=amount)
        elif key in old:
            client.delete_provisioned_concurrency_config(**place)

    def _delete_alias(self, old: dict[str, Any], found: dict[str, str]) -> None:
        self._client("lambda").delete_alias(FunctionName=found["FunctionName"], Name=found["Name"])

    def _create_permission(self, wanted: dict[str, Any], tags: dict[str, str]) -> dict[str, str]:
        name, _, qualifier = wanted["FunctionName"].partition(":function:")[2].partition(":")
        place = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
        statement = f"grader-{abs(hash(json.dumps(wanted))):x}"
        self._client("lambda").add_permission(
            **place, StatementId=statement, Action=wanted["Action"], Principal=wanted["Principal"]
        )
        return {"Ref": statement, **place}

    def _delete_permission(self, old: dict[str, Any], found: dict[str, str]) -> None:
        place = {key: found[key] for key in ("FunctionName", "Qualifier") if key in found}
        self._client("lambda").remove_permission(**place, StatementId=found["Ref"])


KINDS = {
    "AWS::ECR::Repository": "repository",
    "AWS::IAM::Role": "role",
    "AWS::Lambda::Alias": "alias",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::Permission": "permission",
    "AWS::Lambda::Version": "version",
    "AWS::Logs::LogGroup": "log_group",
}


def _configuration(wanted: dict[str, Any]) -> dict[str, Any]:
    same = (
        "FunctionName",
        "Description",
        "Role",
        "LoggingConfig",
        "Environment",
        "TracingConfig",
        "VpcConfig",
        "ImageConfig",
    )
    found = {key: wanted[key] for key in same if key in wanted}
    if "KmsKeyArn" in wanted:
        found["KMSKeyArn"] = wanted["KmsKeyArn"]
    numbers = {key: int(wanted[key]) for key in ("MemorySize", "Timeout")}
    return found | numbers | {"EphemeralStorage": {"Size": int(wanted["EphemeralStorage"]["Size"])}}
