"""The calls of a grader on a cluster: their samples are shared out over the actors, and sent again if one dies."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from grader.core.scoring import unscored_grade

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.core.calls import Call
    from grader.ray.actors import Cluster, NodeActor
    from grader.types import BadSample, Grade, Sample

__all__ = ["RayLoop"]

_CHUNK: Final = 8
"""Samples of one call to an actor. Few, because the grades of a chunk come together."""
_CHUNKS: Final = 1000
"""Chunks of one call above which they are made larger: each takes the driver about 0.75 ms of CPU time."""
_PER_WORKER: Final = 16
"""Samples that an actor has at a time, for each of its workers: it stays busy while others are on their way."""
_MAX_ATTEMPTS: Final = 2
_FAR_S: Final = 1e8
"""Seconds from now beyond which a deadline is none."""
_LATE: Final = "it was not graded before the deadline"


@dataclass(slots=True, eq=False)
class _OpenCall:
    """A call that has not ended."""

    call: Call
    missing: set[int]
    """Positions of the samples without a grade."""


@dataclass(slots=True, eq=False)
class _Chunk:
    """Samples of one call that are sent together."""

    opened: _OpenCall
    indices: list[int]
    attempt: int = 0
    avoided: str = ""
    """Node whose actor has died with it."""

    def samples(self) -> list[Sample | BadSample]:
        return [self.opened.call.samples[index] for index in self.indices]


@dataclass(slots=True)
class _State:
    """What only the thread of the loop touches."""

    calls: dict[Call, _OpenCall] = field(default_factory=dict)
    waiting: deque[deque[_Chunk]] = field(default_factory=deque)
    """Chunks of each call that were not sent yet, in the order of their turns."""
    actors: list[NodeActor] = field(default_factory=list)
    is_closing: bool = False


class RayLoop:
    """Grades the samples of calls from any thread on the actors of a cluster.

    Args:
        cluster: makes the actors.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._events: queue.SimpleQueue[Callable[[_State], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        """Guards what follows."""
        self._thread: threading.Thread | None = None

    # For callers, in any thread

    def submit(self, call: Call) -> None:
        """Have the samples of a call graded."""
        if not call.samples:
            call.end()
            return
        self._do(lambda state: self._begin(state, call))

    def give_up(self, call: Call) -> None:
        """End a call whose caller does not want its grades any more; nothing if it has ended."""
        if not call.is_copy:
            self._do(lambda state: self._end(state, call))

    def close(self) -> None:
        """Send nothing more; calls that have not ended fail. Actors stay. The loop can be used again."""
        with self._lock:
            thread = self._thread
        if thread is None:
            return

        def end(state: _State) -> None:
            state.is_closing = True

        self._events.put(end)
        if thread is not threading.current_thread():  # a garbage collector calls this at any place
            thread.join()

    def actors(self) -> list[NodeActor]:
        """Return the actors, made now if there are none."""
        found: queue.SimpleQueue[list[NodeActor] | BaseException] = queue.SimpleQueue()

        def look(state: _State) -> None:
            try:
                self._make_actors(state)
            except BaseException as error:  # noqa: BLE001 - raised in the caller
                found.put(error)
            else:
                found.put(list(state.actors))

        self._do(look)
        result = found.get()
        if isinstance(result, BaseException):
            raise result
        return result

    def _do(self, event: Callable[[_State], None]) -> None:
        with self._lock:
            self._events.put(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="grader-ray", daemon=True)
                self._thread.start()

    # In the thread

    def _work(self) -> None:
        state = _State()
        while not state.is_closing:
            try:
                event = self._events.get(timeout=self._pause_s(state))
            except queue.Empty:
                self._end_late(state)
                continue
            try:
                event(state)
                self._send(state)
            except BaseException as error:  # noqa: BLE001 - raised in the callers
                self._fail(state, error)
        with self._lock:
            self._thread = None
        self._fail(state, RuntimeError("the grader was closed while it graded"))

    def _pause_s(self, state: _State) -> float | None:
        deadlines = [call.deadline for call in state.calls]
        left_s = min(deadlines, default=math.inf) - time.monotonic()
        return None if left_s > _FAR_S else max(0.0, left_s)

    def _begin(self, state: _State, call: Call) -> None:
        indices = list(range(len(call.samples)))
        opened = state.calls[call] = _OpenCall(call, set(indices))
        self._make_actors(state)
        workers = sum(actor.workers for actor in state.actors)
        # Small calls are spread over all workers, too; but more chunks than these take longer to send than to grade.
        size = max(1, min(_CHUNK, max(len(indices) // max(1, workers), len(indices) // _CHUNKS)))
        state.waiting.append(
            deque(_Chunk(opened, indices[start : start + size]) for start in range(0, len(indices), size))
        )

    def _make_actors(self, state: _State) -> None:
        """See to it that each node has an actor."""
        known = {actor.node_id for actor in state.actors}
        nodes = self._cluster.nodes()
        state.actors = [actor for actor in state.actors if actor.node_id in nodes]
        for node_id, cpus in nodes.items():
            if node_id not in known:
                state.actors.append(self._cluster.actor(node_id, cpus))
        if not state.actors:
            raise RuntimeError("the Ray cluster has no node with a CPU")

    def _send(self, state: _State) -> None:
        """Send chunks, a call's after another's, as long as actors have room."""
        while state.waiting:
            chunks = state.waiting[0]
            while chunks and not chunks[0].opened.missing:
                chunks.popleft()
            if not chunks:
                state.waiting.popleft()
                continue
            actor = self._free_actor(state, chunks[0])
            if actor is None:
                return
            self._send_chunk(actor, chunks.popleft())
            state.waiting.rotate(-1)

    def _free_actor(self, state: _State, chunk: _Chunk) -> NodeActor | None:
        elsewhere = [actor for actor in state.actors if actor.node_id != chunk.avoided]
        free = [actor for actor in elsewhere or state.actors if actor.in_flight < actor.workers * _PER_WORKER]
        return min(free, key=lambda actor: actor.in_flight / actor.workers, default=None)

    def _send_chunk(self, actor: NodeActor, chunk: _Chunk) -> None:
        actor.in_flight += len(chunk.indices)
        left_s = chunk.opened.call.deadline - time.monotonic()
        deadline_s = None if left_s > _FAR_S else max(0.0, left_s)

        def done(future: Any) -> None:
            self._do(lambda state: self._on_done(state, actor, chunk, future))

        # In a thread of Ray's: it only passes the result on.
        actor.handle.grade.remote(chunk.samples(), deadline_s).future().add_done_callback(done)

    def _on_done(self, state: _State, actor: NodeActor, chunk: _Chunk, future: Any) -> None:
        from ray.exceptions import RayError, RayTaskError  # noqa: PLC0415 - only the extra `ray` has it

        actor.in_flight -= len(chunk.indices)
        error = future.exception()
        if error is None:
            self._put(state, chunk, future.result())
        elif isinstance(error, RayTaskError):
            # The grader itself has raised: it cannot start there, nor would it elsewhere.
            self._end(state, chunk.opened.call, getattr(error, "cause", None) or error)
        elif isinstance(error, RayError):
            self._after_death(state, actor, chunk, error)
        else:
            self._end(state, chunk.opened.call, error)

    def _after_death(self, state: _State, actor: NodeActor, chunk: _Chunk, error: BaseException) -> None:
        if actor in state.actors:
            state.actors.remove(actor)
            self._make_actors(state)
        chunk.attempt += 1
        if chunk.attempt < _MAX_ATTEMPTS:
            chunk.avoided = actor.node_id
            state.waiting.appendleft(deque([chunk]))
            return
        reason = f"its actor has died, {_MAX_ATTEMPTS} times: {' '.join(str(error).split())[:200]}"
        self._put(state, chunk, [unscored_grade(None, reason)] * len(chunk.indices))

    def _put(self, state: _State, chunk: _Chunk, grades: list[Grade]) -> None:
        opened = chunk.opened
        for index, grade in zip(chunk.indices, grades, strict=True):
            if index in opened.missing:
                opened.missing.discard(index)
                opened.call.put(index, replace(grade, sample_id=opened.call.samples[index].id))
        if not opened.missing:
            self._end(state, opened.call)

    def _end_late(self, state: _State) -> None:
        now = time.monotonic()
        for opened in [opened for call, opened in state.calls.items() if call.deadline <= now]:
            for index in opened.missing:
                opened.call.put(index, unscored_grade(opened.call.samples[index].id, _LATE))
            self._end(state, opened.call)

    def _end(self, state: _State, call: Call, error: BaseException | None = None) -> None:
        opened = state.calls.pop(call, None)
        if opened is not None:
            opened.missing = set()
        call.end(error)

    def _fail(self, state: _State, error: BaseException) -> None:
        for call in list(state.calls):
            self._end(state, call, error)
