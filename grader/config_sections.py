"""The sections of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grader.setting import TEXT, Choice, Number, Section, SettingError, setting
from sandbox.limits import Limits
from testcases.store_settings import StoreSettings

__all__ = [
    "COUNT", "MB", "SECONDS", "SHARE",
    "Credit", "JudgeConfig", "LimitsConfig", "RewardConfig", "StoreConfig", "StyleGate",
]  # fmt: skip

_LIMITS = Limits()
_STORE = StoreSettings()
MB = 1024 * 1024
POSITIVE = Number(above=0)
_PARTS = "syntax, functional, style and judge"
SHARE = Number(least=0, most=1)
COUNT, COUNT_OR_NONE = Number(least=1, whole=True), Number(least=0, whole=True)
SECONDS = Number(least=0)


class Credit(StrEnum):
    """What passed tests earn."""

    FRACTION = "fraction"
    """The passed share of the tests."""
    ALL = "all"
    """1 when all pass, else 0."""
    ABOVE_CONSTANT = "above_constant"
    """The passed share above what the best constant answer would get, stretched to [0, 1]."""


class StyleGate(StrEnum):
    """Who earns style."""

    NONE = "none"
    """Every answer that parses and is no stub."""
    FUNCTIONAL = "functional"
    """Only answers that pass at least one test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardConfig(Section):
    """How the parts add up."""

    syntax: float = setting(0.3, SHARE)
    functional: float = setting(0.5, SHARE)
    style: float = setting(0.2, SHARE)
    judge: float = setting(0.0, SHARE)
    credit: Credit = setting(Credit.FRACTION, Choice(Credit))
    style_gate: StyleGate = setting(StyleGate.NONE, Choice(StyleGate))

    def check(self) -> None:
        """Hold the sum of the weights against the range of a reward."""
        total = self.syntax + self.functional + self.style + self.judge
        if not 0 < total <= 1 + 1e-9:
            raise SettingError(
                "",
                f"the weights {_PARTS} add up to {total:g}; more than 0 and at most 1 is wanted",
                together=True,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig(Section):
    """What one sample may use up, unless its problem says otherwise; see `sandbox.limits.Limits`."""

    cpu_s: float = setting(_LIMITS.cpu_s, POSITIVE)
    total_cpu_s: float = setting(_LIMITS.total_cpu_s, POSITIVE)
    wall_s: float = setting(_LIMITS.wall_s, POSITIVE)
    memory_mb: int = setting(_LIMITS.memory_mb, COUNT)
    output_kb: int = setting(_LIMITS.output_kb, COUNT)
    timeouts: int = setting(_LIMITS.timeouts, COUNT)
    restarts: int = setting(_LIMITS.restarts, COUNT_OR_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig(Section):
    """How references that are kept elsewhere are fetched; see `testcases.store.StoreSettings`."""

    file_root: str = setting("", TEXT)
    """Folder of the files that references may name; empty is that of the data file on the command line, else none."""
    timeout_s: float = setting(_STORE.timeout_s, POSITIVE)
    threads: int = setting(_STORE.threads, Number(least=1, most=64, whole=True))
    max_object_mb: int = setting(_STORE.max_object_bytes // MB, COUNT)
    cache_mb: int = setting(_STORE.cache_bytes // MB, COUNT_OR_NONE)
    revalidate_s: float = setting(_STORE.revalidate_s, SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig(Section):
    """Who rates what tests cannot see, and how; see `grader.judge`."""

    model: str = setting("", TEXT)
    """Id or ARN of a model, or of an inference profile, of Amazon Bedrock; empty is no judge."""
    region: str = setting("", TEXT)
    """Where it is asked; empty is where the AWS client is otherwise."""
    max_tokens: int = setting(256, Number(least=16, most=4096, whole=True))
    """Of a reply; a model that reasons before needs more than the rating itself."""
    max_chars: int = setting(20_000, COUNT)
    """Longer answers are not rated; of longer requests the middle is left out."""
    timeout_s: float = setting(20.0, POSITIVE)
    """For one rating, all attempts together."""
    threads: int = setting(8, Number(least=1, most=64, whole=True))
    """How many are asked for at a time."""
    missing: float = setting(0.0, SHARE)
    """What a rating that could not be had counts as."""
