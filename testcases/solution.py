"""The solution under test: loaded when first needed, again when its process is lost, and its names in test code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import GET, PUBLIC
from sandbox.wire.replies import SolutionStatus
from sandbox.wire.values import Reference
from testcases.contest_header import build_header
from testcases.proxies.argument_changes import ARGUMENT_CHANGES
from testcases.proxies.class_registry import ClassNaming
from testcases.proxies.evaluation import EVALUATION
from testcases.proxies.host import ProxyHost
from testcases.proxies.identity import HANDLERS
from testcases.proxies.type_checks import TYPE_CHECKS
from testcases.reached import REACHED
from testcases.signals import (
    STATUS_VERDICTS,
    BrokenTestError,
    FailureWatch,
    FinalError,
    SolutionLostError,
    is_from_solution,
)
from testcases.source.comparisons import ARGUMENTS_NAME
from testcases.source.instrumentation import CAUGHT_NAME, compile_test
from testcases.source.parsing import bound_names_in, free_names
from testcases.source.reached import REACHED_NAME
from testcases.verdict import Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

    from testcases.solution_client import SolutionClient

__all__ = ["Solution", "build_namespace", "checked_namespace"]

_FUTURE = "from __future__ import annotations\n"


class Solution:
    """One solution under the tests of one spec.

    Args:
        spec: the test spec (`testcases.spec.build_spec`).
        client: the solution, in its process.
        names: names of the solution that test code uses.
        modules: modules that test code uses without importing them, by the names that it uses.
        with_proxies: whether any test is code, which may have objects of the solution.
        with_annotations: whether that may look at annotations of methods.
    """

    def __init__(
        self,
        spec: dict[str, Any],
        client: SolutionClient,
        names: Iterable[str],
        modules: Mapping[str, ModuleType],
        *,
        with_proxies: bool,
        with_annotations: bool = False,
    ) -> None:
        self.client = client
        self.entry_point: str | None = spec["entry_point"]
        self.proxies = ProxyHost(client, self.loaded_client, ClassNaming(spec["prompt"]))
        self.proxies.classes.has_annotations = with_annotations
        self._host = self.proxies if with_proxies else None
        self.failure: tuple[Verdict, str] | None = None
        """Verdict and reason of all further tests, once the solution cannot be loaded."""
        self._prompt: str = spec["prompt_code"]
        self._has_header: bool = spec.get("header") == "contest"
        self._setup: str = spec["setup"]
        used = {*names, self.entry_point} if self.entry_point else set(names)
        self.modules = modules
        """Modules that test code uses without importing them; they do not come from the solution."""
        self.used_names = tuple(sorted((used | free_names(self._setup)) - modules.keys()))
        """Names that the answer is loaded with, at least."""
        self._loaded: dict[str, Any] = {}
        self._namespace: dict[str, Any] | None = None

    @property
    def asked_count(self) -> int:
        """Number of requests so far by which test code used the solution."""
        return self.proxies.asked_count

    def loaded_client(self) -> SolutionClient:
        """Return the client, with the answer loaded in a process.

        Raises:
            SolutionLostError: it cannot be loaded, or its budget is spent.
        """
        if self.failure is None and (not self.client.alive or self.client.budget_spent):
            self._load()
        if self.failure is not None:
            raise SolutionLostError(*self.failure)
        return self.client

    def header(self) -> str:
        """Return the code that the data set's site puts above the answer."""
        return build_header(self.client.source) if self._has_header else ""

    def _load(self) -> None:
        root = self.entry_point.partition(".")[0] if self.entry_point else None
        own = () if root is None else (root,)
        # Names that test code has taken one by one are reported again, so that its proxies can go on in a new process.
        names = tuple(dict.fromkeys([*self.used_names, *self.proxies.names]))
        # A call, which has no host, may be the first to load the answer. Test code then still needs proxies for names.
        host, self.client.callbacks.host = self.client.callbacks.host, self._host
        future, prompt = ("", self._prompt)
        # Nothing may stand before an import from __future__.
        if prompt.startswith(_FUTURE):
            future, prompt = _FUTURE, prompt[len(_FUTURE) :]
        reply = self.client.load(preamble=future + self.header() + prompt, own_names=own, names=names)
        self.client.callbacks.host = host
        if reply.status is SolutionStatus.NOT_RUN:
            raise SolutionLostError(Verdict.NOT_RUN, reply.detail)
        # The answer can forge what its process reports. Nonsense fails the answer: as an error of the grader, it would
        # let the answer choose to be unscored.
        if reply.status is not SolutionStatus.RETURNED:
            self.failure = STATUS_VERDICTS[reply.status], reply.detail
        elif type(reply.value) is not dict:
            self.failure = Verdict.EXCEPTION, "its process reports no names"
        elif self.entry_point is not None and self.entry_point not in reply.value:
            self._refuse(f"{self.entry_point} is not defined")
        elif self.entry_point is not None and not _is_callable(reply.value[self.entry_point]):
            self._refuse(f"{self.entry_point} cannot be called")
        else:
            self._loaded = reply.value
            if self._host is None:
                return
            self.proxies.bind({name: value for name, value in reply.value.items() if name in names})

    def _refuse(self, reason: str) -> None:
        """Fail all tests, because there is nothing that they could call."""
        self.failure = Verdict.EXCEPTION, reason
        if not self._loaded:
            self.client.load_failure = reason

    def name(self, name: str) -> Any:
        """Return what a name means in the solution's module.

        Raises:
            AttributeError: it has none of this name.
        """
        return self.proxies.bind_name(name, self.proxies.ask(GET, None, name))

    def public_names(self, used: frozenset[str] | None = None) -> list[str]:
        """Return the names that a star import takes; only those in `used`, where that is given."""
        self.loaded_client()
        names = [str(name) for name in self.proxies.ask(PUBLIC)]
        return [name for name in names if used is None or name in used]

    def namespace(self) -> dict[str, Any]:
        """Return the namespace of test code: helpers of prompt and setup, and the solution's names that these lack.

        Raises:
            BrokenTestError: prompt or setup does not run, whatever the answer is.
            Exception: the solution makes the setup fail.
        """
        self.loaded_client()
        if self._namespace is None:
            names = {name: self.proxies.by_name(name) for name in self.used_names if name in self._loaded}
            self._namespace = checked_namespace(
                self._prompt, self._setup, {**names, **self.modules}, self.entry_point, lambda: self.asked_count
            )
            if "Enum" in self._prompt or "Flag" in self._prompt:
                self.proxies.enums.learn(self._namespace, bound_names_in(self._prompt))
        return self._namespace


def checked_namespace(
    prompt: str, setup: str, solution_names: dict[str, Any], entry_point: str | None, asked_count: Callable[[], int]
) -> dict[str, Any]:
    """Build a namespace, and tell a setup that fails by itself from one that the solution makes fail.

    Args:
        prompt: see `build_namespace`.
        setup: see there.
        solution_names: see there.
        entry_point: see there.
        asked_count: returns the number of requests by which test code has used the solution.

    Raises:
        BrokenTestError: prompt or setup does not run, and has asked nothing of the solution.
        BaseException: the solution may have made the setup fail.
    """
    before = asked_count()
    with FailureWatch() as watch:
        try:
            namespace = build_namespace(prompt, setup, solution_names, entry_point)
        except (FinalError, OutOfTimeError):
            raise
        except BaseException as error:
            if is_from_solution(error) or asked_count() > before:
                raise
            # It may lack a name that this solution leaves out, so a test that fails by it has the solution's verdict.
            message = f"the setup does not run: {type(error).__name__}: {error}"
            raise BrokenTestError(message, verdict=Verdict.EXCEPTION) from None
    if (swallowed := watch.take()) is not None:
        raise swallowed
    return namespace


def build_namespace(prompt: str, setup: str, solution_names: dict[str, Any], entry_point: str | None) -> dict[str, Any]:
    """Build a namespace for test code from prompt, setup and names of the solution, or of modules.

    Of the solution's names it gets the entry point and those that the prompt does not define: helpers that the prompt
    gives, such as the inverse of the function that is asked for, are the data set's, and no answer replaces them.

    Raises:
        BrokenTestError: the prompt does not run.
        Exception: the setup does not.
    """
    namespace: dict[str, Any] = {
        "__name__": "exam",
        CAUGHT_NAME: HANDLERS,
        ARGUMENTS_NAME: ARGUMENT_CHANGES,
        REACHED_NAME: REACHED,
        **TYPE_CHECKS,
        **EVALUATION,
    }
    try:
        exec(compile_test(prompt), namespace)
    except OutOfTimeError:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the data set's code raises; it has nothing of the solution
        raise BrokenTestError(f"the prompt does not run: {type(error).__name__}: {error}") from None
    namespace |= {name: value for name, value in solution_names.items() if name == entry_point or name not in namespace}
    exec(compile_test(setup), namespace)  # after the names: it may make objects of the solution's classes
    return namespace


def _is_callable(value: Any) -> bool:
    return bool(value.is_callable) if type(value) is Reference else callable(value)
