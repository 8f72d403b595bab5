"""The table of isolation layers explains every layer and every tier."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import sandbox.isolation
from grader.tools.report.host import LAYERS, TIERS, host_table
from grader.tools.report.host_findings import ADVICE, TIER_MEANINGS, HostFindings
from grader.types import HostReport
from sandbox.types import LayerReport, Tier

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_glossary_explains_every_layer_and_nothing_else() -> None:
    modules = [
        import_module(f"sandbox.isolation.{one.name}") for one in pkgutil.iter_modules(sandbox.isolation.__path__)
    ]
    assert LAYERS.keys() == {module.NAME for module in modules if hasattr(module, "NAME")}


def test_the_glossary_explains_every_tier_from_the_weakest_up() -> None:
    assert list(TIERS) == [tier.value for tier in sorted(Tier, key=lambda tier: tier.rank)]


def test_an_explanation_says_what_a_layer_is_and_what_it_stops() -> None:
    for text in LAYERS.values():
        assert text.count(". Stops ") == 1
        assert text.endswith(".")
        assert len(text) <= 150


def test_the_documentation_quotes_the_explanations() -> None:
    document = (Path(__file__).parents[4] / "docs" / "sandbox.md").read_text("utf-8")
    for name, text in LAYERS.items():
        assert f"| `{name}` | {text} |" in document


def test_a_layer_that_is_not_active_shows_the_reason(render: Callable[..., str]) -> None:
    layers = (LayerReport("rlimits", True), LayerReport("seccomp", False, "prctl(2) is\nrefused"))
    report = HostReport(Tier.RLIMIT, layers, 3, "3.12.1", "5.10")
    shown = " ".join(render(host_table(report), width=300).split())
    assert "Active isolation layers" in shown
    assert "Kernel limits on CPU time" in shown
    assert "Why: prctl(2) is refused" in shown
    assert shown.count("To get it: ") == 1
    assert ADVICE["seccomp"].remedy in shown.replace(" │ │ ", " ")
    for fact in ("tier rlimit (1 of 3), 1 of 2 layers active", "workers 3: 3 answers", "python 3.12.1", "kernel 5.10"):
        assert fact in shown


def test_layers_that_are_missing_for_one_reason_are_said_together(render: Callable[..., str]) -> None:
    reason = "not applied: the tier in use is rlimit"
    layers = (LayerReport("seccomp", False, reason), LayerReport("namespaces", False, reason))
    shown = render(host_table(HostReport(Tier.RLIMIT, layers, 1, "3.14.0", "6.1")), width=300)
    assert shown.count("Why: ") == 1
    assert "Allows (seccomp): " in shown
    assert "Allows (namespaces): " in shown
    assert "To get them: " in shown


def test_there_is_advice_for_every_layer_and_a_meaning_of_every_tier() -> None:
    assert ADVICE.keys() == LAYERS.keys()
    assert TIER_MEANINGS.keys() == TIERS.keys()


def test_a_host_with_every_layer_lacks_nothing(render: Callable[..., str]) -> None:
    report = HostReport(Tier.NAMESPACES, tuple(LayerReport(name, True) for name in LAYERS), 2, "3.14.0", "6.1")
    shown = render(host_table(report), width=200)
    assert "What is missing" not in shown
    assert "To get it" not in shown
    assert "11 of 11 layers active" in shown
    assert "Syntax errors here" not in shown


def test_an_older_python_names_the_syntax_that_it_lacks() -> None:
    layers = (LayerReport("rlimits", True),)
    lacks = [HostFindings(HostReport(Tier.RLIMIT, layers, 1, python, "6.1")).python for python in ("3.11.4", "3.13.0")]
    assert "def f[T](x)" in lacks[0]
    assert "def f[T](x)" not in lacks[1]
    assert "template strings" in lacks[1]


def test_a_layer_that_a_setting_switches_off_is_not_blamed_on_the_host() -> None:
    layer = LayerReport("seccomp", False, "not applied: the tier in use is rlimit")
    (missing,) = HostFindings(HostReport(Tier.RLIMIT, (layer,), 1, "3.12.0", "6.1")).missing
    assert "setting isolation" in missing.advice.remedy


def test_json_keeps_its_keys_and_says_what_is_missing() -> None:
    layers = (LayerReport("rlimits", True), LayerReport("landlock", False, "the kernel has no Landlock"))
    report = HostReport(Tier.SECCOMP, layers, 1, "3.12.0", "5.10")
    document = HostFindings(report).as_dict()
    assert {name: document[name] for name in report.as_dict()} == report.as_dict()
    assert [one["name"] for one in document["missing"]] == ["landlock"]
    assert document["missing"][0]["reason"] == "the kernel has no Landlock"
    assert document["missing"][0]["allows"]
    assert document["missing"][0]["remedy"]
