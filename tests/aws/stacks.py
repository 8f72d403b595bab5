"""Stacks of CloudFormation, as moto's server lacks them: conditions, replacement, rollback, and all kinds of resources.

moto reads and writes the protocol. What it says of stacks comes from here, and resources are made by calls of moto's
other services, as CloudFormation makes them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from tests.aws.stack_resources import ResourceMaker, replaces
from tests.aws.template_checks import check_parameters
from tests.aws.template_values import Values, read_template, references

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["StackServer"]

_ACCOUNT = "123456789012"
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
_KEPT = {"Retain", "RetainExceptOnCreate"}


@dataclass
class _Resource:
    """A resource that stands."""

    kind: str
    wanted: dict[str, Any]
    """Properties, evaluated."""
    found: dict[str, str]
    """Name and attributes."""
    declared: dict[str, Any]
    """The same in the template."""


@dataclass
class _Stack:
    name: str
    identity: str
    region: str
    status: str = "REVIEW_IN_PROGRESS"
    template: dict[str, Any] = field(default_factory=lambda: {"Resources": {}})
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    resources: dict[str, _Resource] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 0
    """Number of looks for which a change is still in progress."""

    def values(self) -> Values:
        found = {name: one.found for name, one in self.resources.items()}
        place = {"AWS::Region": self.region, "AWS::StackName": self.name, "AWS::StackId": self.identity}
        return Values(self.template, self.parameters, found, place)


@dataclass
class _ChangeSet:
    identity: str
    name: str
    stack: _Stack
    creates: bool
    template: dict[str, Any]
    parameters: dict[str, str]
    tags: dict[str, str]
    on_failure: str
    changes: list[dict[str, Any]] = field(default_factory=list)
    status: str = "CREATE_COMPLETE"
    reason: str = ""


class StackServer:
    """All stacks of one server.

    Args:
        clients: returns the client of a service in a region, for the calls that make resources.
    """

    def __init__(self, clients: Callable[[str, str], Any]) -> None:
        self._clients = clients
        self.stacks: dict[str, _Stack] = {}
        self._change_sets: dict[str, _ChangeSet] = {}
        self._numbers = itertools.count()

    def reset(self) -> None:
        """Forget all stacks."""
        self.stacks.clear()
        self._change_sets.clear()

    def install(self) -> None:
        """Let moto's server answer from here."""
        server = self
        # These expect moto's own objects.
        CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}
        for name in (
            "create_change_set", "describe_change_set", "delete_change_set", "execute_change_set", "describe_stacks",
            "describe_stack_resources", "describe_stack_events", "delete_stack", "list_change_sets",
        ):  # fmt: skip

            def answer(response: Any, name: str = name) -> Any:
                return getattr(server, name)(response._get_param, response.region)

            setattr(CloudFormationResponse, name, answer)

    def create_change_set(self, get: Any, region: str) -> Any:
        template, name = read_template(get("TemplateBody")), get("StackName")
        stack = self._find(name, region)
        creates = get("ChangeSetType") == "CREATE"
        if creates and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(name, f"Stack [{name}] already exists and cannot be created again")
        if not creates and stack is None:
            raise ValidationError(name, f"Stack [{name}] does not exist")
        parameters = check_parameters(template, get("Parameters", []), stack.parameters if stack else {})
        if "CAPABILITY_NAMED_IAM" not in get("Capabilities", []):
            raise ValidationError(name, "Requires capabilities : [CAPABILITY_NAMED_IAM]")
        if stack is None:
            identity = f"arn:aws:cloudformation:{region}:{_ACCOUNT}:stack/{name}/{uuid4()}"
            stack = self.stacks[identity] = _Stack(name, identity, region)
        if not creates and stack.status.endswith("_IN_PROGRESS"):
            raise ValidationError(name, f"Stack:{stack.identity} is in {stack.status} state and can not be updated.")
        title = get("ChangeSetName")
        tags = {tag["Key"]: tag["Value"] for tag in get("Tags", [])}
        identity = f"arn:aws:cloudformation:{region}:{_ACCOUNT}:changeSet/{title}/{uuid4()}"
        made = _ChangeSet(
            identity, title, stack, creates, template, parameters, tags, get("OnStackFailure") or "ROLLBACK"
        )
        made.changes = _differences(stack, made)
        if not made.changes and tags == stack.tags:
            made.status, made.reason = "FAILED", _NO_CHANGES
        self._change_sets[identity] = made
        return ActionResult({"Id": identity, "StackId": stack.identity})

    def describe_change_set(self, get: Any, region: str) -> Any:
        found = self._change_set(get("ChangeSetName"))
        return ActionResult(
            {
                "ChangeSetId": found.identity,
                "StackId": found.stack.identity,
                "Status": found.status,
                "StatusReason": found.reason,
                "Changes": [{"Type": "Resource", "ResourceChange": one} for one in found.changes],
            }
        )

    def list_change_sets(self, get: Any, region: str) -> Any:
        found = [one for one in self._change_sets.values() if one.stack.identity == get("StackName")]
        return ActionResult({"Summaries": [{"ChangeSetName": one.name, "ChangeSetId": one.identity} for one in found]})

    def delete_change_set(self, get: Any, region: str) -> Any:
        del self._change_sets[self._change_set(get("ChangeSetName")).identity]
        return EmptyResult()

    def execute_change_set(self, get: Any, region: str) -> Any:
        found = self._change_set(get("ChangeSetName"))
        del self._change_sets[found.identity]
        _Operation(found.stack, get("ClientRequestToken"), self._maker(region), self._numbers).execute(found)
        found.stack.looks = 1
        return EmptyResult()

    def describe_stacks(self, get: Any, region: str) -> Any:
        name = get("StackName")
        stack = self.stacks.get(name) if name.startswith("arn:") else self._find(name, region)
        if stack is None:
            raise ValidationError(name, f"Stack with id {name} does not exist")
        status = stack.status
        if stack.looks and not status.endswith("_IN_PROGRESS"):
            stack.looks -= 1
            status = f"{status.partition('_')[0]}_IN_PROGRESS"
        described = {
            "StackId": stack.identity,
            "StackName": stack.name,
            "CreationTime": datetime.now(UTC),
            "StackStatus": status,
            "Parameters": [{"ParameterKey": key, "ParameterValue": one} for key, one in stack.parameters.items()],
            "Tags": [{"Key": key, "Value": one} for key, one in stack.tags.items()],
            "Outputs": [
                {"OutputKey": key, "OutputValue": stack.values().of(one["Value"])}
                for key, one in stack.template.get("Outputs", {}).items()
                if stack.values().holds(one["Condition"])
            ],
        }
        return ActionResult({"Stacks": [described]})

    def describe_stack_resources(self, get: Any, region: str) -> Any:
        stack = self.stacks[get("StackName")]
        found = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": one.found["Ref"],
                "ResourceType": one.kind,
                "Timestamp": datetime.now(UTC),
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, one in stack.resources.items()
        ]
        return ActionResult({"StackResources": found})

    def describe_stack_events(self, get: Any, region: str) -> Any:
        return ActionResult({"StackEvents": self.stacks[get("StackName")].events[::-1]})

    def delete_stack(self, get: Any, region: str) -> Any:
        name = get("StackName")
        stack = self.stacks.get(name) or self._find(name, region)
        if stack is not None and stack.status != "DELETE_COMPLETE":
            _Operation(stack, get("ClientRequestToken"), self._maker(region), self._numbers).delete()
            stack.looks = 1 if stack.events else 0
        return EmptyResult()

    def _find(self, name: str, region: str) -> _Stack | None:
        standing = (one for one in self.stacks.values() if one.status != "DELETE_COMPLETE")
        return next((one for one in standing if (one.name, one.region) == (name, region)), None)

    def _change_set(self, identity: str) -> _ChangeSet:
        if identity not in self._change_sets:
            raise ValidationError(identity, f"ChangeSet [{identity}] does not exist")
        return self._change_sets[identity]

    def _maker(self, region: str) -> ResourceMaker:
        return ResourceMaker(lambda service: self._clients(service, region))


def _declared(template: dict[str, Any], values: Values) -> dict[str, dict[str, Any]]:
    """Return the resources whose condition holds."""
    return {
        name: one
        for name, one in template["Resources"].items()
        if "Condition" not in one or values.holds(one["Condition"])
    }


def _symbolic(template: dict[str, Any], parameters: dict[str, str], stack: _Stack) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources, evaluated but for what resources say of each other."""
    values = Values(template, parameters, {}, {"AWS::Region": stack.region, "AWS::StackName": stack.name})
    found = _declared(template, values)
    return {name: values.of(one.get("Properties", {})) for name, one in found.items()}


def _differences(stack: _Stack, wanted: _ChangeSet) -> list[dict[str, Any]]:
    old = _symbolic(stack.template, stack.parameters, stack) if stack.resources else {}
    new = _symbolic(wanted.template, wanted.parameters, stack)
    changes: list[dict[str, Any]] = []
    replaced: set[str] = set()
    for name in _ordered(new):
        kind = wanted.template["Resources"][name]["Type"]
        entry = {"LogicalResourceId": name, "ResourceType": kind}
        if name not in old:
            changes.append({"Action": "Add", **entry})
            continue
        changed = {key for key in old[name].keys() | new[name].keys() if old[name].get(key) != new[name].get(key)}
        changed |= {key for key, value in new[name].items() if references(value) & replaced}
        if changed:
            again = replaces(kind, changed)
            replaced |= {name} if again else set()
            details = [{"Target": {"Attribute": "Properties", "Name": key}} for key in sorted(changed)]
            changes.append({"Action": "Modify", **entry, "Replacement": str(again), "Details": details})
    gone = [name for name in stack.resources if name not in new]
    changes += [
        {"Action": "Remove", "LogicalResourceId": name, "ResourceType": stack.resources[name].kind} for name in gone
    ]
    return changes


def _ordered(properties: dict[str, dict[str, Any]]) -> list[str]:
    """Return the resources, each behind those that it refers to."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name not in ordered:
            for other in sorted(references(properties[name])):
                visit(other)
            ordered.append(name)

    for name in properties:
        visit(name)
    return ordered


class _Operation:
    """One creation, update or deletion of a stack."""

    def __init__(self, stack: _Stack, token: str | None, maker: ResourceMaker, numbers: Any) -> None:
        self._stack, self._token, self._maker, self._numbers = stack, token, maker, numbers

    def execute(self, change_set: _ChangeSet) -> None:
        stack, verb = self._stack, "CREATE" if change_set.creates else "UPDATE"
        before = (stack.template, stack.parameters, stack.tags)
        stack.template, stack.parameters, stack.tags = change_set.template, change_set.parameters, change_set.tags
        self._event(stack.name, "AWS::CloudFormation::Stack", f"{verb}_IN_PROGRESS", "User Initiated")
        undo: list[Callable[[], None]] = []
        old_ones: list[tuple[str, _Resource]] = []
        try:
            for change in change_set.changes:
                self._apply(change, undo, old_ones)
        except _FailedError:
            self._event(stack.name, "AWS::CloudFormation::Stack", f"{verb}_ROLLBACK_IN_PROGRESS".replace("CREATE_", ""))
            for step in reversed(undo):
                step()
            stack.template, stack.parameters, stack.tags = before
            stack.status = "UPDATE_ROLLBACK_COMPLETE"
            if change_set.creates:
                stack.status = "DELETE_COMPLETE" if change_set.on_failure == "DELETE" else "ROLLBACK_COMPLETE"
        else:
            for name, one in old_ones:
                if one.declared.get("UpdateReplacePolicy") not in _KEPT:
                    self._delete(name, one)
            stack.status = f"{verb}_COMPLETE"
        self._event(stack.name, "AWS::CloudFormation::Stack", stack.status)

    def delete(self) -> None:
        stack = self._stack
        self._event(stack.name, "AWS::CloudFormation::Stack", "DELETE_IN_PROGRESS", "User Initiated")
        try:
            for name in reversed(_ordered({name: one.declared["Properties"] for name, one in self._known().items()})):
                one = stack.resources.get(name)
                if one is not None and one.declared.get("DeletionPolicy") not in _KEPT:
                    self._delete(name, one)
                stack.resources.pop(name, None)
        except _FailedError:
            stack.status = "DELETE_FAILED"
        else:
            stack.status = "DELETE_COMPLETE"
        self._event(stack.name, "AWS::CloudFormation::Stack", stack.status)

    def _known(self) -> dict[str, _Resource]:
        """Return the resources with references that are evaluated only as far as resources go."""
        symbolic = _symbolic(self._stack.template, self._stack.parameters, self._stack)
        return {
            name: _Resource(one.kind, {}, {}, {"Properties": symbolic.get(name, {})})
            for name, one in self._stack.resources.items()
        }

    def _apply(
        self, change: dict[str, Any], undo: list[Callable[[], None]], old_ones: list[tuple[str, _Resource]]
    ) -> None:
        stack, name, kind = self._stack, change["LogicalResourceId"], change["ResourceType"]
        old = stack.resources.get(name)
        if change["Action"] == "Remove":
            assert old is not None
            del stack.resources[name]
            kept = old.declared.get("DeletionPolicy") in _KEPT
            old_ones.append(
                (name, _Resource(old.kind, old.wanted, old.found, {"UpdateReplacePolicy": "Retain"} if kept else {}))
            )
            undo.append(lambda: stack.resources.update({name: old}))
            return
        declared = stack.template["Resources"][name]
        wanted = stack.values().of(declared.get("Properties", {}))
        if old is None or change.get("Replacement") == "True":
            found = self._attempt(name, kind, "CREATE", lambda: self._maker.create(kind, wanted, stack.tags))
            made = stack.resources[name] = _Resource(kind, wanted, found, declared)
            if old is not None:
                old_ones.append((name, old))
            undo.append(lambda: self._undo_creation(name, made, old))
            return
        self._attempt(name, kind, "UPDATE", lambda: self._maker.update(kind, old.wanted, wanted))
        stack.resources[name] = _Resource(kind, wanted, old.found, declared)

        def restore() -> None:
            self._attempt(name, kind, "UPDATE", lambda: self._maker.update(kind, wanted, old.wanted))
            stack.resources[name] = old

        undo.append(restore)

    def _undo_creation(self, name: str, made: _Resource, old: _Resource | None) -> None:
        self._delete(name, made)
        del self._stack.resources[name]
        if old is not None:
            self._stack.resources[name] = old

    def _delete(self, name: str, one: _Resource) -> None:
        self._attempt(name, one.kind, "DELETE", lambda: self._maker.delete(one.kind, one.wanted, one.found))

    def _attempt(self, name: str, kind: str, verb: str, action: Callable[[], Any]) -> Any:
        self._event(name, kind, f"{verb}_IN_PROGRESS")
        try:
            result = action()
        except Exception as error:
            self._event(name, kind, f"{verb}_FAILED", f"{error} (Service: Stand-in)")
            raise _FailedError from error
        self._event(name, kind, f"{verb}_COMPLETE")
        return result

    def _event(self, name: str, kind: str, status: str, reason: str = "") -> None:
        self._stack.events.append(
            {
                "StackId": self._stack.identity,
                "EventId": f"{next(self._numbers)}",
                "StackName": self._stack.name,
                "LogicalResourceId": name,
                "ResourceType": kind,
                "Timestamp": datetime.now(UTC),
                "ResourceStatus": status,
                **({"ResourceStatusReason": reason} if reason else {}),
                **({"ClientRequestToken": self._token} if self._token else {}),
            }
        )


class _FailedError(Exception):
    """A resource has failed."""
