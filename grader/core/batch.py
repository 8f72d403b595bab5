"""Find the problems of samples, bit by bit. Those of remote references are there when the fetch completes."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from grader.core.extraction_queue import ExtractionQueue
from grader.core.scoring import unscored_grade
from grader.references.locate import StoreError, parse_address
from grader.types import BadSample, sample_label
from sandbox.errors import ValueCodecError
from sandbox.scheduler.loop import pause
from testcases.errors import InvalidFieldError, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.core.problems import PreparedProblem, ProblemCache
    from grader.references.documents import ReferenceFile
    from grader.references.fetch import ParallelFetch
    from grader.references.locate import Address, Location
    from grader.references.store import ReferenceStore
    from grader.types import Grade, Sample

__all__ = ["BatchLoader"]

_SLICE_S: Final = 0.05
"""Seconds of reading after which the event loop gets its turn."""


class BatchLoader:
    """The samples of one batch with their problems; to be closed at the end.

    Args:
        samples: the batch.
        problems: cache that reads references into problems.
        store: gives the reference store; called only if the batch has references that are stored elsewhere.
        deadline: time at which the caller stops waiting (`time.monotonic`).
        max_chars: maximum length of a completion; longer ones are not read.
        with_prompts: whether tasks hold the text that their answers respond to.
    """

    def __init__(
        self,
        samples: Sequence[Sample | BadSample],
        *,
        problems: ProblemCache,
        store: Callable[[], ReferenceStore],
        deadline: float,
        max_chars: int,
        with_prompts: bool = False,
    ) -> None:
        self._problems = problems
        self._deadline = deadline
        self._max_chars = max_chars
        self._with_prompts = with_prompts
        self._store = store
        self._samples = samples
        self._pending: dict[Location, list[tuple[int, Sample, Address]]] = {}
        self._fetch: ParallelFetch | None = None
        self.rejected: deque[tuple[int, Grade]] = deque()
        """Positions and grades of samples without a problem. `load` may add some; the caller takes them out."""
        self._at_hand: list[tuple[int, Sample]] = []
        self._locate()

    def _locate(self) -> None:
        """Find out where the references are, and begin to fetch those that are stored elsewhere."""
        for index, sample in enumerate(self._samples):
            if isinstance(sample, BadSample):
                self.rejected.append((index, unscored_grade(sample.id, str(sample.error))))
                continue
            try:
                address = parse_address(sample.reference)
            except ProblemError as error:
                self._reject(index, sample, error)
                continue
            if address is None:
                self._at_hand.append((index, sample))
            else:
                self._pending.setdefault(address.location, []).append((index, sample, address))
        if self._pending:
            addresses = [address for group in self._pending.values() for _, _, address in group]
            self._fetch = self._store().fetch(addresses, deadline=self._deadline)

    @property
    def max_tasks(self) -> int:
        """Maximum number of tasks there will be."""
        return len(self._at_hand) + sum(map(len, self._pending.values()))

    @property
    def locations(self) -> tuple[Location, ...]:
        """Locations of the references that are stored elsewhere; to be passed to `load`, once each."""
        return tuple(self._pending)

    async def load(self, location: Location) -> ExtractionQueue:
        """Wait for the references at one location; return their samples. Runs beside `deliver`."""
        assert self._fetch is not None
        file = await self._fetch.result(location)
        problems: dict[tuple[Address, str], PreparedProblem | ProblemError | ValueCodecError] = {}
        present: list[tuple[int, Sample, PreparedProblem]] = []
        # A group of rollouts has one reference: read it once, and give all of its samples the same error.
        for index, sample, address in self._pending.pop(location):
            key = (address, sample.prompt)
            if key not in problems:
                problems[key] = self._read_problem(address, sample.prompt, file)
            problem = problems[key]
            if isinstance(problem, Exception):
                self._reject(index, sample, problem, address)
            else:
                present.append((index, sample, problem))
        return self._queue(present)

    async def deliver(self) -> None:
        """Pass each file to `load` as soon as it is fetched, until all are."""
        if self._fetch is not None:
            await self._fetch.deliver()

    def close(self) -> None:
        """Fetch no more."""
        if self._fetch is not None:
            self._fetch.close()

    async def read(self) -> ExtractionQueue:
        """Read the references that came with their samples; return these samples."""
        present: list[tuple[int, Sample, PreparedProblem]] = []
        started = time.monotonic()
        for index, sample in self._at_hand:
            try:
                present.append((index, sample, self._problems.from_reference(sample.reference, sample.prompt)))
            except (ProblemError, ValueCodecError) as error:
                self._reject(index, sample, error)
            if (elapsed := time.monotonic() - started) >= _SLICE_S:
                # The answers of others are watched meanwhile. Without any, this takes a tenth longer.
                await pause(elapsed / 10)
                started = time.monotonic()
        return self._queue(present)

    def _read_problem(
        self, address: Address, prompt: str, file: ReferenceFile | StoreError
    ) -> PreparedProblem | ProblemError | ValueCodecError:
        if isinstance(file, StoreError):
            return file
        try:
            return self._problems.from_document(file.reference(address.task_id), prompt, address.format_name)
        except (ProblemError, ValueCodecError) as error:
            return error

    def _queue(self, present: Sequence[tuple[int, Sample, PreparedProblem]]) -> ExtractionQueue:
        return ExtractionQueue(
            present, deadline=self._deadline, max_chars=self._max_chars, with_prompts=self._with_prompts
        )

    def _reject(
        self, index: int, sample: Sample, error: ProblemError | ValueCodecError, address: Address | None = None
    ) -> None:
        self.rejected.append((index, unscored_grade(sample.id, _error_text(sample, index, error, address))))


def _error_text(
    sample: Sample, index: int, error: ProblemError | ValueCodecError, address: Address | None = None
) -> str:
    """Name the sample, the field, and the object that the field points to, in one line."""
    field, text = sample.reference_field, str(error)
    if address is not None:
        field = f"{field}.{address.field}" if address.field else field
        text = f"{address}: {text}"
    elif isinstance(error, InvalidFieldError):
        field, text = f"{field}.{error.field}", text.removeprefix(f"{error.field}: ")
    return f"sample {sample_label(sample.id, index)}: {field}: {text}"
