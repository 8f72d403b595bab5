"""The grader's configuration: data, read once from a TOML file and the environment."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from grader.config.cpus import usable_cpus
from grader.config.reward import SHARE, Credit, RewardConfig, RewardPreset, StyleGate
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
    "RewardPreset",
    "RolloutConfig",
    "StoreConfig",
    "StyleGate",
    "default_workers",
    "lambda_workers",
]


_LIMITS = Limits()
MB = 1024 * 1024
POSITIVE = Number(exclusive_minimum=0)
COUNT, NATURAL = Number(minimum=1, integer=True), Number(minimum=0, integer=True)
SECONDS = Number(minimum=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig(Section):
    """Limits of one sample, unless its problem sets others; see `sandbox.wire.limits.Limits`."""

    cpu_s: float = setting(_LIMITS.cpu_s, POSITIVE)
    total_cpu_s: float = setting(_LIMITS.total_cpu_s, POSITIVE)
    wall_s: float = setting(_LIMITS.wall_s, POSITIVE)
    memory_mb: int = setting(_LIMITS.memory_mb, COUNT)
    output_kb: int = setting(_LIMITS.output_kb, COUNT)
    timeouts: int = setting(_LIMITS.timeouts, COUNT)
    restarts: int = setting(_LIMITS.restarts, NATURAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig(Section):
    """Settings for references that are kept in S3 or in files; see `grader.references.store`."""

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
    """The model that rates what tests cannot see, and its limits; see `grader.judge`."""

    model: str = setting("", TEXT)
    """Id or ARN of a model or an inference profile of Amazon Bedrock; empty for no judge."""
    region: str = setting("", TEXT)
    """AWS region of the model; empty for that of the AWS client."""
    max_tokens: int = setting(256, Number(minimum=16, maximum=4096, integer=True))
    """Tokens of a reply; a model that reasons first needs more than the rating itself."""
    max_chars: int = setting(20_000, COUNT)
    """Length above which answers are not rated, and requests lose their middle."""
    timeout_s: float = setting(20.0, POSITIVE)
    """Seconds for one rating, all attempts together."""
    threads: int = setting(8, Number(minimum=1, maximum=64, integer=True))
    """Ratings requested at a time."""
    missing: float = setting(0.0, SHARE)
    """Rating that a failed request counts as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutConfig(Section):
    """Settings of the agent for multi-turn RL; see `grader.rollout`."""

    turns: int = setting(3, Number(minimum=1, maximum=32, integer=True))
    """Answers that the model is asked for in one rollout, at most."""
    visible_tests: int = setting(0, NATURAL)
    """Tests, from the first on, whose failures the model is told, unless the task says how many."""
    rewards: Literal["last", "turns"] = setting("last", Choice("last", "turns"))
    """``last`` to report the reward of the last answer, ``turns`` for one of each turn."""
    max_tokens: int = setting(0, NATURAL)
    """Tokens of one answer; 0 for what the job says."""
    sample_s: float = setting(300.0, POSITIVE)
    """Seconds to wait for one answer, all attempts together."""


ENVIRONMENT_PREFIX = "GRADER_"
_CONFIG_VARIABLE = "GRADER_CONFIG"
_RENAMED = {"lanes": "workers"}
"""Former keys of settings and their present ones, as in ``"limits.cpu": "limits.cpu_s"``; they work, with a warning."""
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
        "rollout": RolloutConfig,
    }

    reward: RewardConfig = RewardConfig()  # noqa: RUF009 - it is frozen
    limits: LimitsConfig = LimitsConfig()
    store: StoreConfig = StoreConfig()
    judge: JudgeConfig = JudgeConfig()
    rollout: RolloutConfig = RolloutConfig()
    unscored: Literal["raise", "zero"] | float = setting("zero", Either(Choice("raise", "zero"), SHARE))
    """Result for a sample that the grader could not score: an error for the whole batch, 0, or a value in [0, 1]."""
    envelope: Literal["auto", "list", "http"] = setting("auto", Choice("auto", "list", "http"))
    """Form of the Lambda's response: a bare list, or wrapped as HTTP; ``auto`` follows the event."""
    policy: Policy = setting(Policy.STANDARD, Choice(*Policy))
    """Strictness of the static policy that sources must pass before they run."""
    allow_imports: tuple[str, ...] = setting((), NAMES)
    """Modules that the policy allows answers to import besides the usual ones."""
    preload: tuple[str, ...] = setting((), NAMES)
    """Modules that answers find besides the preloaded standard library; pure Python, loaded once."""
    isolation: Literal["auto"] | Tier = setting("auto", Either(Choice("auto"), Choice(*Tier)))
    """Isolation tier; ``auto`` for the best that the host supports."""
    require_isolation: Tier | None = setting(None, Choice(*Tier))
    """Tier below which the grader does not start."""
    credentials: Literal["keep", "drop"] = setting("keep", Choice("keep", "drop"))
    """``keep`` if the entry point of the image keeps the AWS credentials in memory; references in S3 need them."""
    workers: int = setting(0, Number(minimum=0, maximum=256, integer=True))
    """Answers that run at a time; 0 for one for each CPU that this process may use."""
    max_source_kb: int = setting(64, COUNT)
    """KiB above which answers are refused before they are parsed."""
    max_completion_chars: int = setting(262_144, COUNT)
    """Length above which completions are not searched for code."""
    deadline_margin_s: float = setting(0.5, SECONDS)
    """Seconds before the caller's deadline at which the results are ready."""
    log_samples: LogSamples = setting("brief", Choice("off", "brief", "full"))
    """Log line of each sample: ``off`` for unscored samples only, ``brief`` for numbers, ``full`` for answer and tests,
    too."""

    def check(self) -> None:
        """Check that a judge whose rating counts can be called."""
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
        """Return the limits in the form that the sandbox takes."""
        return Limits(**asdict(self.limits))

    def preloaded(self) -> tuple[str, ...]:
        """Return all modules that are loaded before an answer runs."""
        return (*SOLUTION_PRELOAD, *self.preload)


def default_workers(environ: Mapping[str, str]) -> int:
    """Return the number of usable CPUs (`grader.config.cpus`), in Lambda at most those that its memory buys."""
    cpus = usable_cpus()
    memory_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if memory_mb.isdecimal():
        cpus = min(cpus, lambda_workers(int(memory_mb)))
    return cpus


def lambda_workers(memory_mb: int) -> int:
    """Return the number of workers of a Lambda function with so much memory in MB."""
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
    """Put the settings of the environment over those of the file; return the variable of each key."""
    renamed = {_variable(old): _variable(new) for old, new in _RENAMED.items()}
    keys = _keys_by_variable()
    keys |= {old: keys[new] for old, new in renamed.items()}
    variables = {}
    for variable, text in environ.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == _CONFIG_VARIABLE:
            continue
        # Of a setting under both names, the present one counts.
        if variable in renamed:
            _warn_renamed(f"environment: {variable}", renamed[variable])
            if renamed[variable] in environ:
                continue
        if variable not in keys:
            known = keys.keys() - renamed.keys()
            nearest = _suggestion(variable.removeprefix(ENVIRONMENT_PREFIX), known, prefix=ENVIRONMENT_PREFIX)
            raise ConfigError(f"environment: {variable} is not a setting; {nearest}")
        *sections, key = keys[variable]
        table = _table(tree, sections)
        if table is not None:
            table[key] = _split_names(text) if key in {"allow_imports", "preload"} else text
        variables[".".join(keys[variable])] = variable
    return variables


def _rename_keys(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    """Give settings of a file their present names."""
    for old, new in _RENAMED.items():
        old_section, _, old_name = old.rpartition(".")
        table: Any = tree.get(old_section) if old_section else tree
        if not isinstance(table, dict) or old_name not in table:
            continue
        _warn_renamed(f"{path}: {old}", new)
        value = table.pop(old_name)
        # The section itself may be one that exists no more, and an unknown key even when it is empty.
        if old_section and not table:
            del tree[old_section]
        *new_sections, new_name = new.split(".")
        target = _table(tree, new_sections)
        if target is not None:
            target.setdefault(new_name, value)
    return tree


def _table(tree: dict[str, Any], sections: Iterable[str]) -> dict[str, Any] | None:
    """Return the table of a section, made if it is missing; ``None`` where a value stands in its place."""
    table: Any = tree
    for section in sections:
        # The check of the whole reports the value that stands in the place of the section.
        if not isinstance(table, dict):
            return None
        table = table.setdefault(section, {})
    return table if isinstance(table, dict) else None


def _warn_renamed(origin: str, new: str) -> None:
    import logging  # noqa: PLC0415 - rarely wanted

    logging.getLogger("grader.config").warning("%s is the former name of %s; use that", origin, new)


def _variable(key: str) -> str:
    """Return the environment variable of a setting; its key has a dot behind the section, if it has one."""
    return f"{ENVIRONMENT_PREFIX}{key.replace('.', '_')}".upper()


def _split_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _keys_by_variable() -> dict[str, tuple[str, ...]]:
    """Return the keys of all settings by their environment variables."""
    keys: dict[str, tuple[str, ...]] = {}
    for name, section in GraderConfig.SECTIONS.items():
        keys |= {f"{ENVIRONMENT_PREFIX}{name}_{key}".upper(): (name, key) for key in field_types(section)}
    return keys | {f"{ENVIRONMENT_PREFIX}{name}".upper(): (name,) for name in field_types(GraderConfig)}


def _suggestion(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    import difflib  # noqa: PLC0415 - slow to import, and for mistakes only

    near = difflib.get_close_matches(name, [one.removeprefix(prefix) for one in known], n=1)
    return f"did you mean {prefix}{near[0]}?" if near else "see docs/configuration.md"


def _error_text(error: SettingError, path: Path | None, variables: Mapping[str, str]) -> str:
    """Describe an error in one line: the file or variable, the key, and what is expected."""
    origin = f"{path}: {error.key if error.key.isprintable() else ascii(error.key)}"
    if error.whole_section:
        # The weights together are wrong: name the variables that changed any of them.
        own_variables = [variable for key, variable in variables.items() if key.startswith(f"{error.key}.")]
        origin = f"environment: {', '.join(own_variables)}" if own_variables else origin
    elif error.key in variables:
        origin = f"environment: {variables[error.key]}"
    hint = (
        f"; {_suggestion(error.key, map('.'.join, _keys_by_variable().values()))}"
        if isinstance(error, UnknownKeyError)
        else ""
    )
    return f"{origin}: {error.message}{hint}"
