"""What a JSON schema asks for, for people."""

from __future__ import annotations

from typing import Any

__all__ = ["in_words", "resolved"]


def resolved(wanted: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A part of a JSON schema, or what it refers to."""
    reference = wanted.get("$ref")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else wanted


def in_words(wanted: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a part of a schema asks for, such as ``a finite number above 0``."""
    if "anyOf" in wanted:
        choices = [resolved(choice, schema) for choice in wanted["anyOf"]]
        return " or ".join(in_words(choice, schema) for choice in choices if choice.get("type") != "null")
    if "enum" in wanted or "const" in wanted:
        return " or ".join(f'"{choice}"' for choice in wanted.get("enum", [wanted.get("const")]))
    if wanted["type"] not in {"number", "integer"}:
        return {"array": "a list of names", "object": "a table", "string": "text"}[wanted["type"]]
    if "maximum" in wanted:
        kind = "whole number" if wanted["type"] == "integer" else "number"
        return f"a {kind} from {wanted['minimum']} to {wanted['maximum']}"
    kind = "whole number" if wanted["type"] == "integer" else "finite number"
    if "exclusiveMinimum" in wanted:
        return f"a {kind} above {wanted['exclusiveMinimum']}"
    return f"a {kind} of at least {wanted['minimum']}"
