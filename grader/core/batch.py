"""Turn samples into grading tasks. Samples with remote references are queued when the fetch completes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from grader.core.grade_task import unscored_grade
from grader.extraction import extract
from grader.references.locate import StoreError, parse_address
from grader.types import BadSample, sample_label
from sandbox.errors import ValueCodecError
from sandbox.scheduler.loop import Future, readable
from testcases.errors import InvalidFieldError, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.core.problems import PreparedProblem, ProblemCache
    from grader.extraction import Extraction
    from grader.references.documents import ReferenceFile
    from grader.references.fetch import ParallelFetch
    from grader.references.locate import Address, Location
    from grader.references.store import ReferenceStore
    from grader.types import Grade, Sample

__all__ = ["BatchLoader", "GradingTask", "TaskQueue"]


@dataclass(slots=True)
class GradingTask:
    """One answer to one problem."""

    problem: PreparedProblem
    extraction: Extraction
    request: str = ""
    """What the answer was asked for, where a judge wants to know."""
    indices: list[int] = field(default_factory=list)
    """Places in the batch of the samples that get this work's result."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal work has equal keys: in all of it that a grade shows."""
        found = self.extraction
        why = found.detail if found.answer is None else ""
        return self.problem.digest, found.answer, found.rule, found.truncated, why, self.request


class TaskQueue:
    """Work for several coroutines of one loop, which may come while they work."""

    def __init__(self) -> None:
        self._works: deque[GradingTask] = deque()
        self._news: Future[None] = Future()
        self._ended = False

    def __len__(self) -> int:
        return len(self._works)

    def extend(self, works: Iterable[GradingTask]) -> None:
        """Add work."""
        self._works.extend(works)
        self._tell()

    def end(self) -> None:
        """Say that no more comes."""
        self._ended = True
        self._tell()

    async def next(self) -> GradingTask | None:
        """The next piece, when there is one; ``None`` when all is given out and no more comes."""
        while not self._works and not self._ended:
            await self._news
        return self._works.popleft() if self._works else None

    def _tell(self) -> None:
        news, self._news = self._news, Future()
        news.set(None)


class BatchLoader:
    """The samples of one batch, sorted into work. A context manager.

    Args:
        samples: the batch.
        problems: what makes problems of references.
        store: gives what fetches those that are kept elsewhere, where there are any.
        settle: called with the place and the grade of each sample that will never be work.
        deadline: when the caller waits no more (`time.monotonic`).
        max_chars: longer completions are not looked at.
        with_requests: whether work says what was asked for.
    """

    def __init__(
        self,
        samples: Sequence[Sample | BadSample],
        *,
        problems: ProblemCache,
        store: Callable[[], ReferenceStore],
        settle: Callable[[int, Grade], None],
        deadline: float,
        max_chars: int,
        include_request: bool = False,
    ) -> None:
        self._samples = samples
        self._problems = problems
        self._settle = settle
        self._deadline = deadline
        self._max_chars = max_chars
        self._with_requests = include_request
        self._pending: dict[Location, list[tuple[int, Sample, Address]]] = {}
        self._fetching: ParallelFetch | None = None
        self.queue = TaskQueue()
        """What there is to do; comes to its end when every sample is sorted."""
        self._begin(store)

    @property
    def flows(self) -> int:
        """How many may work on it side by side without any being idle from the start."""
        return len(self.queue) + sum(map(len, self._pending.values()))

    async def feed(self) -> None:
        """Sort the samples whose references arrive, until none is missing. Runs inside `Sandbox.run`."""
        fetching = self._fetching
        if fetching is None:
            return
        try:
            while fetching.missing:
                await readable(fetching.descriptor, self._deadline)
                for place, kept in fetching.take():
                    self._arrived(place, kept)
        finally:
            self.queue.end()

    def close(self) -> None:
        """Wait for nothing more."""
        if self._fetching is not None:
            self._fetching.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, store: Callable[[], ReferenceStore]) -> None:
        present: list[tuple[int, Sample, PreparedProblem]] = []
        for index, sample in enumerate(self._samples):
            if isinstance(sample, BadSample):
                self._settle(index, unscored_grade(sample.id, str(sample.error)))
                continue
            try:
                address = parse_address(sample.reference)
                if address is None:
                    present.append((index, sample, self._problems.of(sample.reference, sample.prompt)))
                else:
                    self._pending.setdefault(address.place, []).append((index, sample, address))
            except (ProblemError, ValueCodecError) as error:
                self._refuse(index, sample, error)
        self._sort(present)
        if self._pending:
            addresses = [address for group in self._pending.values() for _, _, address in group]
            self._fetching = store().fetch(addresses, deadline=self._deadline)
        else:
            self.queue.end()

    def _arrived(self, place: Location, kept: ReferenceFile | StoreError) -> None:
        made: dict[tuple[Address, str], PreparedProblem | ProblemError | ValueCodecError] = {}
        present: list[tuple[int, Sample, PreparedProblem]] = []
        for index, sample, address in self._pending.pop(place):
            key = (address, sample.prompt)
            if key not in made:
                made[key] = self._made(address, sample.prompt, kept)
            problem = made[key]
            if isinstance(problem, Exception):
                self._refuse(index, sample, problem, address)
            else:
                present.append((index, sample, problem))
        self._sort(present)

    def _made(
        self, address: Address, prompt: str, kept: ReferenceFile | StoreError
    ) -> PreparedProblem | ProblemError | ValueCodecError:
        if isinstance(kept, StoreError):
            return kept
        try:
            return self._problems.from_document(kept.reference(address.task_id), prompt, address.format_name)
        except (ProblemError, ValueCodecError) as error:
            return error

    def _sort(self, present: Iterable[tuple[int, Sample, PreparedProblem]]) -> None:
        """Queue work; that on one problem together, so that it can share what is made for it."""
        works: dict[tuple[object, ...], GradingTask] = {}
        by_problem: dict[str, list[GradingTask]] = {}
        for index, sample, problem in present:
            extraction = extract(
                sample.completion or "",
                entry_point=problem.problem.entry_point,
                prompt=problem.problem.prompt,
                max_chars=self._max_chars,
            )
            work = GradingTask(problem, extraction, sample.prompt if self._with_requests else "")
            known = works.setdefault(work.key, work)
            known.indices.append(index)
            if known is work:
                by_problem.setdefault(problem.digest, []).append(work)
        for group in by_problem.values():
            self.queue.extend(group)

    def _refuse(
        self, index: int, sample: Sample, error: ProblemError | ValueCodecError, address: Address | None = None
    ) -> None:
        self._settle(index, unscored_grade(sample.id, _error_text(sample, index, error, address)))


def _error_text(
    sample: Sample, index: int, error: ProblemError | ValueCodecError, address: Address | None = None
) -> str:
    """One line that names the sample, the field, and the object that the field points to."""
    field, text = sample.reference_field, str(error)
    if address is not None:
        field = f"{field}.{address.field}" if address.field else field
        text = f"{address}: {text}"
    elif isinstance(error, InvalidFieldError):
        field, text = f"{field}.{error.field}", text.removeprefix(f"{error.field}: ")
    return f"sample {sample_label(sample.id, index)}: {field}: {text}"
