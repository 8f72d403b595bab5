"""The model that a judge asks, as IAM names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from grader.errors import ConfigError
from grader.text import one_line

__all__ = ["JudgeModel"]

_ARN: Final = re.compile(r"arn:[a-z-]+:bedrock:[a-z0-9-]*:\d*:(?P<kind>[a-z-]+)/(?P<id>.+)")
_PROFILE: Final = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|sa|il|me|af|global)\.(?P<model>[a-z0-9-]+\..+)")
"""Ids of cross-region inference profiles: an area, and the id of the model (Amazon Bedrock User Guide)."""
_ACTION: Final = "bedrock:InvokeModel"


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """A model or an inference profile of Amazon Bedrock."""

    name: str
    """Id or ARN."""
    region: str | None = None
    """Where it is asked; ``None`` is where the function is."""

    def statements(self, *, partition: str, region: str, account: str) -> list[dict[str, Any]]:
        """What lets a role ask it, and nothing else.

        A profile chooses among regions that only AWS knows, so its model may be asked in each, but only through the
        profile ("Prerequisites for inference profiles" in the Amazon Bedrock User Guide).

        Raises:
            ConfigError: which model is behind it cannot be known from its name.
        """
        arn, kind, identity = self._parts(partition, self.region or region, account)
        statement = {"Sid": "Judge", "Effect": "Allow", "Action": [_ACTION], "Resource": arn}
        if kind != "inference-profile":
            return [statement]
        found = _PROFILE.fullmatch(identity)
        if found is None:
            raise ConfigError(
                f"--env GRADER_JUDGE_MODEL: which model is behind {one_line(self.name)} is not in its name; give a "
                "--role that may ask it"
            )
        behind = {
            "Sid": "JudgeBehindProfile",
            "Effect": "Allow",
            "Action": [_ACTION],
            "Resource": f"arn:{partition}:bedrock:*::foundation-model/{found['model']}",
            "Condition": {"StringEquals": {"bedrock:InferenceProfileArn": arn}},
        }
        return [statement, behind]

    def _parts(self, partition: str, region: str, account: str) -> tuple[str, str, str]:
        """ARN, kind, and id."""
        if found := _ARN.fullmatch(self.name):
            kind = "inference-profile" if found["kind"].endswith("inference-profile") else found["kind"]
            return self.name, kind, found["id"]
        place = f"arn:{partition}:bedrock:{region}"
        if _PROFILE.fullmatch(self.name):
            return f"{place}:{account}:inference-profile/{self.name}", "inference-profile", self.name
        return f"{place}::foundation-model/{self.name}", "foundation-model", self.name
