"""The table of isolation layers explains every layer and every tier."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import sandbox.isolation
from grader.tools.report.host import LAYERS, TIERS, host_table
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
    assert "Isolation layers" in shown
    assert "Kernel limits on CPU time" in shown
    assert "Not active: prctl(2) is refused" in shown
    assert shown.count("Not active") == 1
    for fact in ("tier rlimit (", "workers 3", "python 3.12.1", "kernel 5.10"):
        assert fact in shown
