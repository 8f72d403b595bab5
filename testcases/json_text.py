"""JSON text: reading it strictly or as Python does, and unwrapping a reference that came as text."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

from testcases.contest_header import MAX_DIGITS
from testcases.errors import InvalidFieldError

__all__ = [
    "MAX_LAYERS",
    "MAX_NESTING",
    "JsonTextError",
    "is_nested_too_deeply",
    "load_json",
    "parse_json_text",
    "unwrap",
]

MAX_LAYERS: Final = 6
"""Layers of ``{"text": ...}`` and of JSON text that are taken off. Trainers, data sets and clients add one each, and
the most seen is four; the limit is there so that text made of quotes costs a fixed number of passes."""

MAX_NESTING: Final = 200
"""Levels of lists and objects in strict JSON text, and in a value that `is_nested_too_deeply` accepts."""

_WRAPPER_KEYS: Final = frozenset({"text", "type"})


class JsonTextError(ValueError):
    """JSON text that Python reads, but that no writer can have meant; the message is one line."""


def load_json(text: str, path: str, *, long_integers: bool = False) -> Any:
    """Return the value of a JSON text; NaN and Infinity, which Python writes, are read too.

    Args:
        text: the text.
        path: path of the field, for errors.
        long_integers: read integers of as many digits as contest sites do, instead of Python's 4,300.

    Raises:
        InvalidFieldError: the text is not JSON; `path` is the field of the error.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except RecursionError:
        message = "is JSON nested too deeply"
    except ValueError:  # sys.set_int_max_str_digits: 4,300 digits, unless it is set otherwise
        message = "is JSON with a number of more digits than Python reads"
        if long_integers:
            with contextlib.suppress(JsonTextError):
                return json.loads(text, parse_int=_parse_long_integer)
    raise InvalidFieldError(path, message)


def _parse_long_integer(text: str) -> int:
    """Return an integer of up to as many digits as contest sites read."""
    if len(text) > MAX_DIGITS:
        raise JsonTextError("too many digits")
    import decimal  # noqa: PLC0415 - hardly ever needed

    # By way of a decimal number, to which the interpreter's limit on digits does not apply: the limit is the process's.
    return int(decimal.Decimal(text))


def parse_json_text(text: str, *, strict: bool = False) -> Any:
    """Return the value of text that is JSON of an object, a list or a text, and any other text as it is.

    Args:
        text: any text; of prose and code only the first character is looked at.
        strict: refuse what JSON does not have, or what its readers disagree on.

    Raises:
        JsonTextError: strict only: a key occurs twice in one object, the text holds NaN or Infinity, an integer too
            long to read, or more than `MAX_NESTING` levels.
    """
    # Numbers, true and null stay text: a ground truth of "42" is the text that a model is to write.
    if not text.lstrip().startswith(("{", "[", '"')):
        return text
    try:
        if not strict:
            return json.loads(text)
        return json.loads(text, object_pairs_hook=_reject_duplicate_keys, parse_constant=_reject_constant)
    except json.JSONDecodeError:
        pass
    except JsonTextError:
        raise
    except RecursionError:
        if strict:
            raise JsonTextError(f"JSON text nested more than {MAX_NESTING} levels deep") from None
    except ValueError:
        if strict:
            raise JsonTextError("JSON text holds an integer of too many digits") from None
    return text


def unwrap(value: Any, *, strict: bool = False, max_chars: int | None = None) -> Any:
    """Return what is inside ``{"text": ...}`` and JSON text, in any order, at most `MAX_LAYERS` deep.

    A wrapper is an object with the key ``text`` and at most ``type`` beside it, as a part of a message has it. Text
    that is not JSON stays text. Objects that came as objects are not changed, so a NaN in one stays.

    Args:
        value: a reference as it came.
        strict: how JSON text is read; see `parse_json_text`.
        max_chars: longer text stays as it is; ``None`` for no limit.

    Raises:
        JsonTextError: see `parse_json_text`.
    """
    for _ in range(MAX_LAYERS):
        if isinstance(value, str):
            if max_chars is not None and len(value) > max_chars:
                break
            inner = parse_json_text(value, strict=strict)
        elif isinstance(value, Mapping) and "text" in value and value.keys() <= _WRAPPER_KEYS:
            inner = value["text"]
        else:
            break
        if inner is value:
            break
        value = inner
    return value


def is_nested_too_deeply(value: Any) -> bool:
    """Return whether lists and objects are nested in a value more than `MAX_NESTING` levels deep."""
    # By levels, not by recursion: what the check is for would end a recursion.
    level = [value]
    for _ in range(MAX_NESTING):
        level = [child for parent in level for child in _children(parent) if isinstance(child, (Mapping, list, tuple))]
        if not level:
            return False
    return True


def _children(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonTextError(f"JSON text has the key {key[:40]!a} twice in one object")
            seen.add(key)
    return result


def _reject_constant(name: str) -> Any:
    raise JsonTextError(f"JSON text holds {name}, which is not JSON; write the value some other way")
