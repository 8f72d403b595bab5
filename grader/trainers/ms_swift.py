"""The reward class for ms-swift.

::

    # plugin.py
    from swift.rewards import orms
    from grader.trainers.ms_swift import CodeReward
    orms["code"] = CodeReward

    swift rlhf --external_plugins plugin.py --reward_funcs code ...

Source: ms-swift 4.6, ``swift/rewards/orm.py``: an object made with the trainer's arguments, called with a batch and the
columns of the data set. It adds rewards by ``nansum``, so a missing one counts as 0.
"""

from __future__ import annotations

from typing import Any

from grader.trainers import process_grader
from grader.trainers.samples import column, make_samples

__all__ = ["CodeReward"]


class CodeReward:
    """A reward of ms-swift. Its base class adds nothing that is called, so it is not needed here.

    Args:
        args: the trainer's arguments; not used.
    """

    reference = "reference_answer"
    """Column of the data set that holds the references."""

    def __init__(self, args: object = None, **_: Any) -> None:
        self.args = args

    def __call__(self, completions: list[Any], **columns: Any) -> list[float]:
        """Grade a batch.

        Args:
            completions: texts or messages.
            **columns: columns of the data set.

        Returns:
            A value in [0, 1] for each completion. The setting ``unscored`` decides what an unscored sample gets.

        Raises:
            grader.errors.InputError: the data set has no column of references.
            grader.errors.UnscoredError: one is unscored, and the setting is ``raise``.
        """
        references = column(columns, self.reference)
        prompts = columns.get("messages")
        samples = make_samples(completions, references, prompts=prompts, reference_field=self.reference)
        return [process_grader.reward(grade) for grade in process_grader.grade_batch(samples)]
