"""The CloudFormation stack of a deployment: read, changed by change sets, and deleted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from grader.aws.retry import poll
from grader.errors import CloudError, CloudRequestError
from grader.text import one_line
from grader.tools.deploy.ownership import as_dict, as_list, is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.aws.client import AwsSession
    from grader.tools.deploy.template import Template

__all__ = ["Change", "ChangeSet", "Stack", "StackState"]

T = TypeVar("T")
_SERVICE: Final = "cloudformation"
_PAUSE_S: Final = 0.5
_GROWTH: Final = 1.5
_LONGEST_PAUSE_S: Final = 5.0
_TIMEOUT_S: Final = 3600.0
"""Longest wait; an alias with provisioned concurrency takes minutes, a function in a VPC up to 40 to be deleted."""
_CHANGE_SET_TIMEOUT_S: Final = 300.0
_PREFIX: Final = "grader-deploy-"
"""Prefix of the names of change sets."""
_DELETED_SOON: Final = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE"})
"""Statuses of a stack that could not be created, just before CloudFormation deletes it as it was asked to."""
_DELETED_WITHIN_S: Final = 60.0
_IN_PROGRESS: Final = "_IN_PROGRESS"
_EMPTY: Final = "REVIEW_IN_PROGRESS"
"""Status of a stack that is only a change set that was never executed."""
_STUCK: Final = frozenset(
    {
        "CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_FAILED",
        "UPDATE_ROLLBACK_FAILED",
    }
)  # fmt: skip
"""Statuses of stacks that cannot be updated."""
_NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")
"""Parts of the reason of a change set that failed because nothing would change."""
_CANCELLED: Final = "cancelled"
"""Part of the reason of an event that only follows from the failure of another resource."""
_MAX_REASONS: Final = 3
_REASON_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class StackState:
    """What stands."""

    identity: str
    """ARN of the stack."""
    status: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    outputs: Mapping[str, str]
    resources: Mapping[str, str]
    """Names of the resources by their logical ids."""

    @property
    def is_empty(self) -> bool:
        """True if nothing was ever created in the stack."""
        return self.status == _EMPTY


class Change(NamedTuple):
    """Change of one resource."""

    action: str
    """Add, Modify, Remove or Import."""
    resource: str
    kind: str
    replacement: bool
    properties: tuple[str, ...] = ()
    """Properties that change, where CloudFormation names them."""

    def __str__(self) -> str:
        replaced = " (a new one replaces it)" if self.replacement else ""
        properties = f": {', '.join(self.properties)}" if self.properties else ""
        return f"{self.action:<6} {self.resource} ({self.kind}){replaced}{properties}"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Changes that CloudFormation has calculated, and not yet made."""

    identity: str
    stack: str
    """ARN of the stack."""
    creates: bool
    """True if the stack does not stand yet."""
    changes: tuple[Change, ...] = field(default=())


class Stack:
    """A stack by its name.

    Args:
        cloud: session of the account.
        name: name of the stack.
        on_event: called with a line on each event of a resource.
        pause_s: seconds before the second look at what is in progress; later ones are longer, up to 5.
    """

    def __init__(
        self,
        cloud: AwsSession,
        name: str,
        *,
        on_event: Callable[[str], None] = lambda _: None,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._cloud, self._on_event, self._pause_s = cloud, on_event, pause_s
        self.name = name
        self.title = f"stack {name}"
        self.working = False
        """True while CloudFormation carries out what it was asked for."""

    def read(self) -> StackState | None:
        """Return what stands, when nothing is in progress any more; ``None`` if there is no such stack.

        Raises:
            CloudRequestError: the stack is somebody else's, or cannot be changed as it is.
            CloudError: AWS fails.
        """
        found = self._settled(self.name)
        if found is None:
            return None
        tags = as_dict(found.get("Tags", []))
        if not is_ours(tags, self.name) and not self._is_our_remnant(found):
            raise CloudRequestError(
                f"{self.title}: one of this name in {self._cloud.region} was not created by grader deploy; it is left "
                "unchanged, use another --name"
            )
        listed = self._call("describe_stack_resources", StackName=found["StackId"])["StackResources"]
        gone = "DELETE_COMPLETE"
        return StackState(
            found["StackId"],
            found["StackStatus"],
            {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])},
            tags,
            {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
            {
                one["LogicalResourceId"]: one["PhysicalResourceId"]
                for one in listed
                if one.get("PhysicalResourceId") and one.get("ResourceStatus") != gone
            },
        )

    def _is_our_remnant(self, found: Mapping[str, Any]) -> bool:
        """Return whether a stack is only a change set of ours, of a command that was killed; it has no tags yet."""
        if found["StackStatus"] != _EMPTY:
            return False
        listed = self._call("list_change_sets", StackName=found["StackId"])["Summaries"]
        return bool(listed) and all(one["ChangeSetName"].startswith(_PREFIX) for one in listed)

    def check_usable(self, state: StackState) -> None:
        """Check that a stack can be changed.

        Raises:
            CloudRequestError: an earlier change or deletion of it has failed half-way.
        """
        if state.status in _STUCK:
            advice = f"`grader undeploy --name {self.name}` deletes it"
            if state.status.startswith("UPDATE_"):
                advice = f"see `aws cloudformation continue-update-rollback --stack-name {self.name}`, or {advice}"
            raise CloudRequestError(f"{self.title}: is in the state {state.status}, and cannot be changed; {advice}")

    def prepare(
        self, template: Template, values: Mapping[str, str], tags: Mapping[str, str], state: StackState | None
    ) -> ChangeSet | None:
        """Let CloudFormation calculate what would change, and return that; ``None`` for nothing.

        Args:
            template: the template.
            values: values of all parameters.
            tags: tags of the stack.
            state: what stands.

        Raises:
            CloudRequestError: CloudFormation does not accept the template or a parameter.
            CloudError: AWS fails.
        """
        creates = state is None or state.is_empty
        request: dict[str, Any] = {
            "StackName": self.name,
            "ChangeSetName": f"{_PREFIX}{uuid.uuid4().hex[:16]}",
            "ChangeSetType": "CREATE" if creates else "UPDATE",
            "TemplateBody": template.text,
            "Parameters": _parameters(template, values, None if creates else state),
            "Tags": as_list(tags),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        if creates:
            # Else a stack that failed would stand in the way of the next attempt.
            request["OnStackFailure"] = "DELETE"
        made = self._call("create_change_set", **request)
        change_set = ChangeSet(made["Id"], made["StackId"], creates)
        try:
            found = self._calculated(change_set)
        except BaseException:
            self.discard(change_set)
            raise
        if found is None:
            self.discard(change_set)
        return found

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set that is not executed, and the empty stack that it came with."""
        self._call("delete_change_set", ChangeSetName=change_set.identity)
        if change_set.creates:
            self._call("delete_stack", StackName=change_set.stack)

    def execute(self, change_set: ChangeSet) -> None:
        """Make the changes, and wait until they are made.

        Raises:
            CloudError: a resource failed, and CloudFormation has undone the changes; or AWS fails.
        """
        token = uuid.uuid4().hex
        self._call("execute_change_set", ChangeSetName=change_set.identity, ClientRequestToken=token)
        status = self._wait(change_set.stack, token)
        if change_set.creates and status in _DELETED_SOON:
            status = self._wait(change_set.stack, token, past=_DELETED_SOON, timeout_s=_DELETED_WITHIN_S)
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise CloudError(f"{self._verdict(status, creates=change_set.creates)}: {self._reasons(change_set, token)}")

    def delete(self, state: StackState) -> None:
        """Delete the stack with its resources.

        Raises:
            CloudError: a resource cannot be deleted; names it.
        """
        token = uuid.uuid4().hex
        self._call("delete_stack", StackName=state.identity, ClientRequestToken=token)
        status = self._wait(state.identity, token)
        if status != "DELETE_COMPLETE":
            reasons = self._reasons(ChangeSet("", state.identity, creates=False), token)
            raise CloudError(f"{self.title}: not deleted ({status}): {reasons}; run the command again")

    def _calculated(self, change_set: ChangeSet) -> ChangeSet | None:
        def look() -> dict[str, Any] | None:
            page: dict[str, Any] = self._call("describe_change_set", ChangeSetName=change_set.identity)
            return None if page["Status"].endswith(("_PENDING", _IN_PROGRESS)) else page

        page = self._poll(look, _CHANGE_SET_TIMEOUT_S)
        if page is None:
            raise CloudError(f"{self.title}: its change set was not calculated in {_CHANGE_SET_TIMEOUT_S:.0f} s")
        if page["Status"] == "FAILED":
            reason = page.get("StatusReason") or "no reason is given"
            if any(text in reason for text in _NO_CHANGES):
                return None
            raise CloudRequestError(f"{self.title}: CloudFormation refuses the change: {one_line(reason, 300)}")
        changes = [_change(one) for one in page.get("Changes", [])]
        while more := page.get("NextToken"):
            page = self._call("describe_change_set", ChangeSetName=change_set.identity, NextToken=more)
            changes += [_change(one) for one in page.get("Changes", [])]
        return ChangeSet(change_set.identity, change_set.stack, change_set.creates, tuple(changes))

    def _settled(self, name: str) -> Any | None:
        """Return CloudFormation's description of the stack, when nothing is in progress; ``None`` if there is none."""

        def look() -> tuple[Any] | None:
            found = self._describe(name)
            status = "" if found is None else str(found["StackStatus"])
            if not status.endswith(_IN_PROGRESS) or status == _EMPTY:
                return (found,)
            self._on_event(f"{self.title}: {status}; waiting")
            return None

        settled = self._poll(look, _TIMEOUT_S)
        if settled is None:
            raise CloudError(f"{self.title}: an earlier change is still in progress")
        return settled[0]

    def _describe(self, name: str) -> Any | None:
        try:
            return self._call("describe_stacks", StackName=name)["Stacks"][0]
        except CloudRequestError as error:
            if error.code == "ValidationError" and "does not exist" in str(error):
                return None
            raise

    def _wait(
        self, identity: str, token: str, *, past: frozenset[str] = frozenset(), timeout_s: float = _TIMEOUT_S
    ) -> str:
        """Wait until the stack has settled, in a status not of `past`, and return that; report events meanwhile."""
        seen: set[str] = set()

        def look() -> str | None:
            # By its ARN, because a stack that was deleted has no name any more.
            found = self._describe(identity)
            status = "DELETE_COMPLETE" if found is None else str(found["StackStatus"])
            for event in self._events(identity, token):
                if event["EventId"] not in seen:
                    seen.add(event["EventId"])
                    if event["LogicalResourceId"] != self.name:
                        self._on_event(f"{_label(event)}: {event['ResourceStatus']}")
            return None if status.endswith(_IN_PROGRESS) or status in past else status

        self.working = True
        settled = self._poll(look, timeout_s)
        self.working = False
        if settled is None:
            raise CloudError(
                f"{self.title}: still in progress after {timeout_s:.0f} s; CloudFormation goes on, and the command "
                "waits for it when it is run again"
            )
        return settled

    def _events(self, identity: str, token: str) -> list[dict[str, Any]]:
        """Return the events of one request, the oldest first."""
        events: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self._call("describe_stack_events", StackName=identity, **more)
            found = [one for one in page["StackEvents"] if one.get("ClientRequestToken") == token]
            events += found
            # The newest come first, so a page without any of ours is behind the last of them.
            if "NextToken" not in page or len(found) < len(page["StackEvents"]):
                return events[::-1]
            more = {"NextToken": page["NextToken"]}

    def _reasons(self, change_set: ChangeSet, token: str) -> str:
        """Return the resources that failed by themselves, with the reasons, in one line."""
        failed = [one for one in self._events(change_set.stack, token) if one["ResourceStatus"].endswith("_FAILED")]
        own = [one for one in failed if _CANCELLED not in one.get("ResourceStatusReason", "").lower()]
        # The stack itself only counts what failed in it.
        of_resources = [one for one in own if one["LogicalResourceId"] != self.name]
        reasons = [
            f"{_label(one)}: {one_line(one.get('ResourceStatusReason', 'no reason is given'), _REASON_CHARS)}"
            for one in of_resources or own or failed
        ]
        return "; ".join(dict.fromkeys(reasons[:_MAX_REASONS])) or "CloudFormation gives no reason"

    def _verdict(self, status: str, *, creates: bool) -> str:
        """Return what became of a change that failed."""
        if creates:
            left = "nothing of it is left" if status == "DELETE_COMPLETE" else f"its state is {status}"
            return f"{self.title}: was not created, {left}"
        if status == "UPDATE_ROLLBACK_COMPLETE":
            return f"{self.title}: the update failed and was rolled back, so everything is as it was before"
        return f"{self.title}: the update failed, and its state is {status}"

    def _poll(self, look: Callable[[], T | None], timeout_s: float) -> T | None:
        return poll(look, wait_s=self._pause_s, timeout_s=timeout_s, growth=_GROWTH, longest_s=_LONGEST_PAUSE_S)

    def _call(self, operation: str, **parameters: Any) -> Any:
        return self._cloud.call(_SERVICE, operation, self.title, **parameters)


def _parameters(template: Template, values: Mapping[str, str], state: StackState | None) -> list[dict[str, Any]]:
    """Return the parameters of a change set; those that stay are left to CloudFormation."""
    found: list[dict[str, Any]] = []
    for name, parameter in template.parameters.items():
        if state is not None and state.parameters.get(name) == values[name]:
            found.append({"ParameterKey": name, "UsePreviousValue": True})
        elif state is not None or values[name] != parameter.default:
            found.append({"ParameterKey": name, "ParameterValue": values[name]})
    return found


def _change(found: Mapping[str, Any]) -> Change:
    change = found["ResourceChange"]
    properties = {
        detail["Target"]["Name"] for detail in change.get("Details", []) if detail.get("Target", {}).get("Name")
    }
    replaced = change.get("Replacement", "False") == "True"
    kind, resource = change["ResourceType"], change["LogicalResourceId"]
    return Change(change["Action"], resource, kind, replaced, tuple(sorted(properties)))


def _label(event: Mapping[str, Any]) -> str:
    return f"{event['LogicalResourceId']} ({event['ResourceType']})"
