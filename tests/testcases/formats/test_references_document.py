import json
import re
from pathlib import Path
from typing import Any

import pytest

from testcases.formats import FORMAT_NAMES, read_reference

DOCUMENT = (Path(__file__).parents[3] / "docs" / "references.md").read_text()

WRAPPINGS = {"verl", "openai", "trainer_row"}
"""What is inside of these is a reference of another format."""


def examples() -> list[Any]:
    found = []
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        format_name = section.partition("\n")[0]
        blocks = re.findall(r"^```json\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
        found += [pytest.param(format_name, block, id=f"{format_name}-{number}") for number, block in enumerate(blocks)]
    return found


@pytest.mark.parametrize(("format_name", "text"), examples())
def test_each_example_is_read_as_the_format_of_its_section(format_name: str, text: str) -> None:
    problem = read_reference(text)
    assert problem.format_name == format_name or format_name in WRAPPINGS
    assert problem == read_reference(json.loads(text)) == read_reference({"text": text})
    assert problem == read_reference(text, format_name=format_name)


def test_every_shape_has_an_example() -> None:
    assert {example.values[0] for example in examples()} == set(FORMAT_NAMES)
