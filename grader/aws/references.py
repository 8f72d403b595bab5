"""Where the reference is, and what is wrapped around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grader.aws.fields import FieldError, FieldMissingError
from testcases.address import is_address

__all__ = ["REFERENCE_PLACES", "find_reference", "reference_at", "unwrap"]

REFERENCE_PLACES: tuple[tuple[str, ...], ...] = (
    ("reference_answer",),
    ("metadata", "reference_answer"),
    ("extra_info", "reference_answer"),
    ("reward_model", "ground_truth"),
    ("metadata", "ground_truth"),
    ("extra_info", "ground_truth"),
)
"""Where a reference may be, in the order they are looked at.

The root is what "Implementing reward functions" of SageMaker says, ``metadata`` what "Setting up reward
functions" of Bedrock and SageMaker's open-weight samples say, ``extra_info`` and ``reward_model`` are verl's.
After these comes ``metadata`` itself when it holds ``inputs`` and ``outputs``, as the built-in Prime Code
scorer has it.
"""

_PRIME_CODE_KEYS = ("fn_name", "inputs", "outputs")
_MAX_WRAPPINGS = 6
_MAX_NESTING = 200


def find_reference(raw: Mapping[Any, Any]) -> tuple[Any, str]:
    """The reference of a sample as it came from a trainer, and the path of the field it was found in.

    The first place that could hold tests (an object, a list of objects, or the address of either) wins. A place
    with a plain text, number or list only counts when no later place holds more: SageMaker's evaluation puts a
    copy of the ground-truth *text* at the root even where the tests are in ``metadata``.

    Raises:
        FieldMissingError: no place holds anything.
        FieldError: what holds it is refused; see `unwrap`.
    """
    plain: tuple[Any, str] | None = None
    for place in REFERENCE_PLACES:
        field = ".".join(place)
        value = unwrap(_look_up(raw, place), field)
        if _is_empty(value):
            continue
        if _could_be_tests(value):
            return value, field
        plain = plain or (value, field)
    metadata = _section(raw, "metadata")
    tests = {name: metadata[name] for name in _PRIME_CODE_KEYS if not _is_empty(metadata.get(name))}
    if "inputs" in tests and "outputs" in tests:
        _refuse_deep_nesting(tests, "metadata")
        return tests, "metadata"
    if plain is not None:
        return plain
    places = ", ".join(".".join(place) for place in REFERENCE_PLACES)
    raise FieldMissingError("reference_answer", f"not found; looked at {places}, metadata.inputs with metadata.outputs")


def reference_at(value: Any, field: str) -> Any:
    """The reference in a field that must hold one.

    Raises:
        FieldError: it holds nothing, or what it holds is refused; see `unwrap`.
    """
    reference = unwrap(value, field)
    if _is_empty(reference):
        raise FieldError(field, "holds no reference")
    return reference


def unwrap(value: Any, field: str) -> Any:
    """What is inside ``{"text": ...}`` and JSON text, in any order, a few layers deep.

    Text that is JSON of an object, a list or a text is replaced by what it says; any other text stays as it
    is. Objects that came as objects are not touched, so a NaN that the runtime let through stays.

    Args:
        value: a reference as it came.
        field: its path, for error messages.

    Raises:
        FieldError: JSON text that says a key twice, says NaN or Infinity (which are not JSON), or holds an
            integer too long to read; or a value nested too deeply.
    """
    for _ in range(_MAX_WRAPPINGS):
        if isinstance(value, str):
            inner = _parse(value, field)
        elif isinstance(value, Mapping) and "text" in value and value.keys() <= {"text", "type"}:
            inner = value["text"]
        else:
            break
        if inner is value:
            break
        value = inner
    _refuse_deep_nesting(value, field)
    return value


class _RefusedJsonError(Exception):
    """JSON that Python would read, and that nobody can have meant."""


def _parse(text: str, field: str) -> Any:
    if not text.lstrip().startswith(("{", "[", '"')):
        return text
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        return text
    except _RefusedJsonError as error:
        raise FieldError(field, str(error)) from None
    except RecursionError:
        raise FieldError(field, f"JSON text nested more than {_MAX_NESTING} levels deep") from None
    except ValueError:
        raise FieldError(field, "JSON text holds an integer of too many digits") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RefusedJsonError(f"JSON text has the key {key[:40]!a} twice in one object")
            seen.add(key)
    return result


def _refuse_constant(name: str) -> Any:
    raise _RefusedJsonError(f"JSON text holds {name}, which is not JSON; write the value some other way")


def _refuse_deep_nesting(value: Any, field: str) -> None:
    level = [value]
    for _ in range(_MAX_NESTING):
        level = [child for parent in level for child in _children(parent) if isinstance(child, (Mapping, list, tuple))]
        if not level:
            return
    raise FieldError(field, f"nested more than {_MAX_NESTING} levels deep")


def _children(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _look_up(raw: Mapping[Any, Any], place: tuple[str, ...]) -> Any:
    if len(place) == 1:
        return raw.get(place[0])
    section, name = place
    return _section(raw, section).get(name)


def _section(raw: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
    value = raw.get(name)
    if isinstance(value, str):
        value = _parse(value, name)
    return value if isinstance(value, Mapping) else {}


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (Mapping, list, tuple)) and not value)


def _could_be_tests(value: Any) -> bool:
    if isinstance(value, str):
        return is_address(value)
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)
