"""The template `deploy/template.yaml`: its text, parameters, conditions and resources.

CloudFormation reads the template itself. This reader is for what is known without an account: the values that a
parameter may have, and the resources that a dry run lists. It reads the subset of YAML that this one file is written
in, because a YAML parser would be a dependency of its own; `tests/deploy` compares it with a real one.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grader.errors import ConfigError, ToolError
from grader.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Parameter", "Resource", "Template"]

_NAME: Final = "template.yaml"
_KEY: Final = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z]+): ?(?P<value>.*)")
_FLOW_ITEM: Final = re.compile(r"""(?P<key>\w+): (?P<value>\[[^\]]*\]|"[^"]*"|[^,}]+)""")
_TOKEN: Final = re.compile(r'!(\w+)|\[|\]|"([^"]*)"|([^\s,\[\]!"]+)')
_OUTER, _INNER = 2, 4
"""Indentation of the names in a section, and of what is said of each."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Parameter of the template, and the values it may have."""

    name: str
    kind: str
    default: str | None
    description: str
    pattern: str | None = None
    allowed: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None

    def check(self, value: str, option: str) -> None:
        """Check a value as CloudFormation would.

        Args:
            value: text of the value.
            option: name of the value for the user.

        Raises:
            ConfigError: the template does not accept the value.
        """
        shown = f"{option} {one_line(value, 80)!r}"
        if self.kind == "Number" and not self.allowed and not self._in_range(value):
            raise ConfigError(f"{option} {one_line(value, 80)}: expected {self.minimum} to {self.maximum}")
        if self.allowed and value not in self.allowed:
            words = ", ".join(one for one in self.allowed if one)
            raise ConfigError(f"{option} {one_line(value, 80)}: expected one of {words}")
        too_long = self.max_length is not None and len(value) > self.max_length
        if too_long or (self.pattern is not None and not re.fullmatch(self.pattern, value)):
            limit = f" (at most {self.max_length} characters)" if too_long else ""
            raise ConfigError(f"{shown}: not accepted{limit}: {self.description}")

    def _in_range(self, value: str) -> bool:
        number = int(value) if re.fullmatch(r"-?\d+", value, re.ASCII) else None
        return number is not None and (self.minimum or 0) <= number <= (self.maximum or number)


@dataclass(frozen=True, slots=True)
class Resource:
    """Resource of the template."""

    name: str
    kind: str
    condition: str | None


class Template:
    """The template that is part of this package, or of its checkout."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def load(cls) -> Template:
        """Read the template.

        Raises:
            ToolError: the installation lacks it.
        """
        # A link in the checkout, which has the file in deploy/, where users of SAM and Terraform look for it.
        path = Path(__file__).with_name(_NAME)
        try:
            return cls(path.read_text("utf-8"))
        except OSError as error:
            raise ToolError(f"{path}: {error.strerror}; this installation of the grader is incomplete") from None

    @property
    def digest(self) -> str:
        """Digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters by name."""
        return {name: _parameter(name, fields) for name, fields in self._section("Parameters")}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Resources by logical id."""
        return {
            name: Resource(name, fields["Type"], fields.get("Condition")) for name, fields in self._section("Resources")
        }

    def defaults(self) -> dict[str, str]:
        """Return the default of every parameter."""
        return {name: one.default or "" for name, one in self.parameters.items()}

    def standing(self, values: Mapping[str, str]) -> list[Resource]:
        """Return the resources that exist with these values of the parameters."""
        return [one for one in self.resources.values() if one.condition is None or self.holds(one.condition, values)]

    def holds(self, condition: str, values: Mapping[str, str]) -> bool:
        """Return whether a condition holds with these values of the parameters."""
        return _evaluate(self._conditions[condition], self._conditions, values) is True

    @cached_property
    def _conditions(self) -> dict[str, Any]:
        return {name: _parse(fields[""]) for name, fields in self._section("Conditions")}

    def _section(self, title: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the names in a section, with the scalars that are said of each; ``""`` is what stands beside it."""
        name, inside = "", False
        fields: dict[str, str] = {}
        for line in self.text.splitlines():
            found = _KEY.fullmatch(line)
            if found is None:
                continue
            indent, key, value = len(found["indent"]), found["key"], found["value"]
            if indent == 0:
                inside = key == title
            elif inside and indent == _OUTER:
                if name:
                    yield name, fields
                name, fields = key, {"": value}
                if value.startswith("{"):
                    fields |= {item["key"]: item["value"] for item in _FLOW_ITEM.finditer(value)}
            elif inside and indent == _INNER:
                fields[key] = value
        if name:
            yield name, fields


def _parameter(name: str, fields: Mapping[str, str]) -> Parameter:
    def number(key: str) -> int | None:
        return int(fields[key]) if key in fields else None

    allowed = tuple(_unquoted(one) for one in fields.get("AllowedValues", "").strip("[]").split(", ") if one)
    return Parameter(
        name=name,
        kind=fields["Type"],
        default=_unquoted(fields["Default"]) if "Default" in fields else None,
        description=_unquoted(fields["Description"]),
        pattern=_unquoted(fields["AllowedPattern"]) if "AllowedPattern" in fields else None,
        allowed=allowed,
        minimum=number("MinValue"),
        maximum=number("MaxValue"),
        max_length=number("MaxLength"),
    )


def _unquoted(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _parse(text: str) -> Any:
    """Parse a condition into lists that begin with the name of a function."""
    stack: list[list[Any]] = [[]]
    after_tag = False
    for token in _TOKEN.finditer(text):
        if token[1] is not None:
            stack.append([token[1]])
        elif token[0] == "[":
            # The list behind a function is its arguments; any other is a value of its own.
            if not after_tag:
                stack.append(["List"])
        elif token[0] == "]":
            _close(stack)
        else:
            stack[-1].append(token[2] if token[2] is not None else token[3])
            # Ref and Condition take one word, without brackets.
            if stack[-1][0] in {"Ref", "Condition"}:
                _close(stack)
        after_tag = token[1] is not None
    return stack[0][0]


def _close(stack: list[list[Any]]) -> None:
    done = stack.pop()
    stack[-1].append(done)


def _evaluate(node: Any, conditions: Mapping[str, Any], values: Mapping[str, str]) -> Any:
    match node:
        case ["Ref", str(name)]:
            return values[name]
        case ["Condition", str(name)]:
            return _evaluate(conditions[name], conditions, values)
        case ["Join", "", inner]:
            return _evaluate(inner, conditions, values).replace(",", "")
        case ["Not", inner]:
            return not _evaluate(inner, conditions, values)
        case ["Equals", left, right]:
            return _evaluate(left, conditions, values) == _evaluate(right, conditions, values)
        case ["And", *parts]:
            return all(_evaluate(part, conditions, values) for part in parts)
        case ["Or", *parts]:
            return any(_evaluate(part, conditions, values) for part in parts)
    return node
