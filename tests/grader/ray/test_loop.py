"""Samples are shared out over actors, sent again when one dies, and every one gets one grade."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.base_grader import BaseGrader
from grader.core.scoring import unscored_grade
from grader.ray.actors import ActorSettings, NodeActor
from grader.ray.loop import RayLoop
from grader.types import Grade, GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class RayError(Exception):
    """As in `ray.exceptions`."""


class RayTaskError(RayError):
    """As in `ray.exceptions`; `cause` is what the actor has raised."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


@pytest.fixture(autouse=True)
def _exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("ray.exceptions")
    module.RayError, module.RayTaskError = RayError, RayTaskError
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    monkeypatch.setitem(sys.modules, "ray.exceptions", module)


def graded(samples: Sequence[Sample]) -> list[Grade]:
    return [Grade(None, GradeStatus.SCORED, float(one.reference), ()) for one in samples]


class Cluster:
    """Nodes with actors that grade in threads.

    Args:
        work: what an actor does: gets the node, the number of the actor there, and the samples.
        nodes: CPUs by node.
    """

    def __init__(self, work: Callable[[str, int, Sequence[Sample]], list[Grade]] | None = None, **nodes: int) -> None:
        self.work = work or (lambda node, number, samples: graded(samples))
        self.cpus = nodes or {"a": 1, "b": 1}
        self.made: list[str] = []
        self.calls: list[tuple[str, int]] = []
        self._pool = ThreadPoolExecutor(64)

    def nodes(self) -> dict[str, int]:
        return dict(self.cpus)

    def actor(self, node_id: str, cpus: int) -> NodeActor:
        number = self.made.count(node_id)
        self.made.append(node_id)

        def remote(samples: Sequence[Sample], deadline_s: float | None) -> Any:
            self.calls.append((node_id, len(samples)))
            future: Future[list[Grade]] = self._pool.submit(self.work, node_id, number, samples)
            return SimpleNamespace(future=lambda: future)

        return NodeActor(node_id, cpus, SimpleNamespace(grade=SimpleNamespace(remote=remote)))

    def close(self) -> None:
        self._pool.shutdown()


class Rays(BaseGrader):
    def __init__(self, cluster: Any) -> None:
        self.config = GraderConfig(deadline_margin_s=0.0)
        self._loop: RayLoop = RayLoop(cluster)


@pytest.fixture
def start() -> Iterator[Callable[..., Rays]]:
    made: list[tuple[Rays, Cluster]] = []

    def make(cluster: Cluster) -> Rays:
        rays = Rays(cluster)
        made.append((rays, cluster))
        return rays

    yield make
    for rays, cluster in made:
        rays._loop.close()
        cluster.close()


def samples(count: int) -> list[Sample]:
    return [Sample(f"s{number}", "x", str(number % 2)) for number in range(count)]


def test_grades_come_in_order_from_all_nodes(start: Any) -> None:
    cluster = Cluster(a=1, b=3)
    grades = start(cluster).grade_batch(samples(200))
    assert [grade.sample_id for grade in grades] == [f"s{number}" for number in range(200)]
    assert [grade.reward for grade in grades] == [float(number % 2) for number in range(200)]
    assert sum(count for _, count in cluster.calls) == 200
    assert {node for node, _ in cluster.calls} == {"a", "b"}
    assert cluster.made == ["a", "b"]


def test_a_large_cluster_is_sent_few_chunks_of_a_large_batch_and_single_samples_of_a_small_one(start: Any) -> None:
    cluster = Cluster(**{f"n{number}": 32 for number in range(100)})
    rays = start(cluster)
    assert len(rays.grade_batch(samples(8192))) == 8192
    assert {size for _, size in cluster.calls} == {8}
    assert len({node for node, _ in cluster.calls}) == 100
    cluster.calls.clear()
    assert len(rays.grade_batch(samples(512))) == 512
    assert {size for _, size in cluster.calls} == {1}


def test_every_method(start: Any) -> None:
    rays = start(Cluster())

    async def ask() -> list[Grade]:
        return await asyncio.gather(*map(rays.grade_async, samples(20)))

    expected = [float(number % 2) for number in range(20)]
    assert [grade.reward for grade in asyncio.run(ask())] == expected
    assert [grade.reward for _, grade in sorted(rays.grade_iter(samples(20)))] == expected
    assert rays.grade_batch([]) == []


def test_a_single_sample_waits_for_no_endless_one(start: Any) -> None:
    released = threading.Event()

    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        if batch[0].id == "endless":
            released.wait(60)
        return graded(batch)

    rays = start(Cluster(work))
    with ThreadPoolExecutor(4) as pool:
        endless = [pool.submit(rays.grade, Sample("endless", "x", "0")) for _ in range(3)]
        for sample in samples(30):
            assert rays.grade(sample).reward == float(sample.reference)
        assert not any(one.done() for one in endless)
        released.set()
        assert [one.result(60).reward for one in endless] == [0.0] * 3


def test_samples_of_an_actor_that_dies_are_graded_elsewhere(start: Any) -> None:
    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        if (node, number) == ("a", 0) and len(cluster.calls) > 6:
            raise RayError("the actor died")
        return graded(batch)

    cluster = Cluster(work)
    grades = start(cluster).grade_batch(samples(300))
    assert [grade.reward for grade in grades] == [float(number % 2) for number in range(300)]
    assert cluster.made == ["a", "b", "a"]


def test_a_second_death_leaves_samples_unscored_with_the_reason(start: Any) -> None:
    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        if any(one.id == "s3" for one in batch):
            raise RayError("out of\nmemory")
        return graded(batch)

    grades = start(Cluster(work, a=4, b=4)).grade_batch(samples(8))
    assert [grade.reward is None for grade in grades] == [number == 3 for number in range(8)]
    assert grades[3].reason == "its actor has died, 2 times: out of memory"


def test_without_another_node_the_replacement_is_asked(start: Any) -> None:
    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        if number == 0:
            raise RayError("the actor died")
        return graded(batch)

    cluster = Cluster(work, a=2)
    assert [grade.reward for grade in start(cluster).grade_batch(samples(2))] == [0.0, 1.0]
    assert cluster.made == ["a", "a"]


def test_a_node_that_is_gone_gets_no_more_samples(start: Any) -> None:
    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        if node == "a":
            cluster.cpus.pop("a", None)
            raise RayError("the node died")
        return graded(batch)

    cluster = Cluster(work)
    assert all(grade.reward is not None for grade in start(cluster).grade_batch(samples(100)))
    assert cluster.made == ["a", "b"]


def test_what_the_grader_raises_is_raised(start: Any) -> None:
    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        raise RayTaskError(RuntimeError("no isolation here"))

    with pytest.raises(RuntimeError, match="no isolation here"):
        start(Cluster(work)).grade_batch(samples(10))
    cluster = Cluster()
    cluster.cpus = {}
    with pytest.raises(RuntimeError, match="no node with a CPU"):
        start(cluster).grade(samples(1)[0])


def test_each_call_has_its_own_deadline_and_can_be_cancelled(start: Any) -> None:
    released = threading.Event()

    def work(node: str, number: int, batch: Sequence[Sample]) -> list[Grade]:
        if batch[0].id == "slow":
            released.wait(60)
        return graded(batch)

    rays = start(Cluster(work))
    started = time.monotonic()
    grades = rays.grade_batch([Sample("slow", "x", "1"), Sample("quick", "x", "1")], deadline_s=0.5)
    assert time.monotonic() - started < 30
    assert [grade.reward for grade in grades] == [None, 1.0]
    assert grades[0].reason == "it was not graded before the deadline"

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rays.grade_async(Sample("slow", "x", "1")), 0.2)

    asyncio.run(ask())
    assert rays.grade(Sample("quick", "x", "1")).reward == 1.0
    released.set()


def test_unscored_grades_pass_as_they_are(start: Any) -> None:
    cluster = Cluster(lambda node, number, batch: [unscored_grade(None, "broken tests") for _ in batch])
    assert {grade.reason for grade in start(cluster).grade_batch(samples(10))} == {"broken tests"}


def test_actors_of_other_settings_have_other_names() -> None:
    names = {
        ActorSettings(config, cpus, name).actor_name(node)
        for config in (GraderConfig(), GraderConfig(unscored=0.5))
        for cpus in (None, 2)
        for name in ("grader", "other")
        for node in ("a", "b")
    }
    assert len(names) == 16
    assert ActorSettings(GraderConfig()).actor_name("a") == ActorSettings(GraderConfig()).actor_name("a")
