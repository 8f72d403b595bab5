"""A cluster of two nodes on this machine: equal grades, the throughput of one and of two actors, one that is killed."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.ray.ray_grader import RayGrader
from grader.types import Sample
from tests.trainers.human_eval import RIGHT, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

CONFIG = GraderConfig.load(None, {"GRADER_REWARD_PRESET": "binary"})


def samples(times: int = 1) -> list[Sample]:
    """Return HumanEval, several times, each time other texts, so that none is graded for another."""
    return [
        Sample(f"{row.task_id}/{time}", row.completion + f"\n{time}", row.reference, row.prompt)
        for time in range(times)
        for row in rows()
    ]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - only where it is installed

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    made.connect()
    yield made
    import ray  # noqa: PLC0415 - as above

    ray.shutdown()
    made.shutdown()


def test_two_actors(cluster: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Grader(replace(CONFIG, workers=1)) as local:
        wanted = [grade.reward for grade in local.grade_batch(samples())]
    assert wanted == [1.0] * RIGHT + [0.0, None]
    seconds: dict[int, list[float]] = {}
    with RayGrader(CONFIG, num_cpus=1) as grader:
        for nodes in (1, 2):
            if nodes == 2:
                cluster.add_node(num_cpus=1)
                cluster.wait_for_nodes()
            assert [grade.reward for grade in grader.grade_batch(samples())] == wanted  # and all processes start
            assert len(grader.hosts()) == nodes
            for _ in range(3):
                started = time.monotonic()
                assert [grade.reward for grade in grader.grade_batch(samples(3))] == 3 * wanted
                seconds.setdefault(nodes, []).append(time.monotonic() - started)
        one, two = (3 * len(wanted) / min(taken) for taken in seconds.values())
        with capsys.disabled():
            print(f"\nray: one actor {one:.0f} samples a second, two {two:.0f}: {two / one:.2f} times")

        # One is killed in the middle: nothing is lost, and no grade is another.
        actors = grader._loop.actors()
        killer = threading.Timer(min(seconds[2]) / 3, lambda: grader._cluster.kill(actors[0]))
        killer.start()
        grades = grader.grade_batch(samples(3))
        killer.join()
        assert [grade.reward for grade in grades] == 3 * wanted
        assert [grade.sample_id for grade in grades] == [sample.id for sample in samples(3)]
        assert {id(actor) for actor in grader._loop.actors()} != {id(actor) for actor in actors}
        grader.shutdown()
