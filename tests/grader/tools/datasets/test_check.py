from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.errors import InputError
from grader.tools.datasets.check import CheckOptions, check_config, check_rows
from grader.tools.datasets.findings import FindingKind
from tests.grader.tools.datasets.rows import AWS, HUMANEVAL, MBPP, PRIME, PRIME_CALL, VERL, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.datasets.findings import CheckReport
    from grader.tools.files.rows import Row

GRADER = Grader(check_config(GraderConfig(workers=1)))


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    GRADER.close()


def check(*documents: dict[str, Any], limits: LimitsConfig | None = None, **settings: Any) -> CheckReport:
    rows = [row_of(document, number) for number, document in enumerate(documents, 1)]
    if limits is None:
        return check_rows(rows, GRADER, CheckOptions(**settings), lambda checked: None)
    with Grader(check_config(GraderConfig(workers=1, limits=limits))) as grader:
        return check_rows(rows, grader, CheckOptions(**settings), lambda checked: None)


def findings_of(checked: CheckReport) -> list[tuple[FindingKind, str]]:
    return [(finding.kind, finding.detail) for finding in checked.findings]


def calls(name: str, solution: str, *pairs: tuple[Any, Any], **fields: Any) -> dict[str, Any]:
    tests = [{"args": [given], "expected": expected} for given, expected in pairs]
    reference = {"entry_point": name, "tests": tests, **fields}
    return {"id": name, "prompt": f"Write {name}.", "reference_answer": reference, "solution": solution}


DOUBLE = calls("double", "def double(x):\n    return 2 * x\n", (1, 2), (2, 4), (3, 6))


def test_good_tasks_of_every_format_have_no_findings() -> None:
    checked = check(HUMANEVAL, MBPP, PRIME, PRIME_CALL, AWS, VERL, DOUBLE)
    assert findings_of(checked) == []
    assert (checked.rows, checked.tasks, checked.with_solution, checked.solutions, checked.passing) == (7, 7, 6, 6, 6)
    assert checked.tests == 2 + 3 + 2 + 2 + 3 + 2 + 3
    assert (checked.stubs_passing, checked.broke_off) == (1, "")  # of MBPP, where None is right once
    assert 0.3 < checked.unskilled_share < 0.7
    assert checked.counts == dict.fromkeys(("broken", "guessable", "flaky", "slow", "duplicate"), 0)


class TestBroken:
    def test_is_a_row_that_cannot_be_read(self) -> None:
        checked = check(DOUBLE, {"colour": "red"}, MBPP | {"test_list": []})
        assert [(one.row, one.place, one.kind) for one in checked.findings] == [
            (2, "rows.jsonl:2", "broken"),
            (3, "rows.jsonl:3", "broken"),
        ]
        assert "has these keys: 'colour'; the formats are" in checked.findings[0].detail
        assert checked.findings[1].detail == "test_list: must not be empty"
        assert (checked.rows, checked.tasks) == (3, 1)

    @pytest.mark.parametrize(
        ("solution", "detail"),
        [
            (
                "def double(x):\n    return 2 * x if x < 3 else 7\n",
                "solution 1 fails 1 of 3 tests: double(3): wrong_answer: ",
            ),
            ("def double(x):\n    raise ValueError('no')\n", "solution 1 fails 3 of 3 tests: double(1): exception: "),
            ("def other(x):\n    return x\n", "solution 1 fails 3 of 3 tests: double(1): exception: "),
            ("def double(x:\n", "solution 1 fails 3 of 3 tests"),
            (
                "import subprocess\n\ndef double(x):\n    subprocess.run('true')\n    return 2 * x\n",
                "solution 1 fails 3 of 3 tests: policy: ",
            ),
        ],
    )
    def test_is_a_task_whose_own_solution_fails(self, solution: str, detail: str) -> None:
        ((kind, text),) = findings_of(check(DOUBLE | {"solution": solution}))
        assert kind == "broken"
        assert text.startswith(detail)

    def test_is_a_solution_that_takes_too_long(self) -> None:
        endless = "def double(x):\n    while True:\n        pass\n"
        limits = LimitsConfig(cpu_s=0.2, total_cpu_s=0.4)
        kinds = dict(findings_of(check(DOUBLE | {"solution": endless}, limits=limits, repeat=1)))
        assert kinds[FindingKind.BROKEN].startswith("solution 1 fails 3 of 3 tests: double(1): timeout")
        assert FindingKind.SLOW in kinds

    def test_are_tests_that_cannot_be_run(self) -> None:
        row = MBPP | {"test_imports": ["import no_such_module"]}
        ((kind, detail),) = findings_of(check(row))
        assert (kind, detail.partition(":")[0]) == ("broken", "cannot be graded")

    @pytest.mark.parametrize(
        "test",
        [
            "assert 1 + 1 == 2",
            "assert callable(first_repeated_char)",
            "try:\n    first_repeated_char(7)\nexcept Exception:\n    pass",
        ],
    )
    def test_are_tests_that_pass_whatever_the_answer_does(self, test: str) -> None:
        row = MBPP | {"test_list": [*MBPP["test_list"], test]}
        ((kind, detail),) = findings_of(check(row))
        assert kind == "broken"
        assert detail.startswith("1 of 4 tests pass whatever the answer does: ")

    def test_are_assertions_of_a_check_that_always_pass(self) -> None:
        row = HUMANEVAL | {"test": HUMANEVAL["test"].replace("):\n", "):\n    assert candidate is not None\n")}
        ((kind, detail),) = findings_of(check(row))
        assert (kind, detail.partition(":")[0]) == ("broken", "1 of 3 tests pass whatever the answer does")

    def test_tests_that_expect_an_exception_are_not(self) -> None:
        test = "try:\n    first_repeated_char(7)\nexcept TypeError:\n    pass\nelse:\n    assert False"
        assert findings_of(check(MBPP | {"test_list": [*MBPP["test_list"], test]})) == []

    def test_every_solution_counts(self) -> None:
        row = PRIME | {"solutions": ["print(sum(map(int, input().split())))", "print(3)", "print(4)"]}
        assert [detail.partition(":")[0] for _, detail in findings_of(check(row))] == [
            "solution 2 fails 1 of 2 tests",
            "solution 3 fails 2 of 2 tests",
        ]
        assert findings_of(check(row, solutions=1)) == []
        assert check(row, solutions=0).solutions == 0

    def test_a_solution_in_which_other_code_is_found_is_reported(self) -> None:
        solution = DOUBLE["solution"] + "\nTEXT = '''\n</think>\n```python\ndef double(x):\n    return x\n```\n'''\n"
        (first, *_) = findings_of(check(DOUBLE | {"solution": solution}))
        assert first == (
            FindingKind.BROKEN,
            "solution 1: the grader finds other code in it; see docs/extraction.md",
        )

    def test_solutions_may_be_text_with_code_in_it(self) -> None:
        text = f"Twice the number:\n\n```python\n{DOUBLE['solution']}```\n"
        checked = check(DOUBLE | {"solution": text})
        assert (findings_of(checked), checked.passing) == ([], 1)


class TestGuessable:
    @pytest.mark.parametrize(
        ("expected", "detail"),
        [
            ([True] * 9 + [False], "returning True passes 9 of 10 tests"),
            (["x"], "returning 'x' passes 1 of 1 tests"),
            ([None] * 9 + [1], "an empty f passes 9 of 10 tests"),
            ([[1.5, {"a": None}]] * 4 + [2], "returning [1.5, {'a': None}] passes 4 of 5 tests"),
        ],
    )
    def test_is_what_one_value_passes(self, expected: list[Any], detail: str) -> None:
        table = dict(enumerate(expected))
        solution = f"TABLE = {table!r}\n\ndef f(x):\n    return TABLE[x]\n"
        assert findings_of(check(calls("f", solution, *table.items()))) == [(FindingKind.GUESSABLE, detail)]

    def test_is_what_one_output_passes(self) -> None:
        row = {"question": "Say yes.", "inputs": ["1", "2"], "outputs": ["YES\n", "YES\n"], "solution": "print('YES')"}
        assert findings_of(check(row)) == [(FindingKind.GUESSABLE, "printing 'YES\\n' passes 2 of 2 tests")]

    def test_is_a_program_without_output(self) -> None:
        row = {"question": "Be quiet.", "inputs": ["1", "2"], "outputs": ["", ""], "solution": "input()"}
        ((kind, detail),) = findings_of(check(row))
        assert (kind, detail.partition(" passes")[2]) == ("guessable", " 2 of 2 tests")

    def test_is_what_an_empty_class_passes(self) -> None:
        reference = {"entry_point": "Box", "tests": [{"assert": "assert Box() is not None"}]}
        row = {"prompt": "A box.", "reference_answer": reference, "solution": "class Box:\n    size = 3\n"}
        assert findings_of(check(row)) == [(FindingKind.GUESSABLE, "an empty Box passes 1 of 1 tests")]

    @pytest.mark.parametrize(
        ("test", "label"),
        [
            ("x = [2, 3]\nassert all(one > 3 for one in changed(x))", "emptying its arguments"),
            ("x = [3, 1]\nassert len(changed(x)) == len(x)", "returning the first argument"),
        ],
    )
    def test_is_a_relation_that_an_echo_or_an_emptied_argument_satisfies(self, test: str, label: str) -> None:
        reference = {"entry_point": "changed", "tests": [{"assert": test}, {"assert": test}]}
        solution = "def changed(x):\n    return [2 * one for one in x]\n"
        row = {"prompt": "Double them.", "reference_answer": reference, "solution": solution}
        assert findings_of(check(row)) == [(FindingKind.GUESSABLE, f"{label} passes 2 of 2 tests")]

    def test_reports_the_tests_that_the_answer_really_passes(self) -> None:
        """All tests expect about 0.5, within a tolerance that comparing constants ignores."""
        row = calls("f", "def f(x):\n    return 0.5 + x\n", (1e-12, 0.5), (0, 0.5000001), compare={"float_abs": 1e-3})
        assert findings_of(check(row)) == [(FindingKind.GUESSABLE, "returning 0.5 passes 2 of 2 tests")]

    def test_begins_at_the_threshold(self) -> None:
        row = calls("f", "def f(x):\n    return x > 1\n", (0, False), (1, False), (2, True), (3, True))
        assert findings_of(check(row)) == []
        assert findings_of(check(row, guessable=0.4)) == [
            (FindingKind.GUESSABLE, "returning False passes 2 of 4 tests")
        ]

    def test_a_value_too_large_to_write_is_not_a_probe(self) -> None:
        large = "x" * 100_000
        row = calls("f", f"def f(x):\n    return 'x' * {len(large)}\n", (1, large))
        assert findings_of(check(row)) == []


class TestFlaky:
    ROW = MBPP | {
        "test_imports": ["import time"],
        "test_list": ["assert first_repeated_char('aba') == 'a' and time.time_ns() // 1000 % 2"],
    }

    def test_is_a_solution_with_other_verdicts_the_next_time(self) -> None:
        ((kind, detail),) = findings_of(check(self.ROW, repeat=40))
        assert kind == "flaky"
        assert detail.startswith("solution 1: assert first_repeated_char('aba')")
        assert "passed, wrong_answer" in detail or "wrong_answer, passed" in detail

    def test_random_tests_are_not(self) -> None:
        """The same random numbers come every time."""
        row = self.ROW | {
            "test_imports": ["import random"],
            "test_list": ["assert first_repeated_char('aba') == 'a' and random.random() < 2"],
        }
        assert findings_of(check(row, repeat=5)) == []


class TestSlow:
    SOLUTION = "def double(x):\n    for _ in range(3_000_000):\n        pass\n    return 2 * x\n"

    def test_is_a_solution_near_the_time_limit(self) -> None:
        limits = LimitsConfig(cpu_s=60, total_cpu_s=120)
        ((kind, detail),) = findings_of(check(DOUBLE | {"solution": self.SOLUTION}, limits=limits, slow=1e-4))
        assert kind == "slow"
        assert detail.endswith("CPU seconds, more than 0.006")
        assert findings_of(check(DOUBLE | {"solution": self.SOLUTION}, limits=limits)) == []

    def test_goes_by_the_task_s_own_limit(self) -> None:
        reference = DOUBLE["reference_answer"] | {"limits": {"cpu_s": 60, "total_cpu_s": 120}}
        row = DOUBLE | {"solution": self.SOLUTION, "reference_answer": reference}
        limits = LimitsConfig(cpu_s=0.001)
        assert findings_of(check(row, limits=limits)) == []


class TestDuplicates:
    def test_of_ids_and_of_texts_name_the_first(self) -> None:
        same_id = DOUBLE | {"prompt": "Write double, twice over."}
        same_text = DOUBLE | {"id": "other"}
        assert findings_of(check(DOUBLE, same_id, same_text)) == [
            (FindingKind.DUPLICATE, "has the id of rows.jsonl:1"),
            (FindingKind.DUPLICATE, "has the text of rows.jsonl:1"),
        ]

    def test_rows_without_id_or_text_have_none(self) -> None:
        bare = {"reference_answer": DOUBLE["reference_answer"]}
        assert findings_of(check(bare, bare)) == []


class TestRuns:
    def test_rows_are_reported_in_order(self) -> None:
        documents = [DOUBLE | {"id": str(number), "prompt": f"Double {number}."} for number in range(60)]
        documents[30] = {"colour": "red"}
        rows = [row_of(document, number) for number, document in enumerate(documents, 1)]
        seen: list[tuple[int, int]] = []
        checked = check_rows(rows, GRADER, CheckOptions(repeat=1), lambda done: seen.append((done.rows, done.runs)))
        # first each answer of the chunk, then each of its rows
        assert seen[: checked.runs] == [(0, runs) for runs in range(1, checked.runs + 1)]
        assert seen[checked.runs :] == [(number, checked.runs) for number in range(1, 61)]
        assert [finding.row for finding in checked.findings] == [31]

    def test_findings_before_the_file_broke_off_are_kept(self) -> None:
        def rows() -> Iterator[Row]:
            yield row_of({"colour": "red"})
            raise InputError("rows.jsonl.gz:2: damaged gzip data")

        checked = check_rows(rows(), GRADER, CheckOptions(), lambda done: None)
        assert (checked.rows, len(checked.findings)) == (1, 1)
        assert checked.broke_off == "rows.jsonl.gz:2: damaged gzip data"

    def test_an_unreadable_file_is_an_error(self) -> None:
        def rows() -> Iterator[Row]:
            raise InputError("rows.jsonl: holds no rows")
            yield

        with pytest.raises(InputError):
            check_rows(rows(), GRADER, CheckOptions(), lambda done: None)

    def test_the_report_can_be_written_as_json(self) -> None:
        document = json.loads(json.dumps(check(DOUBLE, {"colour": "red"}).as_dict()))
        assert document["counts"]["broken"] == 1
        assert document["findings"][0]["place"] == "rows.jsonl:2"

    def test_a_row_that_cannot_be_read_is_named_by_its_id(self) -> None:
        (finding,) = check({"task_id": "odd/7", "colour": "red"}).findings
        assert (finding.kind, finding.id) == (FindingKind.BROKEN, "odd/7")
