"""A client whose solution is in the process of the tests, and helpers that put it to tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.processes.base_frame import run
from sandbox.processes.harness.callbacks import Callbacks
from sandbox.processes.solution.exceptions import CallbackErrors, encode_exception
from sandbox.processes.solution.harness_objects import HarnessObjects
from sandbox.processes.solution.objects import Objects
from sandbox.processes.solution.trampoline import Steps, Task
from sandbox.wire.limits import Limits
from sandbox.wire.replies import Raised, Reply, SolutionStatus
from sandbox.wire.values import decode, encode, restore
from testcases.model import CheckTest, Problem, StdinTest, Test
from testcases.run import run_tests
from testcases.source.counting import count_tests
from testcases.spec import build_spec
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def raised(
    type_name: str, base: str, text: str = "", reference: Any = None, args: tuple[Any, ...] | None = None
) -> Raised:
    return Raised(type_name, base, text, 0, reference, args)


def done(work: Steps) -> Any:
    """What comes of work that calls the answer."""
    return run(Task(work).take)


class EndedError(BaseException):
    """What an answer of these tests raises, with ``end(status)``, to lose its process."""


class FakeClient:
    """A client without a process. What crosses is encoded and decoded as between processes."""

    def __init__(self, source: str = "", *, loads: int = 99, lies: Mapping[str, Reply] | None = None) -> None:
        self.source = source
        self.alive = self.budget_spent = False
        self.sends_ahead = self.mispredicted = self.tests_are_traceless = self.is_foreseen = False
        self.limits = Limits()
        self.generation = self.request_count = 0
        self.asked_s = 0.0
        self.written = bytearray(), bytearray()
        self.callbacks = Callbacks()
        self.loads_left = loads
        self.lies = lies or {}
        """Replies that are given whatever is asked, by the name of the request."""
        self.log: list[str] = []
        self.module = ModuleType("solution")
        self.renew()

    def renew(self) -> None:
        self.generation += 1
        self.module = ModuleType("solution")
        harness_objects = HarnessObjects(self.ask_back)
        self.back = CallbackErrors(harness_objects)
        self.objects = Objects(self.module, harness_objects)

    def foresee(self, batches: Sequence[Sequence[bytes]], *, are_all: bool) -> None:
        """Do nothing: requests are made one at a time."""

    def load(self, *, preamble: str = "", own_names: Sequence[str] = (), names: Sequence[str] = ()) -> Reply:
        self.log.append("load")
        self.alive = False
        if self.budget_spent or not self.loads_left:
            return Reply(SolutionStatus.NOT_RUN, detail="the budget is spent")
        self.loads_left -= 1
        self.alive = True
        self.renew()

        def loading() -> dict[str, Any]:
            namespace = self.module.__dict__
            namespace.update({"end": self.end, "candidate": self})
            exec(preamble, namespace)
            for name in own_names:
                namespace.pop(name, None)
            exec(self.source, namespace)
            return {name: done(self.objects.find(name)) for name in names if name.partition(".")[0] in namespace}

        return self.lies.get("load") or self.outcome(loading)

    def run(self, stdin: bytes, *, preamble: str = "") -> Reply:
        self.log.append("run")
        return self.lies.get("run") or self.outcome(lambda: eval(self.source, {"stdin": stdin, "end": self.end}))

    def call(
        self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any], fields: Sequence[Any] | None = None
    ) -> Reply:
        reply = self.ask("call", *(fields or (target, list(args), dict(kwargs))))
        self.callbacks.apply_changes(reply.changes, [*args, *kwargs.values()])
        return reply

    def ask(self, verb: str, *fields: Any) -> Reply:
        crossed = restore(decode(self.callbacks.encode_request([verb, *fields])), self.objects.resolve)[1:]
        shown = fields[0] if isinstance(fields[0], str) else "object"
        self.log.append(f"call {shown}" if verb == "call" else verb)
        self.request_count += 1
        if verb in self.lies:
            return replace(self.lies[verb], value=self.callbacks.adopt(self.lies[verb].value))
        work = getattr(self.objects, {"op": "operate", "share": "take_changes"}.get(verb, verb))
        return self.outcome(lambda: done(work(*crossed)), verb == "call")

    def ask_back(self, verb: str, *fields: Any) -> Any:
        question = decode(encode([verb, list(fields)], self.objects.keep))
        answer = restore(decode(self.callbacks.serve(question)), self.objects.resolve)
        if answer[0] == "raised":
            raise self.back.exception(answer[1:])
        return answer[1]

    def end(self, status: str) -> NoReturn:
        raise EndedError(status)

    def outcome(self, act: Callable[[], Any], changes: bool = False) -> Reply:
        try:
            value = act()
            value, changed = value if changes else (value, None)
            value, changed = decode(encode([value, changed], self.objects.keep))
            return Reply(SolutionStatus.RETURNED, self.callbacks.adopt(value), changed)
        except EndedError as end:
            self.alive = False
            return Reply(SolutionStatus(str(end)), detail=f"ended by {end}")
        except Exception as error:  # noqa: BLE001 - is what it raised
            _, name, base, text, _, reference, args, *_ = decode(done(encode_exception(error, self.objects.keep)))
            return Reply(
                SolutionStatus.RAISED, raised=raised(name, base, text, reference, args), detail=f"{name}: {text}"
            )


@dataclass
class Results:
    report: list[list[str]]
    client: FakeClient
    faults: list[str]
    """Fault that each result may be, or an empty text."""
    verdicts: list[str] = field(init=False)
    details: list[str] = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.verdicts = [verdict for verdict, _, _ in self.report]
        self.names = [name for _, name, _ in self.report]
        self.details = [detail for _, _, detail in self.report]


def examine(client: FakeClient | str, *tests: Test, **problem: Any) -> Results:
    """Put an answer, by default one that must define f, to tests."""
    fake = client if isinstance(client, FakeClient) else FakeClient(client)
    problem.setdefault("entry_point", None if all(isinstance(test, StdinTest) for test in tests) else "f")
    spec = decode(encode(build_spec(Problem(tests, **problem))))
    report = run_tests(spec, fake)
    assert decode(encode(report)) == report
    faults = [line.pop() for line in report]
    assert [line.pop() for line in report] == [
        index for index, test in enumerate(tests) for _ in range(count_tests(test))
    ]
    assert all(type(text) is str for line in report for text in line)
    assert {Verdict(verdict) for verdict, _, _ in report}
    return Results(report, fake, faults)


def check(*lines: str) -> CheckTest:
    return CheckTest("def check(candidate):\n" + "".join(f"    {line}\n" for line in lines))


DOUBLE = "def f(x):\n    return 2 * x\n"
