"""The JSON Schema of the native shape, made of the models that check it.

``python -m testcases.formats.native_schema > docs/native.schema.json`` writes it anew; a test holds the two together.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from testcases.formats.native_model import KINDS, TEST_FIELDS, NativeModel

__all__ = ["native_schema"]

_NEEDED: Final[dict[str, Any]] = {
    "CallModel": {"anyOf": [{"required": [name]} for name in ("args", "kwargs", "function", "expected", "one_of")]},
    "StdinModel": {"anyOf": [{"required": ["stdout"]}, {"required": ["one_of"]}]},
}
"""What the readers ask of the fields of one test together."""


def native_schema() -> dict[str, Any]:
    """The schema, of draft 2020-12. It refuses nothing that is read; names and sources are checked only on reading."""
    models = (NativeModel, *(model for model, _ in KINDS))
    _, schema = models_json_schema([(model, "validation") for model in models], by_alias=True)
    definitions: dict[str, Any] = schema["$defs"]
    for definition in definitions.values():
        _tidy(definition)
    for model, _ in KINDS:
        definition = definitions[model.__name__]
        definition |= _NEEDED.get(model.__name__, {})
        foreign = TEST_FIELDS - definition["properties"].keys()
        definition["properties"] |= {name: {"type": "null"} for name in sorted(foreign)}
    reference = definitions.pop(NativeModel.__name__)
    reference["properties"]["tests"]["items"] = {"anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model, _ in KINDS]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A reference in the native format",
        **reference,
        "$defs": definitions,
    }


def _tidy(definition: dict[str, Any]) -> None:
    """Take out titles, which repeat names; let null stand for a field that need not be there, as tables have it."""
    definition.pop("title")
    required = definition.get("required", ())
    for name, field in definition["properties"].items():
        field.pop("title", None)
        if field.get("default", 0) is None or isinstance(field.get("default"), dict):
            del field["default"]
        if name in required or "anyOf" in field or field.keys() <= {"default"}:
            continue
        kept = {key: field.pop(key) for key in ("default", "description") if key in field}
        field |= {**kept, "anyOf": [dict(field), {"type": "null"}]}
        for key in field["anyOf"][0]:
            del field[key]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(native_schema(), indent=2) + "\n")
