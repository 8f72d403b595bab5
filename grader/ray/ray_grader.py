"""The grader whose samples are graded on all nodes of a Ray cluster."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.base_grader import BaseGrader
from grader.errors import InputError
from grader.ray.actors import ActorSettings, Cluster
from grader.ray.loop import RayLoop

if TYPE_CHECKING:
    from grader.types import HostReport

__all__ = ["RayGrader"]


class RayGrader(BaseGrader):
    """Grades samples on a Ray cluster, with the methods of `grader.Grader`.

    Each node has one actor with a grader, which is named and detached: whoever asks for the same settings and the same
    name shares it. Samples go to the actor that has the fewest. An actor that dies is replaced, and its samples are
    sent once more, to another node if there is one; then they are unscored, with the reason.

    Args:
        config: the settings of the graders; ``None``: those of this process's environment.
        num_cpus: CPUs that each actor reserves, and workers of its grader; ``None``: all CPUs of its node.
        name: beginning of the actors' names.
        address: address of the cluster, as for `ray.init`; ``None``: the one that this process is connected to, or
            else the one that Ray finds, or a new one on this machine.

    Raises:
        grader.errors.InputError: Ray is not installed.
        grader.errors.ConfigError: a setting in the environment is wrong.
    """

    def __init__(
        self,
        config: GraderConfig | None = None,
        *,
        num_cpus: int | None = None,
        name: str = "grader",
        address: str | None = None,
    ) -> None:
        self.config = GraderConfig.load() if config is None else config
        self._settings = ActorSettings(self.config, num_cpus, name)
        self._address = address
        _connect(address)
        self._cluster = Cluster(self._settings)
        self._loop: RayLoop = RayLoop(self._cluster)
        self._finalizer = weakref.finalize(self, self._loop.close)
        self._finalizer.atexit = False

    def __reduce__(self) -> tuple[Any, ...]:
        # On the other side, as in a task or an actor, Ray is connected already.
        return _unpickle, (self._settings,)

    def hosts(self) -> dict[str, HostReport]:
        """Describe the nodes, by their ids.

        Raises:
            sandbox.errors.IsolationError: a node cannot give the isolation that is demanded.
        """
        import ray  # noqa: PLC0415 - only the extra `ray` has it

        actors = self._loop.actors()
        return dict(
            zip((actor.node_id for actor in actors), ray.get([a.handle.host.remote() for a in actors]), strict=True)
        )

    def shutdown(self) -> None:
        """End the actors, also for all others who use them; `close` leaves them."""
        for actor in self._loop.actors():
            self._cluster.kill(actor)
        self.close()


def _connect(address: str | None) -> None:
    try:
        import ray  # noqa: PLC0415 - only the extra `ray` has it
    except ModuleNotFoundError:
        raise InputError("grader.ray needs Ray: pip install 'rlvr-code-grader[ray]'") from None
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(f"Ray at {address or 'auto'}: {' '.join(str(error).split())[:300]}") from None


def _unpickle(settings: ActorSettings) -> RayGrader:
    return RayGrader(settings.config, num_cpus=settings.num_cpus, name=settings.name)
