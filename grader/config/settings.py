"""The grader's configuration: data, read once from a TOML file and the environment."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from grader.config.schema import (
    NAMES,
    TEXT,
    Either,
    Section,
    SettingError,
    UnknownKeyError,
    field_types,
    setting,
)
from grader.errors import ConfigError
from sandbox.preload import SOLUTION_PRELOAD
from sandbox.types import Policy, Tier
from sandbox.wire.limits import Limits
from testcases.schema import Choice, Number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "COUNT",
    "ENVIRONMENT_PREFIX",
    "LAMBDA_MB_PER_CPU",
    "MB",
    "SECONDS",
    "SHARE",
    "Credit",
    "GraderConfig",
    "JudgeConfig",
    "LimitsConfig",
    "LogSamples",
    "RewardConfig",
    "StoreConfig",
    "StyleGate",
    "default_workers",
    "lambda_workers",
]


_LIMITS = Limits()
MB = 1024 * 1024
POSITIVE = Number(exclusive_minimum=0)
_WEIGHT_NAMES = "syntax, functional, style and judge"
SHARE = Number(minimum=0, maximum=1)
COUNT, NATURAL = Number(minimum=1, integer=True), Number(minimum=0, integer=True)
SECONDS = Number(minimum=0)


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
    credit: Credit = setting(Credit.FRACTION, Choice(*Credit))
    style_gate: StyleGate = setting(StyleGate.NONE, Choice(*StyleGate))

    def check(self) -> None:
        """Hold the sum of the weights against the range of a reward."""
        total = self.syntax + self.functional + self.style + self.judge
        if not 0 < total <= 1 + 1e-9:
            raise SettingError(
                "",
                f"the weights {_WEIGHT_NAMES} add up to {total:g}; more than 0 and at most 1 is wanted",
                whole_section=True,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig(Section):
    """What one sample may use up, unless its problem says otherwise; see `sandbox.wire.limits.Limits`."""

    cpu_s: float = setting(_LIMITS.cpu_s, POSITIVE)
    total_cpu_s: float = setting(_LIMITS.total_cpu_s, POSITIVE)
    wall_s: float = setting(_LIMITS.wall_s, POSITIVE)
    memory_mb: int = setting(_LIMITS.memory_mb, COUNT)
    output_kb: int = setting(_LIMITS.output_kb, COUNT)
    timeouts: int = setting(_LIMITS.timeouts, COUNT)
    restarts: int = setting(_LIMITS.restarts, NATURAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig(Section):
    """How references that are kept in S3 or in files are fetched; see `grader.references.store`."""

    file_root: str = setting("", TEXT)
    """Folder of the files that references may name; empty is the folder of the data file on the command line, and no
    files elsewhere."""
    timeout_s: float = setting(20.0, POSITIVE)
    """Seconds for one location, all attempts together."""
    threads: int = setting(8, Number(minimum=1, maximum=64, integer=True))
    """Locations fetched at a time."""
    max_object_mb: int = setting(64, COUNT)
    """MiB of one location, as it is stored and again as it is decompressed."""
    cache_mb: int = setting(256, NATURAL)
    """MiB of all references in memory."""
    revalidate_s: float = setting(60.0, SECONDS)
    """Seconds for which an object from S3 is used without asking whether it has changed."""

    def with_default_root(self, folder: Path | None) -> StoreConfig:
        """Return these settings with a folder of files, unless the settings name one."""
        return self if self.file_root or folder is None else replace(self, file_root=str(folder))

    @property
    def root(self) -> Path | None:
        """Folder of the files that references may name; ``None`` if no file may be read."""
        return Path(self.file_root) if self.file_root else None

    @property
    def max_object_bytes(self) -> int:
        """`max_object_mb` in bytes."""
        return self.max_object_mb * MB

    @property
    def cache_bytes(self) -> int:
        """`cache_mb` in bytes."""
        return self.cache_mb * MB


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig(Section):
    """Who rates what tests cannot see, and how; see `grader.judge`."""

    model: str = setting("", TEXT)
    """Id or ARN of a model, or of an inference profile, of Amazon Bedrock; empty is no judge."""
    region: str = setting("", TEXT)
    """Where it is asked; empty is where the AWS client is otherwise."""
    max_tokens: int = setting(256, Number(minimum=16, maximum=4096, integer=True))
    """Of a reply; a model that reasons before needs more than the rating itself."""
    max_chars: int = setting(20_000, COUNT)
    """Longer answers are not rated; of longer requests the middle is left out."""
    timeout_s: float = setting(20.0, POSITIVE)
    """For one rating, all attempts together."""
    threads: int = setting(8, Number(minimum=1, maximum=64, integer=True))
    """How many are asked for at a time."""
    missing: float = setting(0.0, SHARE)
    """What a rating that could not be had counts as."""


ENVIRONMENT_PREFIX = "GRADER_"
_CONFIG_VARIABLE = "GRADER_CONFIG"
_RENAMED = {"lanes": "workers"}
"""Former names of settings, which still work and say so."""
LAMBDA_MB_PER_CPU = 1769
"""Memory that buys one CPU (AWS Lambda, "Configure function memory": at 1,769 MB a function has one vCPU)."""

LogSamples: TypeAlias = Literal["off", "brief", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraderConfig(Section):
    """Everything that can be set.

    Each setting has a key in the TOML file and a variable in the environment: ``cpu_s`` in the table ``[limits]`` is
    ``GRADER_LIMITS_CPU_S``. The environment wins.
    """

    SECTIONS: ClassVar[dict[str, type[Section]]] = {
        "reward": RewardConfig,
        "limits": LimitsConfig,
        "store": StoreConfig,
        "judge": JudgeConfig,
    }

    reward: RewardConfig = RewardConfig()
    limits: LimitsConfig = LimitsConfig()
    store: StoreConfig = StoreConfig()
    judge: JudgeConfig = JudgeConfig()
    unscored: Literal["raise", "zero"] | float = setting("zero", Either(Choice("raise", "zero"), SHARE))
    """What a sample the grader could not score becomes: an error for the whole batch, 0, or a value in [0, 1]."""
    envelope: Literal["auto", "list", "http"] = setting("auto", Choice("auto", "list", "http"))
    """How the Lambda answers: a bare list, or wrapped as HTTP; ``auto`` goes by the event."""
    policy: Policy = setting(Policy.STANDARD, Choice(*Policy))
    """How strictly sources are read before they may run."""
    allow_imports: tuple[str, ...] = setting((), NAMES)
    """Modules the policy lets answers import besides the usual ones."""
    preload: tuple[str, ...] = setting((), NAMES)
    """Modules answers find besides the preloaded standard library; plain Python, loaded once."""
    isolation: Literal["auto"] | Tier = setting("auto", Either(Choice("auto"), Choice(*Tier)))
    """The tier to use; ``auto`` is the best the host has."""
    require_isolation: Tier | None = setting(None, Choice(*Tier))
    """Refuse to start below this tier."""
    credentials: Literal["keep", "drop"] = setting("keep", Choice("keep", "drop"))
    """Whether the image's entry point keeps the AWS credentials, in memory only; references kept in S3 need them."""
    workers: int = setting(0, Number(minimum=0, maximum=256, integer=True))
    """How many answers run at a time; 0 is one for each CPU this process may use."""
    max_source_kb: int = setting(64, COUNT)
    """Larger answers are refused before they are parsed."""
    max_completion_chars: int = setting(1_048_576, COUNT)
    """Longer completions are not looked at."""
    deadline_margin_s: float = setting(0.5, SECONDS)
    """Seconds before the caller's deadline by which the results are ready."""
    log_samples: LogSamples = setting("brief", Choice("off", "brief", "full"))
    """The log's line for each sample: none but of the unscored; numbers only; also the answer and what tests said."""

    def check(self) -> None:
        """See that a judge that counts can be asked."""
        if self.reward.judge > 0 and not self.judge.model:
            raise SettingError("reward.judge", "there is no judge: set judge.model, or leave its weight 0")
        if self.judge.model and self.credentials == "drop":
            raise SettingError("judge.model", "a judge needs the credentials: set credentials = keep, or name no model")

    @classmethod
    def load(cls, path: Path | None = None, environ: Mapping[str, str] | None = None) -> GraderConfig:
        """Read the configuration from a TOML file and the environment.

        Args:
            path: the file; ``None`` is the one ``GRADER_CONFIG`` names, if any.
            environ: the environment; ``None`` is this process's.

        Raises:
            ConfigError: the file cannot be read, or a key is unknown or its value out of range; names the key.
        """
        environ = os.environ if environ is None else environ
        if path is None and environ.get(_CONFIG_VARIABLE):
            path = Path(environ[_CONFIG_VARIABLE])
        tree = _rename_keys(_read_toml(path), path) if path is not None else {}
        variables = _overlay_environment(tree, environ)
        try:
            return cls.from_dict(tree)
        except SettingError as error:
            raise ConfigError(_error_text(error, path, variables)) from None

    def sandbox_limits(self) -> Limits:
        """The limits as the sandbox takes them."""
        return Limits(**asdict(self.limits))

    def preloaded(self) -> tuple[str, ...]:
        """Every module an answer finds."""
        return (*SOLUTION_PRELOAD, *self.preload)


def default_workers(environ: Mapping[str, str]) -> int:
    """How many CPUs there are to use: those of the affinity mask; in Lambda no more than its memory buys."""
    cpus = len(os.sched_getaffinity(0))
    memory_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if memory_mb.isdecimal():
        cpus = min(cpus, lambda_workers(int(memory_mb)))
    return cpus


def lambda_workers(memory_mb: int) -> int:
    """How many lanes a Lambda function with so much memory has."""
    return max(1, round(memory_mb / LAMBDA_MB_PER_CPU))


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - slow to import, and most graders have no file

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _overlay_environment(tree: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment's settings over the file's; which variable gave which key."""
    renamed = {_variable(old): _variable(new) for old, new in _RENAMED.items()}
    keys = _keys_by_variable()
    keys |= {old: keys[new] for old, new in renamed.items()}
    variables = {}
    for variable, text in environ.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == _CONFIG_VARIABLE:
            continue
        if variable in renamed:
            _warn_renamed(f"environment: {variable}", renamed[variable])
            if renamed[variable] in environ:
                continue
        if variable not in keys:
            known = keys.keys() - renamed.keys()
            nearest = _suggestion(variable.removeprefix(ENVIRONMENT_PREFIX), known, prefix=ENVIRONMENT_PREFIX)
            raise ConfigError(f"environment: {variable} is no setting; {nearest}")
        *sections, key = keys[variable]
        table: Any = tree
        for section in sections:
            table = table.setdefault(section, {})
        if isinstance(table, dict):  # the file may have anything in a section's place, which validation then tells
            table[key] = _split_names(text) if key in {"allow_imports", "preload"} else text
        variables[".".join(keys[variable])] = variable
    return variables


def _rename_keys(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    """Give settings of a file their present names."""
    for old, new in _RENAMED.items():
        if old in tree:
            _warn_renamed(f"{path}: {old}", new)
            value = tree.pop(old)
            tree.setdefault(new, value)
    return tree


def _warn_renamed(origin: str, new: str) -> None:
    import logging  # noqa: PLC0415 - rarely wanted

    logging.getLogger("grader.config").warning("%s is the former name of %s; use that", origin, new)


def _variable(key: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{key}".upper()


def _split_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _keys_by_variable() -> dict[str, tuple[str, ...]]:
    """The keys of all settings, by their variables."""
    keys: dict[str, tuple[str, ...]] = {}
    for name, section in GraderConfig.SECTIONS.items():
        keys |= {f"{ENVIRONMENT_PREFIX}{name}_{key}".upper(): (name, key) for key in field_types(section)}
    return keys | {f"{ENVIRONMENT_PREFIX}{name}".upper(): (name,) for name in field_types(GraderConfig)}


def _suggestion(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    import difflib  # noqa: PLC0415 - slow to import, and for mistakes only

    near = difflib.get_close_matches(name, [one.removeprefix(prefix) for one in known], n=1)
    return f"did you mean {prefix}{near[0]}?" if near else "see docs/configuration.md"


def _error_text(error: SettingError, path: Path | None, variables: Mapping[str, str]) -> str:
    """What is wrong, in one line: where it was said, and what is wanted there."""
    origin = f"{path}: {error.key if error.key.isprintable() else ascii(error.key)}"
    if error.whole_section:
        said_by = [variable for said, variable in variables.items() if said.startswith(f"{error.key}.")]
        origin = f"environment: {', '.join(said_by)}" if said_by else origin
    elif error.key in variables:
        origin = f"environment: {variables[error.key]}"
    hint = (
        f"; {_suggestion(error.key, map('.'.join, _keys_by_variable().values()))}"
        if isinstance(error, UnknownKeyError)
        else ""
    )
    return f"{origin}: {error.message}{hint}"
