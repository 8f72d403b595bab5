"""Rate the answers of one batch in threads, beside the grading."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from grader.judge.bedrock import JudgeUnavailableError
from grader.judge.prompt import Rating
from sandbox.scheduler.loop import readable

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.judge.prompt import RatingRequest

    Rate: TypeAlias = Callable[[RatingRequest, float], Rating]
    Tell: TypeAlias = Callable[[Rating], None]

__all__ = ["RatingBatch"]

_log = logging.getLogger("grader.judge.judging")  # operators filter on it: docs/operations.md
_DEADLINE_PASSED: Final = Rating(None, "there was no rating before the deadline")
_NO_THREAD: Final = Rating(None, "the host has no room for a thread")
_NO_DEADLINE_S: Final = 1e9


class RatingBatch:
    """Asks in threads of its own, which end when there is nothing to ask. A context manager.

    As `grader.references.fetch.ParallelFetch`, with questions that come one by one. The threads do nothing but talk
    to the    network: what they find is told in the thread of the loop.

    Args:
        rate: asks one question; called in the threads.
        threads: the most of them.
        deadline: when nobody waits any more (`time.monotonic`).
    """

    def __init__(self, rate: Rate, *, threads: int, deadline: float) -> None:
        self._rate = rate
        self._threads = threads
        self._deadline = deadline
        self._told: dict[RatingRequest, list[Tell]] = {}
        """Who wants to know, of each question that is open."""
        self._askers = 0
        self._waiting: deque[RatingRequest] = deque()
        self._arrived: list[tuple[RatingRequest, Rating]] = []
        self._running = 0
        self._unavailable: Rating | None = None
        self._failures: Counter[str] = Counter()
        self._questions = 0
        self._turn = threading.Lock()
        self._closed = False
        self._descriptor, self._bell = os.pipe()
        os.set_blocking(self._descriptor, False)
        os.set_blocking(self._bell, False)

    def leave(self) -> None:
        """Say that one who asked asks no more."""
        self._askers -= 1
        with self._turn:
            self._wake()

    def ask(self, question: RatingRequest, tell: Tell) -> None:
        """Ask a question, once however often it comes.

        Args:
            question: the question.
            tell: called with what came of it, in the thread of the loop, at once or from `feed`.
        """
        if self._unavailable is not None or time.monotonic() >= self._deadline:
            self._hand_on([tell], self._unavailable or _DEADLINE_PASSED)
            return
        told = self._told.setdefault(question, [])
        told.append(tell)
        if len(told) > 1:
            return
        with self._turn:
            self._waiting.append(question)
            another = self._running < self._threads
            self._running += another
        if another:
            self._start()

    async def feed(self, askers: int) -> None:
        """Tell what was found, until all have left and nothing is open. Runs inside `Sandbox.run`.

        Args:
            askers: how many will ask, and leave.
        """
        self._askers += askers
        while self._askers or self._told:
            await readable(self._descriptor, self._deadline if self._told else time.monotonic() + _NO_DEADLINE_S)
            for question, opinion in self._take():
                self._hand_on(self._told.pop(question, []), opinion)

    def close(self) -> None:
        """Want no more, and say what went wrong."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            self._waiting.clear()
            os.close(self._descriptor)
            os.close(self._bell)
        for reason, count in self._failures.most_common(1):
            told = {"event": "judge", "asked": self._questions, "failed": self._failures.total(), "reason": reason}
            _log.warning("%s", json.dumps(told | {"of_that_reason": count}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hand_on(self, tells: list[Tell], opinion: Rating) -> None:
        self._questions += 1
        if opinion.rating is None:
            self._failures[opinion.error] += 1
        for tell in tells:
            tell(opinion)

    def _start(self) -> None:
        try:
            threading.Thread(target=self._work, name="judge", daemon=True).start()
        except RuntimeError:  # the host has no room for another
            with self._turn:
                self._running -= 1
                if not self._running:
                    self._arrived += [(question, _NO_THREAD) for question in self._waiting]
                    self._waiting.clear()
                self._wake()

    def _take(self) -> list[tuple[RatingRequest, Rating]]:
        with self._turn:
            with contextlib.suppress(BlockingIOError):
                while os.read(self._descriptor, 4096):
                    pass
            taken, self._arrived = self._arrived, []
            if time.monotonic() >= self._deadline:
                self._waiting.clear()
                known = {question for question, _ in taken}
                taken += [(question, _DEADLINE_PASSED) for question in self._told if question not in known]
        return taken

    def _wake(self) -> None:
        """Wake `feed`; for whoever has the turn."""
        if not self._closed:
            with contextlib.suppress(BlockingIOError):  # it has been ringing for long
                os.write(self._bell, b"!")

    def _work(self) -> None:
        while True:
            with self._turn:
                if self._closed or not self._waiting:
                    self._running -= 1
                    return
                question = self._waiting.popleft()
            self._deliver(question, self._unavailable or self._opinion_on(question))

    def _deliver(self, question: RatingRequest, opinion: Rating) -> None:
        with self._turn:
            self._arrived.append((question, opinion))
            self._wake()

    def _opinion_on(self, question: RatingRequest) -> Rating:
        try:
            return self._rate(question, self._deadline)
        except JudgeUnavailableError as error:
            self._unavailable = Rating(None, str(error))
            return self._unavailable
        except Exception as error:  # noqa: BLE001 - a rating is one sample's matter, whatever is wrong with it
            return Rating(None, f"could not be asked: {type(error).__name__}")
