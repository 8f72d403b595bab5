"""An agent for multi-turn RL on code: it samples, grades, shows what failed, asks again, and reports the reward.

``grader.rollout.lambda_handler`` is the function that a SageMaker job of the category AgentRFT invokes
(docs/rollout.md).
"""

from __future__ import annotations

from grader.rollout.handler import lambda_handler

__all__ = ["lambda_handler"]
