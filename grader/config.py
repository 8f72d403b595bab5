"""The grader's configuration: data, read once at the edge."""

from __future__ import annotations

import difflib
import os
import reprlib
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from grader.config_words import in_words, resolved
from grader.errors import ConfigError
from sandbox.analysis import Policy
from sandbox.limits import Limits
from sandbox.preload import SOLUTION_PRELOAD
from sandbox.walls.report import Tier
from testcases.store import StoreSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "ENVIRONMENT_PREFIX",
    "Credit",
    "GraderConfig",
    "LimitsConfig",
    "RewardConfig",
    "StoreConfig",
    "StyleGate",
    "default_lanes",
]

ENVIRONMENT_PREFIX = "GRADER_"
_CONFIG_VARIABLE = "GRADER_CONFIG"
_LAMBDA_MB_PER_CPU = 1769
"""Memory that buys one CPU (AWS Lambda, "Configure function memory": at 1,769 MB a function has one vCPU)."""

_LIMITS = Limits()
_STORE = StoreSettings()
_MB = 1024 * 1024
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_switches(cls, value: Any) -> Any:
        """No setting is a switch, and ``true`` would else be taken for 1."""
        if isinstance(value, bool):
            raise ValueError("true and false mean nothing here")  # noqa: TRY004 - pydantic passes on no TypeError
        return value


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


class RewardConfig(_Section):
    """How the parts add up."""

    syntax: Weight = 0.3
    functional: Weight = 0.5
    style: Weight = 0.2
    credit: Credit = Credit.FRACTION
    style_gate: StyleGate = StyleGate.NONE

    @model_validator(mode="after")
    def _weights_add_up(self) -> RewardConfig:
        total = self.syntax + self.functional + self.style
        if not 0 < total <= 1 + 1e-9:
            raise ValueError(
                f"the weights syntax, functional and style add up to {total:g}; more than 0 and at most 1 is wanted"
            )
        return self


class LimitsConfig(_Section):
    """What one sample may use up, unless its problem says otherwise; see `sandbox.limits.Limits`."""

    cpu_s: Positive = _LIMITS.cpu_s
    total_cpu_s: Positive = _LIMITS.total_cpu_s
    wall_s: Positive = _LIMITS.wall_s
    memory_mb: Annotated[int, Field(ge=1)] = _LIMITS.memory_mb
    output_kb: Annotated[int, Field(ge=1)] = _LIMITS.output_kb
    timeouts: Annotated[int, Field(ge=1)] = _LIMITS.timeouts
    restarts: Annotated[int, Field(ge=0)] = _LIMITS.restarts


class StoreConfig(_Section):
    """How references that are kept elsewhere are fetched; see `testcases.store.StoreSettings`."""

    file_root: str = ""
    """Folder of the files that references may name; empty is that of the data file on the command line, else none."""
    timeout_s: Positive = _STORE.timeout_s
    threads: Annotated[int, Field(ge=1, le=64)] = _STORE.threads
    max_object_mb: Annotated[int, Field(ge=1)] = _STORE.max_object_bytes // _MB
    cache_mb: Annotated[int, Field(ge=0)] = _STORE.cache_bytes // _MB
    revalidate_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = _STORE.revalidate_s


class GraderConfig(_Section):
    """Everything that can be set.

    Each setting has a key in the TOML file and a variable in the environment: ``cpu_s`` in the table ``[limits]`` is
    ``GRADER_LIMITS_CPU_S``. The environment wins.
    """

    reward: RewardConfig = RewardConfig()
    limits: LimitsConfig = LimitsConfig()
    store: StoreConfig = StoreConfig()
    unscored: Literal["raise", "zero"] | Weight = "zero"
    """What a sample the grader could not score becomes: an error for the whole batch, 0, or a value in [0, 1]."""
    envelope: Literal["auto", "list", "http"] = "auto"
    """How the Lambda answers: a bare list, or wrapped as HTTP; ``auto`` goes by the event."""
    policy: Policy = Policy.STANDARD
    """How strictly sources are read before they may run."""
    allow_imports: tuple[str, ...] = ()
    """Modules the policy lets answers import besides the usual ones."""
    preload: tuple[str, ...] = ()
    """Modules answers find besides the preloaded standard library; plain Python, loaded once."""
    isolation: Literal["auto"] | Tier = "auto"
    """The tier to use; ``auto`` is the best the host has."""
    require_isolation: Tier | None = None
    """Refuse to start below this tier."""
    credentials: Literal["keep", "drop"] = "keep"
    """Whether the image's entry point keeps the AWS credentials, in memory only; references kept in S3 need them."""
    lanes: Annotated[int, Field(ge=0, le=256)] = 0
    """How many answers run at a time; 0 is one for each CPU this process may use."""
    max_source_kb: Annotated[int, Field(ge=1)] = 64
    """Larger answers are refused before they are parsed."""
    max_completion_chars: Annotated[int, Field(ge=1)] = 1_048_576
    """Longer completions are not looked at."""
    deadline_margin_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """Seconds before the caller's deadline by which the results are ready."""

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
        tree = _read_toml(path) if path is not None else {}
        variables = _overlay(tree, environ)
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            raise ConfigError(_explain(error, path, variables)) from None

    def sandbox_limits(self) -> Limits:
        """The limits as the sandbox takes them."""
        return Limits(**self.limits.model_dump())

    def store_settings(self, file_root: Path | None = None) -> StoreSettings:
        """The settings as the store takes them.

        Args:
            file_root: folder of files where the setting names none; ``None``: no files.
        """
        return StoreSettings(
            root=Path(self.store.file_root) if self.store.file_root else file_root,
            timeout_s=self.store.timeout_s,
            threads=self.store.threads,
            max_object_bytes=self.store.max_object_mb * _MB,
            cache_bytes=self.store.cache_mb * _MB,
            revalidate_s=self.store.revalidate_s,
        )

    def preloaded(self) -> tuple[str, ...]:
        """Every module an answer finds."""
        return (*SOLUTION_PRELOAD, *self.preload)


def default_lanes(environ: Mapping[str, str]) -> int:
    """How many CPUs there are to use: those of the affinity mask; in Lambda no more than its memory buys."""
    cpus = len(os.sched_getaffinity(0))
    memory_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if memory_mb.isdecimal():
        cpus = min(cpus, max(1, round(int(memory_mb) / _LAMBDA_MB_PER_CPU)))
    return cpus


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _overlay(tree: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment's settings over the file's; which variable gave which key."""
    keys = _keys()
    variables = {}
    for variable, text in environ.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == _CONFIG_VARIABLE:
            continue
        if variable not in keys:
            nearest = _nearest(variable.removeprefix(ENVIRONMENT_PREFIX), keys, prefix=ENVIRONMENT_PREFIX)
            raise ConfigError(f"environment: {variable} is no setting; {nearest}")
        *sections, key = keys[variable]
        table: Any = tree
        for section in sections:
            table = table.setdefault(section, {})
        if isinstance(table, dict):  # the file may have anything in a section's place, which validation then tells
            table[key] = _names(text) if key in {"allow_imports", "preload"} else text
        variables[".".join(keys[variable])] = variable
    return variables


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _keys() -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {}
    for name, field in GraderConfig.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            keys |= {f"{ENVIRONMENT_PREFIX}{name}_{key}".upper(): (name, key) for key in section.model_fields}
        else:
            keys[f"{ENVIRONMENT_PREFIX}{name}".upper()] = (name,)
    return keys


def _nearest(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    near = difflib.get_close_matches(name, [one.removeprefix(prefix) for one in known], n=1)
    return f"did you mean {prefix}{near[0]}?" if near else "see docs/configuration.md"


def _explain(error: ValidationError, path: Path | None, variables: Mapping[str, str]) -> str:
    """The first thing that is wrong, in one line: where it was said, and what is wanted there."""
    first = error.errors(include_url=False)[0]
    key = ".".join(_setting(first["loc"]))
    in_file = f"{path}: {key if key.isprintable() else ascii(key)}"
    origin = f"environment: {variables[key]}" if key in variables else in_file
    if first["type"] == "extra_forbidden":
        return f"{origin}: unknown key; {_nearest(key, map('.'.join, _keys().values()))}"
    if first["type"] == "value_error" and isinstance(first["input"], dict):
        said_by = [variable for said, variable in variables.items() if said.startswith(f"{key}.")]
        origin = f"environment: {', '.join(said_by)}" if said_by else in_file
        return f"{origin}: {first['ctx']['error']}"
    schema = GraderConfig.model_json_schema()
    wanted = schema
    for part in key.split("."):
        wanted = resolved(wanted["properties"][part], schema)
    return f"{origin}: {in_words(wanted, schema)} is wanted, not {reprlib.repr(first['input'])}"


def _setting(place: Sequence[int | str]) -> list[str]:
    """The setting at a place in the data; what follows it there are pydantic's names for parts of a type."""
    model: Any = GraderConfig
    found = []
    for part in place:
        found.append(str(part))
        model = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(model, type) and issubclass(model, _Section)):
            break
    return found
