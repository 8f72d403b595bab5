"""Nothing is forgotten: every outcome leads somewhere, and every module says truly what is in it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

import grader
import grader.errors
import sandbox
import sandbox.errors
import testcases
import testcases.errors
from grader.config.settings import Credit
from grader.core.grade_task import TaskGrader
from grader.core.rulings import WHOLE_RUN_FAULTS, Suspicion, rule
from grader.core.scoring import SYNTAX_SCORES, functional_credit
from sandbox.types import AnalysisStatus, ExecutionStatus
from sandbox.wire.replies import SolutionStatus
from testcases.blame import WHOLE_RUN_VERDICTS, Blame, Fault, Involvement, StubOutcome
from testcases.signals import STATUS_VERDICTS
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from types import ModuleType

ROOTS = (grader, sandbox, testcases)
NAMES = sorted(
    module.name
    for root in ROOTS
    for module in [
        pkgutil.ModuleInfo(None, root.__name__, True),
        *pkgutil.walk_packages(root.__path__, f"{root.__name__}."),
    ]  # type: ignore[arg-type]  # of every enumeration alike
    if not module.name.endswith("__main__")
)
SOURCE_OF_RULE = inspect.getsource(TaskGrader._rule)
ERRORS = (grader.errors, sandbox.errors, testcases.errors)


class TestOutcomes:
    def test_every_status_of_the_solution_but_a_value_has_a_verdict(self) -> None:
        assert set(STATUS_VERDICTS) == {status.value for status in SolutionStatus} - {SolutionStatus.RETURNED.value}

    def test_no_status_of_the_solution_passes_or_blames_the_grader(self) -> None:
        """What passes is a value that was compared; what the answer does to itself is its own fault."""
        given = set(STATUS_VERDICTS.values())
        assert given.isdisjoint({Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.INTERNAL})
        assert all(type(verdict) is Verdict for verdict in given)

    def test_every_verdict_can_come_about(self) -> None:
        elsewhere = {Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.INTERNAL}
        assert set(Verdict) == set(STATUS_VERDICTS.values()) | elsewhere

    def test_every_status_of_the_analysis_has_a_score(self) -> None:
        assert set(SYNTAX_SCORES) == set(AnalysisStatus)
        assert [status for status, score in SYNTAX_SCORES.items() if score] == [AnalysisStatus.OK]

    @pytest.mark.parametrize("credit", Credit)
    def test_every_credit_is_handled(self, credit: Credit) -> None:
        assert type(functional_credit(1.0, credit)) is float

    def test_every_status_of_an_execution_leads_somewhere(self) -> None:
        """Either it has results, or its fault is somebody's, or it says nothing about the answer."""
        unscored = {ExecutionStatus.DEADLINE, ExecutionStatus.INTERNAL}
        assert set(ExecutionStatus) == {ExecutionStatus.COMPLETED} | unscored | set(WHOLE_RUN_FAULTS)
        assert all(f"ExecutionStatus.{status.name}" in SOURCE_OF_RULE for status in unscored)

    def test_every_fault_that_ends_a_run_has_a_verdict_which_earns_nothing(self) -> None:
        assert set(WHOLE_RUN_VERDICTS) == set(WHOLE_RUN_FAULTS.values())
        assert {Verdict(verdict) for verdict in WHOLE_RUN_VERDICTS.values()}.isdisjoint(
            {Verdict.PASSED, Verdict.INTERNAL}
        )

    @pytest.mark.parametrize("fault", Fault)
    @pytest.mark.parametrize("involvement", Involvement)
    @pytest.mark.parametrize("stub", StubOutcome)
    def test_every_fault_is_blamed_on_somebody(self, fault: Fault, involvement: Involvement, stub: StubOutcome) -> None:
        """On the answer just where it took part and the tests hold without it; never on it otherwise."""
        is_answers = involvement is Involvement.POSSIBLE and stub is StubOutcome.HOLDS
        ruling = rule(Suspicion(fault, involvement, "why"), stub)
        assert (ruling.blame is Blame.ANSWER) == is_answers
        assert bool(ruling.reason) == (not is_answers)
        assert ruling.blame is not Blame.TESTS or fault is not Fault.LOST


@pytest.mark.parametrize("name", NAMES)
class TestModules:
    def test_names_in_all_exist_and_are_sorted(self, name: str) -> None:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", None)
        if public is None:
            assert inspect.getsource(module).strip().count("\n") < 15, "no __all__"
            return
        assert len(set(public)) == len(public)
        assert list(public) == sorted(public, key=_rank)
        for one in public:
            assert hasattr(module, one), one

    def test_it_says_what_it_is(self, name: str) -> None:
        docstring = importlib.import_module(name).__doc__
        assert docstring
        assert docstring.strip().partition("\n")[0].endswith((".", "?"))


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as the linter wants it."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("module", ERRORS, ids=lambda module: module.__name__)
class TestErrors:
    @staticmethod
    def classes(module: ModuleType) -> dict[str, type[BaseException]]:
        return {
            name: kind
            for name, kind in vars(module).items()
            if inspect.isclass(kind) and issubclass(kind, BaseException) and kind.__module__ == module.__name__
        }

    def test_the_docstring_draws_every_class_under_its_base(self, module: ModuleType) -> None:
        drawn = re.findall(r"^ {4}([ │├└─]*)(\w+)(?: |$)", str(module.__doc__), re.MULTILINE)
        path: list[str] = []
        bases = {}
        for indent, name in drawn:
            level = len(indent) // 4
            path[level:] = [name]
            bases[name] = path[level - 1] if level else None
        classes = self.classes(module)
        assert set(bases) == set(classes)
        for name, base in bases.items():
            if base is None:
                assert classes[name].__bases__ == (Exception,)
            else:
                assert classes[name].__bases__[0] is classes[base]

    def test_every_class_is_public_and_named_an_error(self, module: ModuleType) -> None:
        classes = self.classes(module)
        assert set(module.__all__) == set(classes)
        assert all(name.endswith("Error") for name in classes)
        assert all(kind.__doc__ for kind in classes.values())
