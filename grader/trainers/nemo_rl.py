"""The environment for NeMo-RL.

::

    # in the training script, before the environments are made
    import grader.trainers.nemo_rl
    grader.trainers.nemo_rl.register()

    # in the configuration
    env:
      code_grader: {}

Source: NeMo-RL, ``nemo_rl/environments/interfaces.py`` and ``utils.py``: a Ray actor that gets a batch of conversations
with their metadata. The base class comes from there, so the actor's class is made when it is first asked for. One actor
grades a batch on all CPUs that it may use; ``num_workers`` is not needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from grader.trainers import process_grader
from grader.trainers.rewards import means
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    CodeEnvironment: Any

__all__ = ["NAME", "grade_step", "register"]

NAME: Final = "code_grader"
"""Name of the environment, in the configuration and as the task of rows."""

_REFERENCE_KEYS: Final = ("reference_answer", "ground_truth", "unit_tests")


def grade_step(message_log_batch: Sequence[Sequence[Mapping[str, Any]]], metadata: Sequence[Any]) -> dict[str, Any]:
    """Grade the last turn of each conversation.

    Args:
        message_log_batch: conversations.
        metadata: for each an object with the reference as ``reference_answer``, ``ground_truth`` or ``unit_tests``.

    Returns:
        Fields of `EnvironmentReturn`, with lists in the place of tensors, and ``metrics``, the means of all metrics.
        ``reward_valid_mask`` is False for an unscored sample, whose reward the setting ``unscored`` decides.

    Raises:
        grader.errors.UnscoredError: one is unscored, and the setting is ``raise``.
    """
    samples = []
    for index, (messages, facts) in enumerate(zip(message_log_batch, metadata, strict=True)):
        # Messages also carry tensors of tokens.
        turns = [{"role": message.get("role"), "content": message.get("content")} for message in messages]
        name, reference = _reference(facts)
        samples.append(make_sample(turns, reference, prompt=turns, index=index, reference_field=f"metadata.{name}"))
    grades = process_grader.grade_batch(samples)
    rewards = [process_grader.reward(grade) for grade in grades]
    return {
        # Without the reason: it quotes the tests.
        "observations": [{"role": "environment", "content": f"Environment: reward {reward:.3f}"} for reward in rewards],
        "metadata": list(metadata),
        "next_stop_strings": [None] * len(grades),
        "rewards": rewards,
        "terminateds": [1.0] * len(grades),
        "answers": [grade.answer for grade in grades],
        "reward_valid_mask": [grade.reward is not None for grade in grades],
        "metrics": means(grades),
    }


def register() -> None:
    """Make the environment known to NeMo-RL, and the Python that its actor runs with: that of the trainer.

    Without the latter `create_env` refuses a class that is not its own
    (``nemo_rl/distributed/ray_actor_environment_registry.py``).
    """
    from nemo_rl.distributed.ray_actor_environment_registry import (  # noqa: PLC0415 - the trainer has it
        ACTOR_ENVIRONMENT_REGISTRY,
    )
    from nemo_rl.distributed.virtual_cluster import PY_EXECUTABLES  # noqa: PLC0415 - as above
    from nemo_rl.environments.utils import ENV_REGISTRY, register_env  # noqa: PLC0415 - as above

    name = f"{__name__}.CodeEnvironment"
    ACTOR_ENVIRONMENT_REGISTRY[name] = PY_EXECUTABLES.SYSTEM
    if NAME not in ENV_REGISTRY:
        register_env(NAME, name)


def _reference(facts: Any) -> tuple[str, Any]:
    found = facts if isinstance(facts, Mapping) else {}
    for key in _REFERENCE_KEYS:
        if found.get(key) is not None:
            return key, found[key]
    return _REFERENCE_KEYS[0], None


def _make_environment() -> Any:
    import ray  # noqa: PLC0415 - the trainer has it
    import torch  # noqa: PLC0415 - as above
    from nemo_rl.environments.interfaces import EnvironmentInterface, EnvironmentReturn  # noqa: PLC0415 - as above

    def init(self: Any, config: Any = None) -> None:
        self.config = config
        self.metrics = {}

    def step(self: Any, message_log_batch: Any, metadata: Any, *_: Any, **__: Any) -> Any:
        fields = grade_step(message_log_batch, metadata)
        self.metrics = fields.pop("metrics")
        fields["rewards"] = torch.tensor(fields["rewards"], dtype=torch.float32)
        fields["terminateds"] = torch.tensor(fields["terminateds"])
        fields["reward_valid_mask"] = torch.tensor(fields["reward_valid_mask"], dtype=torch.bool)
        # Later versions have more fields than earlier ones.
        return EnvironmentReturn(**{name: fields[name] for name in EnvironmentReturn._fields if name in fields})

    def post_process(self: Any, batch: Any) -> Any:
        return batch, {f"code/{name}": value for name, value in self.metrics.items()}

    methods = {
        "__init__": init,
        "step": step,
        "global_post_process_and_metrics": post_process,
        "shutdown": lambda self: None,  # noqa: ARG005 - the grader ends with the actor's process
        "__module__": __name__,
    }
    return ray.remote(type("CodeEnvironment", (EnvironmentInterface,), methods))


def __getattr__(name: str) -> Any:
    """Make the actor's class (PEP 562)."""
    if name != "CodeEnvironment":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = _make_environment()
    return made
