"""Settings: where they come from, what they may be, and what is said of a mistake."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import grader.config.cpus as config_cpus
import grader.config.settings as config_settings
from grader.config.schema import SettingError, field_types
from grader.config.settings import (
    Credit,
    GraderConfig,
    LimitsConfig,
    RewardConfig,
    RewardPreset,
    StoreConfig,
    StyleGate,
    _keys_by_variable,
    default_workers,
)
from grader.errors import ConfigError
from sandbox.preload import SOLUTION_PRELOAD
from sandbox.types import Policy, Tier
from sandbox.wire.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
VARIABLES = {variable: ".".join(key) for variable, key in _keys_by_variable().items()}
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in DOCUMENT.partition("## All settings")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., GraderConfig]:
    """Loads a configuration from the text of a file, called grader.toml, and variables."""

    def loading(toml: str | None = None, **environ: str) -> GraderConfig:
        if toml is None:
            return GraderConfig.load(None, environ)
        path = tmp_path / "grader.toml"
        path.write_text(toml, "utf-8")
        return GraderConfig.load(path, environ)

    return loading


@pytest.fixture
def complaint(load: Callable[..., GraderConfig], tmp_path: Path) -> Callable[..., str]:
    """The line in which a configuration is refused, without the folder of the file."""

    def refused(toml: str | None = None, **environ: str) -> str:
        with pytest.raises(ConfigError) as caught:
            load(toml, **environ)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return refused


def setting(config: GraderConfig, key: str) -> Any:
    value: Any = config
    for name in key.split("."):
        value = getattr(value, name)
    return value


class TestSources:
    def test_nothing_set_is_the_defaults(self, load: Callable[..., GraderConfig]) -> None:
        assert load() == load("") == GraderConfig()

    def test_a_file(self, load: Callable[..., GraderConfig]) -> None:
        config = load('unscored = "raise"\nworkers = 3\n[reward]\nstyle = 0\ncredit = "all"\n[limits]\ncpu_s = 1\n')
        assert config == GraderConfig(
            unscored="raise",
            workers=3,
            reward=RewardConfig(style=0.0, credit=Credit.ALL),
            limits=LimitsConfig(cpu_s=1.0),
        )

    def test_the_environment(self, load: Callable[..., GraderConfig]) -> None:
        config = load(
            GRADER_REWARD_STYLE_GATE="functional",
            GRADER_LIMITS_MEMORY_MB="128",
            GRADER_POLICY="off",
            GRADER_REQUIRE_ISOLATION="rlimit",
            GRADER_DEADLINE_MARGIN_S="0",
            PATH="/bin",
            AGRADER_WORKERS="x",
        )
        assert config == GraderConfig(
            reward=RewardConfig(style_gate=StyleGate.FUNCTIONAL),
            limits=LimitsConfig(memory_mb=128),
            policy=Policy.OFF,
            require_isolation=Tier.RLIMIT,
            deadline_margin_s=0.0,
        )

    def test_the_environment_wins_key_by_key(self, load: Callable[..., GraderConfig]) -> None:
        config = load("workers = 3\n[limits]\ncpu_s = 1\nwall_s = 2\n", GRADER_WORKERS="4", GRADER_LIMITS_CPU_S="7")
        assert (config.workers, config.limits.cpu_s, config.limits.wall_s) == (4, 7.0, 2.0)

    def test_a_former_name_still_works_and_says_so(
        self, load: Callable[..., GraderConfig], caplog: pytest.LogCaptureFixture
    ) -> None:
        assert load("lanes = 3\n").workers == 3
        assert load("workers = 2\n", GRADER_LANES="4").workers == 4
        shown_error = [record.getMessage().rpartition("/")[2] for record in caplog.records]
        assert shown_error == [
            "grader.toml: lanes is the former name of workers; use that",
            "environment: GRADER_LANES is the former name of GRADER_WORKERS; use that",
        ]

    def test_the_present_name_wins_over_the_former_one(self, load: Callable[..., GraderConfig]) -> None:
        assert load("lanes = 3\nworkers = 5\n").workers == 5
        assert load(GRADER_LANES="3", GRADER_WORKERS="5").workers == 5

    def test_a_former_name_with_a_wrong_value_is_named_as_it_was_given(self, complaint: Callable[..., str]) -> None:
        assert complaint(GRADER_LANES="x").startswith("environment: GRADER_LANES: a whole number")

    def test_a_setting_of_a_section_can_be_renamed(
        self, load: Callable[..., GraderConfig], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(config_settings, "_RENAMED", {"limits.cpu": "limits.cpu_s"})
        assert load("[limits]\ncpu = 3\n").limits.cpu_s == 3
        assert load("[limits]\ncpu = 3\n", GRADER_LIMITS_CPU="4").limits.cpu_s == 4
        assert load("[limits]\ncpu = 3\ncpu_s = 5\n").limits.cpu_s == 5
        assert load(GRADER_LIMITS_CPU="4", GRADER_LIMITS_CPU_S="6").limits.cpu_s == 6
        messages = {record.getMessage().rpartition("/")[2] for record in caplog.records}
        assert messages == {
            "grader.toml: limits.cpu is the former name of limits.cpu_s; use that",
            "environment: GRADER_LIMITS_CPU is the former name of GRADER_LIMITS_CPU_S; use that",
        }

    def test_a_renamed_setting_can_move_to_another_section(
        self, load: Callable[..., GraderConfig], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(config_settings, "_RENAMED", {"gone.cpu": "limits.cpu_s", "limits.slots": "workers"})
        config = load("[gone]\ncpu = 3\n[limits]\nslots = 7\n")
        assert (config.limits.cpu_s, config.workers) == (3, 7)
        config = load(GRADER_GONE_CPU="4", GRADER_LIMITS_SLOTS="8")
        assert (config.limits.cpu_s, config.workers) == (4, 8)

    def test_a_former_name_of_a_section_with_a_wrong_value_is_named_as_it_was_given(
        self, complaint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(config_settings, "_RENAMED", {"limits.cpu": "limits.cpu_s"})
        assert complaint(GRADER_LIMITS_CPU="x").startswith("environment: GRADER_LIMITS_CPU: ")
        assert ": limits: " in complaint("limits = 3\n")

    def test_the_environment_can_put_a_file_right(self, load: Callable[..., GraderConfig]) -> None:
        assert load("workers = -3\n", GRADER_WORKERS="4").workers == 4

    def test_the_environment_may_name_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_text("workers = 5\n")
        (tmp_path / "b.toml").write_text("workers = 6\n")
        named = {"GRADER_CONFIG": str(tmp_path / "a.toml")}
        assert GraderConfig.load(None, named).workers == 5
        assert GraderConfig.load(tmp_path / "b.toml", named).workers == 6
        assert GraderConfig.load(None, {"GRADER_CONFIG": ""}) == GraderConfig()

    def test_this_process_s_environment_is_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in [name for name in os.environ if name.startswith("GRADER_")]:
            monkeypatch.delenv(variable)
        monkeypatch.setenv("GRADER_WORKERS", "9")
        assert GraderConfig.load().workers == 9

    def test_lists_have_commas_in_the_environment(self, load: Callable[..., GraderConfig]) -> None:
        config = load("preload = ['x']\n", GRADER_ALLOW_IMPORTS="numpy, pandas.core ,", GRADER_PRELOAD="")
        assert config.allow_imports == ("numpy", "pandas.core")
        assert config.preload == ()

    def test_a_configuration_does_not_change(self) -> None:
        with pytest.raises(FrozenInstanceError):
            GraderConfig().workers = 3  # type: ignore[misc]  # that it cannot be set is what is tried

    @pytest.mark.parametrize("variable", [name for name in VARIABLES if name != "GRADER_REQUIRE_ISOLATION"])
    def test_every_default_can_be_said_in_the_environment(
        self, load: Callable[..., GraderConfig], variable: str
    ) -> None:
        default = setting(GraderConfig(), VARIABLES[variable])
        text = ",".join(default) if isinstance(default, tuple) else str(default)
        assert load(**{variable: text}) == GraderConfig()


class TestUnscored:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("raise", "raise"), ("zero", "zero"), ("0.25", 0.25), ("0", 0.0), ("1", 1.0), ("1e-3", 0.001)],
    )
    def test_from_the_environment(self, load: Callable[..., GraderConfig], text: str, value: object) -> None:
        found = load(GRADER_UNSCORED=text).unscored
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize(
        ("toml", "value"), [('"raise"', "raise"), ('"zero"', "zero"), ("0.3", 0.3), ("0", 0.0), ("1", 1.0)]
    )
    def test_from_a_file(self, load: Callable[..., GraderConfig], toml: str, value: object) -> None:
        found = load(f"unscored = {toml}\n").unscored
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize("text", ["1.5", "-0.1", "nan", "inf", "Zero", "none", ""])
    def test_out_of_range(self, complaint: Callable[..., str], text: str) -> None:
        wanted = '"raise" or "zero" or a number from 0 to 1 is wanted'
        assert complaint(GRADER_UNSCORED=text) == f"environment: GRADER_UNSCORED: {wanted}, not {text!r}"

    @pytest.mark.parametrize(("toml", "shown"), [("1.5", "1.5"), ("nan", "nan"), ("true", "True"), ("[]", "[]")])
    def test_out_of_range_in_a_file(self, complaint: Callable[..., str], toml: str, shown: str) -> None:
        wanted = '"raise" or "zero" or a number from 0 to 1 is wanted'
        assert complaint(f"unscored = {toml}\n") == f"grader.toml: unscored: {wanted}, not {shown}"


class TestMistakes:
    @pytest.mark.parametrize(
        ("toml", "said"),
        [
            ("worker = 1", "worker: unknown key; did you mean workers?"),
            ("[reward]\nsyntaxx = 1", "reward.syntaxx: unknown key; did you mean reward.syntax?"),
            ("[Reward]\nsyntax = 1", "Reward: unknown key"),
            ("WORKERS = 1", "WORKERS: unknown key; see docs/configuration.md"),
            ('"a\\nb\\u001b" = 1', "'a\\nb\\x1b': unknown key; see docs/configuration.md"),
            ("[workers]\nx = 1", "workers: a whole number from 0 to 256 is wanted, not {'x': 1}"),
            ("reward = 5", "reward: a table is wanted, not 5"),
            ("reward = true", "reward: a table is wanted, not True"),
            ("workers = 257", "workers: a whole number from 0 to 256 is wanted, not 257"),
            ("workers = 1.5", "workers: a whole number from 0 to 256 is wanted, not 1.5"),
            ("workers = true", "workers: a whole number from 0 to 256 is wanted, not True"),
            ("max_source_kb = 0", "max_source_kb: a whole number of at least 1 is wanted, not 0"),
            ("deadline_margin_s = inf", "deadline_margin_s: a finite number of at least 0 is wanted, not inf"),
            ("[limits]\ncpu_s = 0", "limits.cpu_s: a finite number above 0 is wanted, not 0"),
            ("[limits]\ncpu_s = nan", "limits.cpu_s: a finite number above 0 is wanted, not nan"),
            ("[limits]\ncpu_s = 'x'", "limits.cpu_s: a finite number above 0 is wanted, not 'x'"),
            ("[reward]\nstyle = -1", "reward.style: a number from 0 to 1 is wanted, not -1"),
            ("allow_imports = 'numpy'", "allow_imports: a list of names is wanted, not 'numpy'"),
            ("preload = [1]", "preload: a list of names is wanted, not 1"),
            ("policy = 'lax'", 'policy: "off" or "standard" or "strict" is wanted, not \'lax\''),
            ("envelope = 'x\\n'", None),
        ],
    )
    def test_in_a_file(self, complaint: Callable[..., str], toml: str, said: str | None) -> None:
        shown_error = complaint(toml + "\n")
        assert shown_error.isprintable()
        assert shown_error.startswith(f"grader.toml: {said or 'envelope: '}")

    @pytest.mark.parametrize(
        ("variable", "text", "said"),
        [
            ("GRADER_WORKER", "1", "GRADER_WORKER is not a setting; did you mean GRADER_WORKERS?"),
            ("GRADER_REWARD_STILE", "1", "GRADER_REWARD_STILE is not a setting; did you mean GRADER_REWARD_STYLE?"),
            ("GRADER_", "1", "GRADER_ is not a setting; see docs/configuration.md"),
            ("GRADER_workers", "1", "GRADER_workers is not a setting; see docs/configuration.md"),
            ("GRADER_REWARD", "{}", "GRADER_REWARD is not a setting; did you mean GRADER_REWARD_"),
            ("GRADER_WORKERS", "many", "GRADER_WORKERS: a whole number from 0 to 256 is wanted, not 'many'"),
            ("GRADER_WORKERS", "", "GRADER_WORKERS: a whole number from 0 to 256 is wanted, not ''"),
            ("GRADER_LIMITS_CPU_S", "-1", "GRADER_LIMITS_CPU_S: a finite number above 0 is wanted, not '-1'"),
            ("GRADER_ISOLATION", "lead", 'GRADER_ISOLATION: "auto" or '),
            ("GRADER_REQUIRE_ISOLATION", "auto", 'GRADER_REQUIRE_ISOLATION: "rlimit"'),
        ],
    )
    def test_in_the_environment(self, complaint: Callable[..., str], variable: str, text: str, said: str) -> None:
        shown_error = complaint(**{variable: text})
        assert shown_error.startswith(f"environment: {said}")
        assert "\n" not in shown_error

    def test_are_cut_short(self, complaint: Callable[..., str]) -> None:
        assert len(complaint(GRADER_WORKERS="x" * 10_000)) < 200

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (lambda: GraderConfig(workers=257), "workers: a whole number from 0 to 256 is wanted, not 257"),
            (lambda: GraderConfig(preload="numpy"), "preload: a list of names is wanted, not 'numpy'"),
            (lambda: LimitsConfig(cpu_s=float("nan")), "cpu_s: a finite number above 0 is wanted, not nan"),
            (lambda: StoreConfig(threads=True), "threads: a whole number from 1 to 64 is wanted, not True"),
        ],
    )
    def test_in_a_program(self, make: Callable[[], object], said: str) -> None:
        with pytest.raises(SettingError) as caught:
            make()
        assert str(caught.value) == said

    @pytest.mark.parametrize(
        "text", ["3", " 3 ", "+3", "3.0", "3.", "0_3", "1e9999", "0x3", "\u0663", "3.5", "3e0", "9" * 5000]
    )
    def test_whole_numbers_are_read_as_people_write_them(self, load: Callable[..., GraderConfig], text: str) -> None:
        if text in {"3", " 3 ", "+3", "3.0", "0_3"}:
            assert load(GRADER_WORKERS=text).workers == 3
        else:
            with pytest.raises(ConfigError, match="a whole number from 0 to 256 is wanted"):
                load(GRADER_WORKERS=text)

    def test_are_told_where_they_were_made(self, complaint: Callable[..., str]) -> None:
        """The file is wrong, and the environment has a setting in the same section."""
        assert complaint("[limits]\ncpu_s = 0\n", GRADER_LIMITS_WALL_S="5").startswith("grader.toml: limits.cpu_s: ")
        assert complaint("limits = 0\n", GRADER_LIMITS_WALL_S="5").startswith("grader.toml: limits: a table is wanted")
        assert complaint("workers = 1\n", GRADER_WORKERS="x").startswith("environment: GRADER_WORKERS: ")

    def test_in_the_file_s_place(self, tmp_path: Path) -> None:
        missing, folder, damaged, binary = (tmp_path / name for name in ("missing", "folder", "damaged", "binary"))
        folder.mkdir()
        damaged.write_text("workers = \n[")
        binary.write_bytes(b"\xff\xfe")
        for path, said in [
            (missing, "No such file or directory"),
            (folder, "Is a directory"),
            (damaged, "not TOML: Invalid value"),
            (binary, "not TOML: 'utf-8' codec"),
        ]:
            for load in (
                lambda path=path: GraderConfig.load(path, {}),
                lambda path=path: GraderConfig.load(None, {"GRADER_CONFIG": str(path)}),
            ):
                with pytest.raises(ConfigError) as caught:
                    load()
                assert str(caught.value).startswith(f"{path}: {said}")
                assert "\n" not in str(caught.value)


class TestWeights:
    @pytest.mark.parametrize("weights", [(0.3, 0.5, 0.2), (1, 0, 0), (0, 1, 0), (0.1, 0.2, 0.7), (0.01, 0, 0)])
    def test_may_add_up_to_one_or_less(self, weights: tuple[float, float, float]) -> None:
        syntax, functional, style = weights
        assert RewardConfig(syntax=syntax, functional=functional, style=style).functional == functional

    @pytest.mark.parametrize("weights", [(0.3, 0.5, 0.3), (0, 0, 0), (1, 1, 1), (0.5, 0.5, 1e-6)])
    def test_may_not_add_up_to_nothing_or_more_than_one(
        self, load: Callable[..., GraderConfig], complaint: Callable[..., str], weights: tuple[float, float, float]
    ) -> None:
        toml = "[reward]\nsyntax = {}\nfunctional = {}\nstyle = {}\n".format(*weights)
        shown_error = complaint(toml)
        assert shown_error.startswith("grader.toml: reward: the weights syntax, functional, style and judge add up to ")
        assert shown_error.endswith("; more than 0 and at most 1 is wanted")

    def test_name_the_variables_that_tipped_them(self, complaint: Callable[..., str]) -> None:
        shown_error = complaint("[reward]\nsyntax = 0.1\n", GRADER_REWARD_STYLE="0.9", GRADER_REWARD_CREDIT="all")
        assert shown_error.startswith("environment: GRADER_REWARD_STYLE, GRADER_REWARD_CREDIT: the weights ")

    @settings(deadline=None)
    @given(st.tuples(*[st.floats(0, 1)] * 3))
    def test_are_refused_only_for_their_sum(self, weights: tuple[float, float, float]) -> None:
        parts = dict(zip(("syntax", "functional", "style"), weights, strict=True))
        if 0 < sum(weights) <= 1:
            RewardConfig(**parts)
        elif sum(weights) == 0 or sum(weights) > 1 + 1e-6:
            with pytest.raises(ValueError, match="add up to"):
                RewardConfig(**parts)


class TestUse:
    def test_limits_are_the_sandbox_s_own(self) -> None:
        assert GraderConfig().sandbox_limits() == Limits()
        assert list(field_types(LimitsConfig)) == [
            field.name for field in fields(Limits) if field.name not in {"value_mb", "spare_cpu_s"}
        ]
        assert GraderConfig(limits=LimitsConfig(wall_s=3)).sandbox_limits() == Limits(wall_s=3.0)

    def test_preloaded_is_the_standard_library_and_what_was_asked_for(self) -> None:
        assert GraderConfig(preload=("numpy",)).preloaded() == (*SOLUTION_PRELOAD, "numpy")


class TestDefaultWorkers:
    @pytest.fixture
    def cpus(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
        monkeypatch.setattr(config_cpus, "cpu_quota", lambda _: None)
        return lambda count: monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)))

    def test_are_the_cpus_of_the_affinity_mask(self, cpus: Callable[[int], None]) -> None:
        cpus(6)
        assert default_workers({}) == 6
        assert default_workers({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": ""}) == 6

    @pytest.mark.parametrize(
        ("memory_mb", "workers"), [("128", 1), ("1769", 1), ("3008", 2), ("3538", 2), ("5307", 3), ("10240", 6)]
    )
    def test_are_what_the_memory_buys_in_lambda(
        self, cpus: Callable[[int], None], memory_mb: str, workers: int
    ) -> None:
        cpus(6)
        assert default_workers({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory_mb}) == workers

    def test_are_no_more_than_the_cpus_in_lambda_either(self, cpus: Callable[[int], None]) -> None:
        cpus(2)
        assert default_workers({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240"}) == 2

    @pytest.mark.parametrize("nonsense", ["lots", "-1", "²", "1.5", " "])
    def test_pass_over_nonsense(self, cpus: Callable[[int], None], nonsense: str) -> None:
        cpus(3)
        assert default_workers({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": nonsense}) == 3


class TestDocument:
    def test_has_every_setting_and_no_other(self) -> None:
        assert sorted(ROWS) == sorted(VARIABLES.values())

    @pytest.mark.parametrize("key", VARIABLES.values())
    def test_has_the_default(self, key: str) -> None:
        default = setting(GraderConfig(), key)
        cell = ROWS[key][0]
        if default is None:
            assert cell == "none"
        else:
            said = tomllib.loads(f"it = {cell.strip('`')}")["it"]
            said = tuple(said) if isinstance(said, list) else said
            assert (said, type(said)) == (default, str if isinstance(default, str) else type(default))

    @pytest.mark.parametrize("key", VARIABLES.values())
    def test_has_what_is_wanted_and_a_meaning(self, key: str) -> None:
        section, _, name = key.rpartition(".")
        wanted = field_types(GraderConfig.SECTIONS[section] if section else GraderConfig)
        assert ROWS[key][1] == str(wanted[name])
        assert len(ROWS[key]) == 3
        assert ROWS[key][2].endswith(".")

    def test_has_examples_that_hold(self, load: Callable[..., GraderConfig]) -> None:
        (toml,) = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
        assert load(toml) == GraderConfig(
            unscored="raise",
            reward=RewardConfig(syntax=0.1, functional=0.9, style=0.0),
            limits=LimitsConfig(cpu_s=2.5),
        )
        named = set(re.findall(r"`(GRADER_[A-Z_]+)(?:=([^`]*))?`", DOCUMENT)) - {("GRADER_CONFIG", "")}
        assert named
        for variable, text in named:
            assert variable in VARIABLES
            if text:
                load(**{variable: text})

    @pytest.mark.parametrize("kind", [Credit, StyleGate, RewardPreset, Policy])
    def test_names_every_choice(self, kind: Any) -> None:
        for choice in kind:
            assert f'"{choice}"' in DOCUMENT
        if kind is Credit:
            for choice in kind:
                assert f"- `{choice}`: " in DOCUMENT


class TestJudge:
    def test_a_weight_wants_a_judge(self, complaint: Callable[..., str]) -> None:
        assert complaint("[reward]\nstyle = 0\njudge = 0.2\n") == (
            "grader.toml: reward.judge: there is no judge: set judge.model, or leave its weight 0"
        )
        assert complaint('[reward]\nstyle = 0\njudge = 0.2\npreset = "binary"\n[judge]\nmodel = "m"\n') == (
            "grader.toml: reward.judge: a binary reward has no place for a judge: leave its weight 0"
        )
        shown_error = complaint(GRADER_REWARD_JUDGE="0.2", GRADER_REWARD_STYLE="0")
        assert shown_error.startswith("environment: GRADER_REWARD_JUDGE: there is no judge")

    def test_a_judge_wants_credentials(self, complaint: Callable[..., str]) -> None:
        shown_error = complaint(GRADER_JUDGE_MODEL="m", GRADER_CREDENTIALS="drop")
        assert shown_error.startswith("environment: GRADER_JUDGE_MODEL: a judge needs the credentials")

    def test_its_weight_is_one_of_the_weights(
        self, load: Callable[..., GraderConfig], complaint: Callable[..., str]
    ) -> None:
        judge = "[judge]\nmodel = 'm'\n"
        assert load(f"[reward]\nstyle = 0\njudge = 0.2\n{judge}").reward.judge == 0.2
        assert "add up to 1.2" in complaint(f"[reward]\njudge = 0.2\n{judge}")
