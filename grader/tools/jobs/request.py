"""Requests to AWS, validated against the service's API model before they are sent.

The AWS client validates types, names and lower bounds, but not upper bounds, patterns and enumerations.
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
_TYPE_NAMES: Final = {
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
    """Find the parts of a value that a service would reject.

    Args:
        shape: shape of botocore's service model, such as the input of an operation.
        value: plain data.
        path: location of the value, as names separated by dots.

    Yields:
        Location of the part, and a description of the violation.
    """
    kind = shape.type_name
    # bool is a subclass of int in Python, but not a number for AWS.
    if kind in _TYPES and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield path, f"expected {_TYPE_NAMES[kind]}, not {one_line(repr(value), 60)}"
        return
    yield from ((path, message) for message in _value_violations(shape, value))
    if kind == "structure":
        yield from _member_violations(shape, value, path)
    elif kind == "map":
        for key, member in value.items():
            yield from violations(shape.value, member, _join_path(path, key))
    elif kind == "list":
        for index, member in enumerate(value):
            yield from violations(shape.member, member, f"{path}[{index}]")


def _member_violations(shape: Any, value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if name not in value:
            yield _join_path(path, name), "missing"
    for name, member in value.items():
        if name in shape.members:
            yield from violations(shape.members[name], member, _join_path(path, name))
            continue
        near = difflib.get_close_matches(name, shape.members, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(shape.members))}"
        yield _join_path(path, name), f"unknown key; {hint}"


def _value_violations(shape: Any, value: Any) -> Iterator[str]:
    """Find violations of the value itself, not of its members."""
    words = getattr(shape, "enum", None)
    if words and value not in words:
        yield f"expected one of {', '.join(words)}, not {one_line(repr(value), 60)}"
        return
    size, name = (len(value), "length ") if isinstance(value, str | list | tuple | dict) else (value, "")
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and size < minimum:
        yield f"{name}{size} is less than the minimum of {minimum}"
    if maximum is not None and size > maximum:
        yield f"{name}{size} is more than the maximum of {maximum}"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not _matches(pattern, value):
        yield f"{one_line(repr(value), 100)} does not match {one_line(pattern, 120)}"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # some patterns are written for other engines; the service will check them itself
        return True


def _join_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@dataclass(frozen=True, slots=True)
class Request:
    """Call of an AWS service."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    about: str
    """Subject of the request, at the beginning of errors."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Origin of parameters, for errors: path of a parameter -> key of the job's file, or option."""

    def check(self, cloud: AwsSession) -> None:
        """Validate the parameters against the service's API model; nothing is sent.

        Raises:
            ConfigError: the service would reject the request; names every invalid key.
        """
        client = cloud.client(self.service)
        with translated_errors(self.about):
            name = client.meta.method_to_api_mapping[self.operation]
            shape = client.meta.service_model.operation_model(name).input_shape
        messages = [f"{self._key(path)}: {message}" for path, message in violations(shape, self.parameters)]
        if messages:
            raise ConfigError(f"{self.about}: {'; '.join(messages)}")

    def send(self, cloud: AwsSession) -> Any:
        """Check and send the request, and return the response of AWS.

        Raises:
            ConfigError: the request is not valid; nothing was sent.
            CloudRequestError, CloudError: AWS rejected the request, failed, or cannot be reached.
        """
        self.check(cloud)
        return cloud.call(self.service, self.operation, self.about, **self.parameters)

    def as_dict(self) -> dict[str, Any]:
        """Return the request as JSON data."""
        return {"service": self.service, "operation": self.operation, "parameters": dict(self.parameters)}

    def _key(self, path: str) -> str:
        # The longest path comes first, so that a more specific entry is preferred.
        for parameter, key in sorted(self.keys.items(), key=lambda pair: -len(pair[0])):
            if path == parameter or path.startswith((f"{parameter}.", f"{parameter}[")):
                return f"{key}{path[len(parameter) :]}"
        return path
