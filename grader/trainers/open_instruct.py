"""The verifier for open-instruct.

::

    # imported before the verifiers are built, such as at the top of the training script
    import grader.trainers.open_instruct
    grader.trainers.open_instruct.register()

    # rows of the data set: dataset = "code_grader", ground_truth = the reference

Without any code, ``--code_api_url http://HOST:PORT/test_program`` lets its own verifiers ask the HTTP service.

Source: open-instruct, ``open_instruct/ground_truth_utils.py``: ``build_all_verifiers`` makes one of each subclass of
`VerifierFunction`; its coroutine is called once an answer.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from grader.trainers import process_grader
from grader.trainers.samples import make_sample

__all__ = ["NAME", "register", "score"]

NAME: Final = "code_grader"
"""Name of the verifier, in the column ``dataset``."""


async def score(prediction: str, label: Any, query: Any = None) -> tuple[float, str]:
    """Grade an answer.

    Args:
        prediction: the model's text.
        label: the reference, in any known format.
        query: the prompt.

    Returns:
        The reward in [0, 1] and the reason for it. The setting ``unscored`` decides what an unscored sample gets.

    Raises:
        grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
    """
    sample = make_sample(prediction, label, prompt=query or "", reference_field="ground_truth")
    grade = await process_grader.grade_async(sample)
    return process_grader.reward(grade), grade.reason


def register() -> Any:
    """Make the verifier's class, which registers it, and return it."""
    from open_instruct.ground_truth_utils import VerificationResult, VerifierFunction  # noqa: PLC0415 - the trainer's

    class CodeGraderVerifier(VerifierFunction):  # type: ignore[misc]  # it ships no types
        """Grades answers by their tests."""

        def __init__(self, verifier_config: Any = None) -> None:
            super().__init__(NAME, weight=1.0, verifier_config=verifier_config)

        async def async_call(
            self, tokenized_prediction: Any, prediction: str, label: Any, query: Any = None, *_: Any, **__: Any
        ) -> Any:
            """Grade an answer."""
            del tokenized_prediction
            reward, reason = await score(prediction, label, query)
            return VerificationResult(score=reward, reasoning=reason or None)

        def __call__(
            self, tokenized_prediction: Any, prediction: str, label: Any, query: Any = None, *_: Any, **__: Any
        ) -> Any:
            """Grade an answer, for callers without an event loop."""
            return asyncio.run(self.async_call(tokenized_prediction, prediction, label, query))

    return CodeGraderVerifier
