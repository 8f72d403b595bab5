"""What people see beside code, or take for it: commands of notebooks, other spaces than plain ones, line numbers."""

from __future__ import annotations

import pytest

from grader.extraction.extractor import extract
from grader.extraction.notation import to_plain_python

CODE = 'def add(a, b):\n    """Say it."""\n    return a + b\n'


def answer_of(code: str, tag: str = "python") -> str | None:
    return extract(f"```{tag}\n{code}\n```\n", entry_point="add").answer


@pytest.mark.parametrize(
    "command",
    [
        "!pip install numpy", "!apt-get -y install graphviz", "%pip install 'a>1'", "%matplotlib inline", "%%time",
        "%timeit -n 10 add(1, 2)", "%load_ext autoreload", "%autoreload 2", "%%capture", "!ls",
    ],
)  # fmt: skip
def test_commands_of_notebooks_leave_an_empty_line(command: str) -> None:
    assert answer_of(f"{command}\n{CODE}{command}\n") == f"\n{CODE}\n\n"
    assert answer_of(f"{command}\n{CODE}", "") == f"\n{CODE}\n"


@pytest.mark.parametrize(
    "code",
    [
        'TEXT = """\n!pip install numpy\n%timeit add(1, 2)\n\u00a0\u3000"""\n',
        "TEXT = '''It's \\'''\n!ls\n'''\n",
        "x = (a\n%time\n)\n",
        "x = [1,\n%pip, %run]\n",
        "x = a \\\n%time\n",
        "x = '\u00a0' # a comment with \u00a0 and ''' in it\n",
        'x = "(" # [\ny = r"\\"\nz = "\u202f"\n',
        "%not_a_magic\n",
        "% time\n",
        "%timer\n",
    ],
)
def test_what_is_in_a_string_a_comment_or_brackets_stays(code: str) -> None:
    assert to_plain_python(code) == code


def test_a_command_behind_strings_and_brackets_goes() -> None:
    assert (
        to_plain_python("x = ('(', [\"]\"]) # (\n!ls\ny = (a\n%time) + b\n!ls")
        == "x = ('(', [\"]\"]) # (\n\ny = (a\n%time) + b\n"
    )


@pytest.mark.parametrize("space", "\u00a0\u2007\u202f\u3000")
def test_other_spaces_become_plain_ones(space: str) -> None:
    assert answer_of(CODE.replace("    ", space * 4).replace("return ", f"return{space}")) == f"{CODE}\n"
    assert answer_of(CODE.replace("Say it", f"Say{space}it")) == f"{CODE}\n".replace("Say it", f"Say{space}it")


@pytest.mark.parametrize("form", ["{} ", "{}: ", "{:>4}\t", "{:>3} | ", "{:02}. ", "{}) ", "{}| "])
@pytest.mark.parametrize("first", [1, 8])
def test_line_numbers_go(form: str, first: int) -> None:
    lines = f"import math\n\n\n{CODE}".splitlines()
    numbered = "\n".join((form.format(number) + line).rstrip() for number, line in enumerate(lines, first))
    assert answer_of(numbered) == f"import math\n\n\n{CODE}"


@pytest.mark.parametrize(
    "code",
    [
        "1\n2\n3\n", "1 if x else 2\n", "1 + 2\n3 + 4\n", f"1 {CODE}", "1 def add(a, b):\n3     return a\n",
        "1 def add(a, b):\n2     return a\n\nprint(1)\n", "1_000\n", "0x1f\n",
    ],
)  # fmt: skip
def test_numbers_that_are_no_line_numbers_stay(code: str) -> None:
    assert to_plain_python(code) == code
