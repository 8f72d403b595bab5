"""ARNs of the model that a judge calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from grader.errors import ConfigError
from grader.text import one_line

__all__ = ["JudgeModel"]

_ARN: Final = re.compile(r"arn:[a-z-]+:bedrock:[a-z0-9-]*:\d*:(?P<kind>[a-z-]+)/(?P<id>.+)")
_PROFILE: Final = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|sa|il|me|af|global)\.(?P<model>[a-z0-9-]+\..+)")
"""Ids of cross-region inference profiles: an area, and the id of the model (Amazon Bedrock User Guide)."""


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """Model or inference profile of Amazon Bedrock."""

    name: str
    """Id or ARN of the model."""
    region: str | None = None
    """Region of the model; ``None`` for that of the function."""

    def arns(self, *, partition: str, region: str, account: str) -> tuple[str, str]:
        """Return the ARN that the function may invoke, and that of the model behind it if it is a profile, else "".

        A profile chooses among regions that only AWS knows, so its model may be called in each, but only through the
        profile ("Prerequisites for inference profiles" in the Amazon Bedrock User Guide).

        Raises:
            ConfigError: the name of a profile does not tell the model behind it.
        """
        arn, kind, identity = self._parts(partition, self.region or region, account)
        if kind != "inference-profile":
            return arn, ""
        found = _PROFILE.fullmatch(identity)
        if found is None:
            raise ConfigError(
                f"--env GRADER_JUDGE_MODEL: the model behind {one_line(self.name)} cannot be derived from its name; "
                "give a --role that may call it"
            )
        return arn, f"arn:{partition}:bedrock:*::foundation-model/{found['model']}"

    def _parts(self, partition: str, region: str, account: str) -> tuple[str, str, str]:
        """Return ARN, kind and id."""
        if found := _ARN.fullmatch(self.name):
            kind = "inference-profile" if found["kind"].endswith("inference-profile") else found["kind"]
            return self.name, kind, found["id"]
        prefix = f"arn:{partition}:bedrock:{region}"
        if _PROFILE.fullmatch(self.name):
            return f"{prefix}:{account}:inference-profile/{self.name}", "inference-profile", self.name
        return f"{prefix}::foundation-model/{self.name}", "foundation-model", self.name
