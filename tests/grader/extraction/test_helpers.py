"""Earlier blocks join the answer only where it cannot do without them."""

from __future__ import annotations

from grader.extraction import extract

HELPER = "def twice(x):\n    return 2 * x\n"
MAIN = "def add(a, b):\n    return twice(a) - a + b\n"


def fenced(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}```\n"


def answer(*blocks: str, entry_point: str | None = "add") -> str | None:
    return extract("Then:\n".join(blocks), entry_point=entry_point).answer


def test_a_block_that_defines_a_used_name_is_put_before_the_answer() -> None:
    assert answer(fenced(HELPER), fenced(MAIN)) == f"{HELPER}\n\n{MAIN}"
    assert answer(fenced(HELPER, ""), fenced(MAIN)) == f"{HELPER}\n\n{MAIN}"


def test_helpers_of_helpers_come_along_in_their_order() -> None:
    deep = "class Two:\n    value = 2\n"
    helper = "def twice(x):\n    return Two.value * x\n"

    assert answer(fenced(deep), fenced("z = 1\n"), fenced(helper), fenced(MAIN)) == f"{deep}\n\n{helper}\n\n{MAIN}"


def test_a_block_of_nothing_but_imports_counts_by_what_it_imports() -> None:
    imports = "# the tools\nimport numpy as np\nfrom math import gcd, sqrt\n"
    code = "def add(a, b):\n    return gcd(a, b)\n"

    assert answer(fenced(imports), fenced(code)) == f"{imports}\n\n{code}"
    assert answer(fenced(imports), fenced("def add(a, b):\n    return a\n")) == "def add(a, b):\n    return a\n"
    assert answer(fenced(imports + "x = 1\n"), fenced(code)) == code


def test_blocks_that_nothing_is_needed_from_stay_out() -> None:
    assert answer(fenced("def other(): ...\n"), fenced(MAIN)) == MAIN
    assert answer(fenced("x = 3\nprint(add(x, x))\n"), fenced("def add(x, y):\n    return x + y\n")) == (
        "def add(x, y):\n    return x + y\n"
    )


def test_blocks_after_the_answer_stay_out() -> None:
    assert answer(fenced(MAIN), fenced(HELPER)) == MAIN


def test_a_name_that_the_answer_defines_itself_needs_no_block() -> None:
    for own in (HELPER, "from tools import twice\n", "twice = abs\n", "class twice: ...\n"):
        assert answer(fenced(HELPER), fenced(own + MAIN)) == own + MAIN
    nested = "def add(a, b):\n    def twice(x): ...\n    return twice(a)\n"
    assert answer(fenced(HELPER), fenced(nested)) == nested


def test_a_method_of_the_same_name_needs_no_block() -> None:
    code = "def add(a, b):\n    return a.twice() + b\n"

    assert answer(fenced(HELPER), fenced(code)) == code


def test_an_earlier_draft_of_the_solution_stays_out() -> None:
    draft = "def twice(x): ...\n\n\ndef add(a, b): ...\n"

    assert answer(fenced(draft), fenced(MAIN)) == MAIN


def test_of_two_versions_of_a_helper_the_later_one_is_taken() -> None:
    assert answer(fenced("def twice(x):\n    return x\n"), fenced(HELPER), fenced(MAIN)) == f"{HELPER}\n\n{MAIN}"


def test_a_program_gets_its_helpers_too() -> None:
    program = "print(twice(int(input())))\n"

    assert answer(fenced(HELPER), fenced(program), entry_point=None) == f"{HELPER}\n\n{program}"


def test_blocks_in_other_languages_stay_out() -> None:
    assert answer(fenced(HELPER, "ruby"), fenced(MAIN)) == MAIN


def test_a_method_of_an_earlier_class_is_no_helper() -> None:
    assert answer(fenced("class Tools:\n    def twice(self): ...\n"), fenced(MAIN)) == MAIN
