"""Work: what is graded once, however many samples ask for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.loop import Future

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.extraction import Extraction
    from grader.functional import PreparedProblem

__all__ = ["Work", "WorkQueue"]


@dataclass(slots=True)
class Work:
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


class WorkQueue:
    """Work for several coroutines of one loop, which may come while they work."""

    def __init__(self) -> None:
        self._works: deque[Work] = deque()
        self._news: Future[None] = Future()
        self._ended = False

    def __len__(self) -> int:
        return len(self._works)

    def extend(self, works: Iterable[Work]) -> None:
        """Add work."""
        self._works.extend(works)
        self._tell()

    def end(self) -> None:
        """Say that no more comes."""
        self._ended = True
        self._tell()

    async def next(self) -> Work | None:
        """The next piece, when there is one; ``None`` when all is given out and no more comes."""
        while not self._works and not self._ended:
            await self._news
        return self._works.popleft() if self._works else None

    def _tell(self) -> None:
        news, self._news = self._news, Future()
        news.set(None)
