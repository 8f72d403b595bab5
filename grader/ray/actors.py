"""The actors: one on each node of the cluster, with a grader of its own."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.config.settings import GraderConfig
    from grader.types import BadSample, Grade, HostReport, Sample

__all__ = ["ActorSettings", "Cluster", "NodeActor"]

_NAMESPACE: Final = "grader"
_CONCURRENCY: Final = 10_000
"""Calls that an actor takes at a time. They wait in its grader, which shares executors out fairly."""


@dataclass(frozen=True, slots=True)
class ActorSettings:
    """What an actor is made of."""

    config: GraderConfig
    num_cpus: int | None = None
    """CPUs that each actor reserves, and workers of its grader; ``None``: all CPUs of its node."""
    name: str = "grader"
    """Actors of the same name and settings are shared by all who ask for them."""

    def actor_name(self, node_id: str) -> str:
        """Return the name of the actor on a node; another one for other settings."""
        digest = hashlib.blake2b(pickle.dumps((self.config, self.num_cpus)), digest_size=8).hexdigest()
        return f"{self.name}-{digest}-{node_id}"


@dataclass(eq=False, slots=True)
class NodeActor:
    """An actor, as its callers see it."""

    node_id: str
    workers: int
    handle: Any
    in_flight: int = 0
    """Number of samples that were sent to it and have no grade yet."""


class _GraderActor:
    """The actor's class; Ray makes an actor of it."""

    def __init__(self, config: GraderConfig) -> None:
        # Here, in the actor's process: a driver may only want the handle.
        from grader.core.grader import Grader  # noqa: PLC0415 - see above

        self._grader = Grader(config)

    async def grade(self, samples: Sequence[Sample | BadSample], deadline_s: float | None) -> list[Grade]:
        """Grade samples beside those of other calls."""
        return await self._grader.grade_batch_async(samples, deadline_s=deadline_s)

    async def host(self) -> HostReport:
        """Describe the host."""
        return self._grader.host()


class Cluster:
    """The nodes of the cluster that this process is connected to, and their actors.

    Args:
        settings: what actors are made of.
    """

    def __init__(self, settings: ActorSettings) -> None:
        self._settings = settings

    def nodes(self) -> dict[str, int]:
        """Return the CPUs of the nodes that are alive and have any, by id."""
        import ray  # noqa: PLC0415 - only the extra `ray` has it

        return {
            node["NodeID"]: int(node["Resources"]["CPU"])
            for node in ray.nodes()
            if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
        }

    def actor(self, node_id: str, cpus: int) -> NodeActor:
        """Return the actor of a node, made now if there is none."""
        import ray  # noqa: PLC0415 - as above
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - as above

        wanted = self._settings.num_cpus or cpus
        if wanted > cpus:
            raise InputError(f"num_cpus is {wanted}, and node {node_id} has {cpus} CPUs")
        config = replace(self._settings.config, workers=wanted)
        handle = (
            ray.remote(_GraderActor)
            .options(
                name=self._settings.actor_name(node_id),
                namespace=_NAMESPACE,
                get_if_exists=True,
                lifetime="detached",
                num_cpus=wanted,
                max_concurrency=_CONCURRENCY,
                # Not restarted by Ray, which would send no samples elsewhere in the meantime.
                max_restarts=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False),
            )
            .remote(config)
        )
        return NodeActor(node_id, wanted, handle)

    def kill(self, actor: NodeActor) -> None:
        """End an actor, and with it the processes of its grader."""
        import ray  # noqa: PLC0415 - as above

        ray.kill(actor.handle)
