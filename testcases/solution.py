"""The solution under test: loaded when it is needed, again when its process is lost, and its names in test code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.caught import mark_caught
from testcases.describe import is_reference
from testcases.proxies import ClassNaming, ProxyHost
from testcases.signals import STATUS_VERDICTS, BrokenTestError, FinalError, SolutionLostError, is_from_solution
from testcases.source.instrumentation import CAUGHT_NAME, compile_test
from testcases.source.parsing import free_names
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from testcases.signals import SolutionClient

__all__ = ["Solution", "build_namespace"]


class Solution:
    """One candidate in one exam.

    Args:
        spec: what `testcases.spec.build_spec` made.
        candidate: the answer.
        names: those of the answer that test code uses.
        with_objects: whether any test is code, which may hold objects of the answer.
    """

    def __init__(
        self, spec: dict[str, Any], candidate: SolutionClient, names: Iterable[str], *, with_proxies: bool
    ) -> None:
        self.candidate = candidate
        self.entry_point: str | None = spec["entry_point"]
        self.objects = ProxyHost(candidate, self.ready, ClassNaming(spec["prompt"]))
        self._host = self.objects if with_proxies else None
        self.failure: tuple[Verdict, str] | None = None
        """Why it cannot be loaded, once that is known."""
        self._prompt: str = spec["prompt"]
        self._setup: str = spec["setup"]
        wanted = {*names, self.entry_point} if self.entry_point else set(names)
        self._wanted = tuple(sorted(wanted | free_names(self._setup)))
        self._loaded: dict[str, Any] = {}
        self._namespace: dict[str, Any] | None = None

    def ready(self) -> SolutionClient:
        """The candidate, with the answer loaded.

        Raises:
            CandidateLostError: it cannot be loaded, or its budget is spent.
        """
        if self.failure is None and (not self.candidate.alive or self.candidate.budget_spent):
            self._load()
        if self.failure is not None:
            raise SolutionLostError(*self.failure)
        return self.candidate

    def _load(self) -> None:
        root = self.entry_point.partition(".")[0] if self.entry_point else None
        own = () if root is None else (root,)
        names = tuple(dict.fromkeys([*self._wanted, *self.objects.names]))
        host, self.candidate.callbacks.host = self.candidate.callbacks.host, self._host
        reply = self.candidate.load(preamble=self._prompt, own_names=own, names=names)
        self.candidate.callbacks.host = host
        if reply.status == "not_run":
            raise SolutionLostError(Verdict.NOT_RUN, reply.detail)
        if reply.status != "returned":
            self.failure = STATUS_VERDICTS[reply.status], reply.detail
        elif type(reply.value) is not dict:
            self.failure = Verdict.EXCEPTION, "what it says of its names is no answer"
        elif self.entry_point is not None and self.entry_point not in reply.value:
            self.failure = Verdict.EXCEPTION, f"{self.entry_point} is not defined"
        elif self.entry_point is not None and not _is_callable(reply.value[self.entry_point]):
            self.failure = Verdict.EXCEPTION, f"{self.entry_point} cannot be called"
        else:
            self._loaded = reply.value
            if self._host is None:
                return
            self.objects.bind({name: value for name, value in reply.value.items() if name in names})

    def name(self, name: str) -> Any:
        """What a name means in the answer's module.

        Raises:
            AttributeError: it has none of this name.
        """
        return self.objects.named(name, self.objects.ask("get", None, name))

    def public_names(self, wanted: frozenset[str] | None = None) -> list[str]:
        """The names that a star import takes; only those in `wanted`, where that is given."""
        self.ready()
        names = [str(name) for name in self.objects.ask("public")]
        return [name for name in names if wanted is None or name in wanted]

    def namespace(self) -> dict[str, Any]:
        """A namespace for test code: helpers of the prompt and the setup, and the answer's names that these lack."""
        self.ready()
        if self._namespace is None:
            request_count = self.candidate.request_count
            FinalError.take()
            found = {name: self.objects.by_name(name) for name in self._wanted if name in self._loaded}
            try:
                namespace = build_namespace(self._prompt, self._setup, found, self.entry_point)
            except BrokenTestError:
                raise
            except Exception as error:
                if is_from_solution(error) or self.candidate.request_count > request_count:
                    raise
                raise BrokenTestError(f"the setup does not run: {type(error).__name__}: {error}") from None
            if (swallowed := FinalError.take()) is not None:
                raise swallowed
            self._namespace = namespace
        return self._namespace


def build_namespace(prompt: str, setup: str, found: dict[str, Any], entry_point: str | None) -> dict[str, Any]:
    """A namespace for test code: what prompt and setup define, and of what was `found` in the answer what they lack.

    Raises:
        BrokenTestError: the prompt does not run.
        Exception: the setup does not.
    """
    helpers: dict[str, Any] = {"__name__": "exam", CAUGHT_NAME: mark_caught}
    try:
        exec(compile_test(prompt), helpers)
    except Exception as error:  # noqa: BLE001 - it is the data set's, and has nothing of the answer
        raise BrokenTestError(f"the prompt does not run: {type(error).__name__}: {error}") from None
    helpers |= {name: value for name, value in found.items() if name == entry_point or name not in helpers}
    exec(compile_test(setup), helpers)  # after the names: it may make objects of the answer's classes
    return helpers


def _is_callable(value: Any) -> bool:
    return bool(value.is_callable) if is_reference(value) else callable(value)
