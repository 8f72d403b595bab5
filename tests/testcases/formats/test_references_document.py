import json
import re
from pathlib import Path
from typing import Any

import pytest

from testcases.formats import FORMAT_NAMES, read_reference

DOCUMENT = (Path(__file__).parents[3] / "docs" / "references.md").read_text()

WRAPPINGS = {"verl", "openai"}
"""What is inside of these is a reference of another shape."""


def examples() -> list[Any]:
    found = []
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        shape = section.partition("\n")[0]
        blocks = re.findall(r"^```json\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
        found += [pytest.param(shape, block, id=f"{shape}-{number}") for number, block in enumerate(blocks)]
    return found


@pytest.mark.parametrize(("shape", "text"), examples())
def test_each_example_is_read_as_the_shape_of_its_section(shape: str, text: str) -> None:
    problem = read_reference(text)
    assert problem.shape == shape or shape in WRAPPINGS
    assert problem == read_reference(json.loads(text)) == read_reference({"text": text})
    assert problem == read_reference(text, shape=shape)


def test_every_shape_has_an_example() -> None:
    assert {example.values[0] for example in examples()} == set(FORMAT_NAMES)
