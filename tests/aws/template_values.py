"""Templates of CloudFormation, evaluated as CloudFormation does."""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["NO_VALUE", "Values", "read_template", "references"]

NO_VALUE = object()
_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


class _Loader(yaml.SafeLoader):
    """Loader of YAML with the short forms of intrinsic functions."""


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    key = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    match node:
        case yaml.ScalarNode():
            text = loader.construct_scalar(node)
            return {key: text.split(".", 1) if tag == "GetAtt" else text}
        case yaml.SequenceNode():
            return {key: loader.construct_sequence(node, deep=True)}
    return {key: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)


def read_template(text: str) -> dict[str, Any]:
    """Read a template, with its intrinsic functions in the long form."""
    document: dict[str, Any] = yaml.load(text, Loader=_Loader)
    return document


class Values:
    """Evaluates intrinsic functions.

    Args:
        template: the template.
        parameters: values of its parameters that are not the defaults, as text.
        resources: names and attributes of resources that stand; what is missing stays a reference.
        place: pseudo parameters that are not the usual ones.
    """

    def __init__(
        self,
        template: dict[str, Any],
        parameters: dict[str, str] | None = None,
        resources: dict[str, dict[str, str]] | None = None,
        place: dict[str, str] | None = None,
    ) -> None:
        declared = template.get("Parameters", {})
        values = {name: str(one.get("Default", "")) for name, one in declared.items()} | (parameters or {})
        self.parameters = values
        lists = {name for name, one in declared.items() if one["Type"] == "CommaDelimitedList"}
        pseudo = {
            "AWS::Partition": "aws",
            "AWS::Region": "us-east-1",
            "AWS::AccountId": "123456789012",
            "AWS::URLSuffix": "amazonaws.com",
        }
        typed = {name: value.split(",") if name in lists else value for name, value in values.items()}
        self._names: dict[str, Any] = {**pseudo, **(place or {}), **typed}
        self._conditions = template.get("Conditions", {})
        self._resources = resources or {}

    def of(self, value: Any) -> Any:  # noqa: C901 - one case for each function
        """Return a value without intrinsic functions; `NO_VALUE` for one that is left out."""
        match value:
            case {"Ref": "AWS::NoValue"}:
                return NO_VALUE
            case {"Ref": str(name)}:
                return self._names[name] if name in self._names else self._attribute(name, "Ref")
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute)
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case {"Fn::Sub": [str(text), dict(more)]}:
                return self._substituted(text, {key: self.of(one) for key, one in more.items()})
            case {"Fn::If": [str(condition), yes, no]}:
                return self.of(yes if self.holds(condition) else no)
            case {"Fn::Join": [str(between), parts]}:
                return between.join(self.of(parts))
            case {"Fn::Split": [str(between), text]}:
                return self.of(text).split(between)
            case {"Fn::Select": [index, parts]}:
                return self.of(parts)[int(index)]
            case dict():
                found = {key: self.of(one) for key, one in value.items()}
                return {key: one for key, one in found.items() if one is not NO_VALUE}
            case list():
                return [one for one in map(self.of, value) if one is not NO_VALUE]
        return value

    def holds(self, condition: Any) -> bool:
        """Return whether a condition holds, given by its name or as it is."""
        match condition:
            case str():
                return self.holds(self._conditions[condition])
            case {"Condition": str(name)}:
                return self.holds(self._conditions[name])
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::Equals": [left, right]}:
                return str(self.of(left)) == str(self.of(right))
            case {"Fn::And": parts}:
                return all(map(self.holds, parts))
            case {"Fn::Or": parts}:
                return any(map(self.holds, parts))
        raise AssertionError(condition)

    def _attribute(self, name: str, attribute: str) -> Any:
        return self._resources.get(name, {}).get(attribute, {"Fn::GetAtt": [name, attribute]})

    def _substituted(self, text: str, more: dict[str, Any]) -> str:
        def value(found: re.Match[str]) -> str:
            name, _, attribute = found[1].partition(".")
            if found[1] in more:
                return str(more[found[1]])
            if found[1] in self._names:
                return str(self._names[found[1]])
            return str(self._attribute(name, attribute or "Ref"))

        return _SUBSTITUTED.sub(value, text)


def references(value: Any) -> set[str]:
    """Return the resources that evaluated properties refer to."""
    match value:
        case {"Fn::GetAtt": [str(name), str()]}:
            return {name}
        case dict():
            return set().union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value))
    return set()
