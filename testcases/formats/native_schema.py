"""Make the JSON Schema of the native format from the tables that it is read by.

``python -m testcases.formats.native_schema > docs/native.schema.json`` writes the published file; a test compares the
two.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from testcases.formats.native import COMPARE, KIND_FIELDS, LIMITS, REFERENCE, TEST_RECORDS

__all__ = ["native_schema"]

_EXTRA_REQUIREMENTS: Final[dict[str, Any]] = {
    "CallModel": {"anyOf": [{"required": [name]} for name in ("args", "kwargs", "function", "expected", "one_of")]},
    "StdinModel": {"anyOf": [{"required": ["stdout"]}, {"required": ["one_of"]}]},
}
"""Requirements on several fields of a test together, which the readers check."""


def native_schema() -> dict[str, Any]:
    """Return the schema, of draft 2020-12.

    It accepts everything that can be read. Names and sources are checked only on reading.
    """
    definitions = {record.name: record.definition() for record in (COMPARE, LIMITS)}
    for kind, _ in TEST_RECORDS:
        definition = kind.definition() | _EXTRA_REQUIREMENTS.get(kind.name, {})
        foreign = KIND_FIELDS - kind.fields.keys()
        definition["properties"] |= {name: {"type": "null"} for name in sorted(foreign)}
        definitions[kind.name] = definition
    reference = REFERENCE.definition()
    reference["properties"]["tests"]["items"] = {"anyOf": [kind.schema() for kind, _ in TEST_RECORDS]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A reference in the native format",
        **reference,
        "$defs": definitions,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(native_schema(), indent=2) + "\n")
