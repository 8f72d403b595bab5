"""States of stacks that moto's server never has, by a stub of the client, which also validates every request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import CloudError, CloudRequestError
from grader.tools.deploy.ownership import as_list, tags_of
from grader.tools.deploy.stack import ChangeSet, StackState
from tests.grader.tools.deploy.acting import CLOUD, NAME, TEMPLATE, stack_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.stub import Stubber

    from tests.aws.cloud import Server

ARN = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{NAME}/0a1b"
CHANGE_SET = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/grader-1/0a1b"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
STATE = StackState(ARN, "UPDATE_COMPLETE", {}, {}, {}, {"Function": NAME})


@pytest.fixture
def stub(aws: Server) -> Iterator[Stubber]:
    from botocore.stub import Stubber  # noqa: PLC0415 - slow to import

    with Stubber(CLOUD.client("cloudformation")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def described(status: str) -> dict[str, Any]:
    tags = as_list(tags_of(NAME))
    return {"Stacks": [{"StackId": ARN, "StackName": NAME, "CreationTime": NOW, "StackStatus": status, "Tags": tags}]}


def event(resource: str, status: str, reason: str, token: str) -> dict[str, Any]:
    return {
        "StackId": ARN,
        "EventId": f"{resource}-{status}-{reason}",
        "StackName": NAME,
        "LogicalResourceId": resource,
        "ResourceType": "AWS::Lambda::Function",
        "Timestamp": NOW,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ClientRequestToken": token,
    }


def test_a_change_in_progress_is_waited_for(stub: Stubber) -> None:
    lines: list[str] = []
    for status in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"):
        stub.add_response("describe_stacks", described(status), {"StackName": NAME})
    stub.add_response("describe_stack_resources", {"StackResources": []}, {"StackName": ARN})
    state = stack_of(lines=lines).read()
    assert state is not None
    assert state.status == "UPDATE_COMPLETE"
    assert lines == [
        f"stack {NAME}: {status}; waiting" for status in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    ]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_ROLLBACK_FAILED", "see `aws cloudformation continue-update-rollback"),
        ("ROLLBACK_COMPLETE", f"`grader undeploy --name {NAME}` deletes it"),
        ("DELETE_FAILED", "`grader undeploy"),
    ],
)
def test_a_stack_that_is_stuck_says_what_to_do(status: str, advice: str) -> None:
    state = StackState(ARN, status, {}, {}, {}, {})
    with pytest.raises(CloudRequestError, match=f"is in the state {status}, and cannot be changed; {advice}"):
        stack_of().check_usable(state)


def test_a_change_that_cloudformation_refuses_is_one_line(stub: Stubber) -> None:
    from botocore.stub import ANY  # noqa: PLC0415 - slow to import

    wanted = {
        "StackName": NAME,
        "ChangeSetName": ANY,
        "ChangeSetType": "CREATE",
        "TemplateBody": TEMPLATE.text,
        "Parameters": [{"ParameterKey": "MemorySize", "ParameterValue": "1769"}],
        "Tags": [],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "OnStackFailure": "DELETE",
    }
    stub.add_response("create_change_set", {"Id": CHANGE_SET, "StackId": ARN}, wanted)
    for found in ({"Status": "CREATE_PENDING"}, {"Status": "FAILED", "StatusReason": "Transform X\nfailed"}):
        stub.add_response("describe_change_set", found, {"ChangeSetName": CHANGE_SET})
    stub.add_response("delete_change_set", {}, {"ChangeSetName": CHANGE_SET})
    stub.add_response("delete_stack", {}, {"StackName": ARN})
    values = {**TEMPLATE.defaults(), "MemorySize": "1769"}
    with pytest.raises(CloudRequestError, match=r"CloudFormation refuses the change: Transform X failed$"):
        stack_of().prepare(TEMPLATE, values, {}, None)


def test_changes_of_several_pages_are_all_listed(stub: Stubber) -> None:
    from botocore.stub import ANY  # noqa: PLC0415 - slow to import

    def page(name: str) -> dict[str, Any]:
        details = [{"Target": {"Attribute": "Properties", "Name": "MemorySize"}}, {"Target": {"Attribute": "Tags"}}]
        change = {"Action": "Modify", "LogicalResourceId": name, "ResourceType": "T", "Replacement": "Conditional"}
        return {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": {**change, "Details": details}}]}

    stub.add_response("create_change_set", {"Id": CHANGE_SET, "StackId": ARN}, None)
    stub.add_response("describe_change_set", {**page("A"), "NextToken": "more"}, {"ChangeSetName": ANY})
    stub.add_response("describe_change_set", page("B"), {"ChangeSetName": ANY, "NextToken": "more"})
    change_set = stack_of().prepare(TEMPLATE, TEMPLATE.defaults(), {}, STATE)
    assert change_set is not None
    assert [str(one) for one in change_set.changes] == ["Modify A (T): MemorySize", "Modify B (T): MemorySize"]


def test_a_creation_that_failed_is_waited_for_until_it_is_deleted(
    stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.add_response("execute_change_set", {}, None)
    for status in ("CREATE_FAILED", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
        stub.add_response("describe_stacks", described(status), {"StackName": ARN})
        stub.add_response("describe_stack_events", {"StackEvents": []}, {"StackName": ARN})
    stub.add_response("describe_stack_events", {"StackEvents": []}, {"StackName": ARN})
    with pytest.raises(CloudError, match="was not created, nothing of it is left: CloudFormation gives no reason"):
        stack_of().execute(ChangeSet(CHANGE_SET, ARN, creates=True))


def test_a_failed_rollback_names_the_resource_that_failed_first(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    class Token:
        hex = "t"

    monkeypatch.setattr("grader.tools.deploy.stack.uuid.uuid4", Token)
    events = [
        event(NAME, "UPDATE_ROLLBACK_FAILED", "[Function]", "t"),
        event("Function", "UPDATE_FAILED", "cannot go back", "t"),
        event("Alias", "UPDATE_FAILED", "Resource update cancelled", "t"),
        event("Function", "UPDATE_FAILED", "3538 is\ntoo much", "t"),
        event("Function", "CREATE_FAILED", "of another time", "s"),
    ]
    stub.add_response("execute_change_set", {}, {"ChangeSetName": CHANGE_SET, "ClientRequestToken": "t"})
    stub.add_response("describe_stacks", described("UPDATE_ROLLBACK_FAILED"), {"StackName": ARN})
    for _ in range(2):
        stub.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": ARN})
    with pytest.raises(CloudError) as raised:
        stack_of().execute(ChangeSet(CHANGE_SET, ARN, creates=False))
    assert str(raised.value) == (
        f"stack {NAME}: the update failed, and its state is UPDATE_ROLLBACK_FAILED: "
        "Function (AWS::Lambda::Function): 3538 is too much; Function (AWS::Lambda::Function): cannot go back"
    )
