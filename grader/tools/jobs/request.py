"""Requests to AWS, validated against the service's own description before they are sent.

The client itself checks types, names and lower bounds when a call is made, but no upper bounds, patterns or words.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from grader.aws.errors import translated_errors
from grader.errors import ConfigError
from grader.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.aws.client import AwsSession

__all__ = ["Request", "violations"]


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list, tuple),
}
_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
    "structure": "a table",
    "map": "a table",
    "list": "a list",
}


def violations(shape: Any, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """What a service would refuse of a value.

    Args:
        shape: of botocore's service model, such as the input of an operation.
        value: plain data.
        path: where the value is, as names with dots between.

    Yields:
        Where, and what is wanted there instead.
    """
    kind = shape.type_name
    if kind in _TYPES and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield path, f"{_WORDS[kind]} is wanted, not {one_line(repr(value), 60)}"
        return
    yield from ((path, said) for said in _value_violations(shape, value))
    if kind == "structure":
        yield from _member_violations(shape, value, path)
    elif kind == "map":
        for key, one in value.items():
            yield from violations(shape.value, one, _join_path(path, key))
    elif kind == "list":
        for index, one in enumerate(value):
            yield from violations(shape.member, one, f"{path}[{index}]")


def _member_violations(shape: Any, value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if name not in value:
            yield _join_path(path, name), "is missing"
    for name, one in value.items():
        if name in shape.members:
            yield from violations(shape.members[name], one, _join_path(path, name))
            continue
        near = difflib.get_close_matches(name, shape.members, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(shape.members))}"
        yield _join_path(path, name), f"unknown key; {hint}"


def _value_violations(shape: Any, value: Any) -> Iterator[str]:
    """Of the value itself, whatever is in it."""
    words = getattr(shape, "enum", None)
    if words and value not in words:
        yield f"one of {', '.join(words)} is wanted, not {one_line(repr(value), 60)}"
        return
    measured, what = (len(value), " in length") if isinstance(value, str | list | tuple | dict) else (value, "")
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measured < least:
        yield f"{measured}{what}, and at least {least} is wanted"
    if most is not None and measured > most:
        yield f"{measured}{what}, and at most {most} is wanted"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not _matches(pattern, value):
        yield f"{one_line(repr(value), 100)} is not of the form {one_line(pattern, 120)}"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # some are written for other engines; the service has the last word
        return True


def _join_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of AWS."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    about: str
    """What it is about, for people: errors begin with it."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Where parameters come from, for people: the path of a parameter, and the key of the file."""

    def check(self, cloud: AwsSession) -> None:
        """Hold the parameters against the service's own description; sends nothing.

        Raises:
            ConfigError: the service would refuse it; names the key, and all others that are wrong.
        """
        client = cloud.client(self.service)
        with translated_errors(self.about):
            name = client.meta.method_to_api_mapping[self.operation]
            shape = client.meta.service_model.operation_model(name).input_shape
        found = [f"{self._key(path)}: {said}" for path, said in violations(shape, self.parameters)]
        if found:
            raise ConfigError(f"{self.about}: {'; '.join(found)}")

    def send(self, cloud: AwsSession) -> Any:
        """Make the call; what AWS answers.

        Raises:
            ConfigError: as `check`, and nothing was sent.
            CloudRequestError, CloudError: AWS refuses, or cannot be reached.
        """
        self.check(cloud)
        return cloud.call(self.service, self.operation, self.about, **self.parameters)

    def as_dict(self) -> dict[str, Any]:
        """For people and programs."""
        return {"service": self.service, "operation": self.operation, "parameters": dict(self.parameters)}

    def _key(self, path: str) -> str:
        for ours, theirs in sorted(self.keys.items(), key=lambda pair: -len(pair[0])):
            if path == ours or path.startswith((f"{ours}.", f"{ours}[")):
                return f"{theirs}{path[len(ours) :]}"
        return path
