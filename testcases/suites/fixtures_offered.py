"""Fixtures that need no definition."""

from __future__ import annotations

from typing import Final

__all__ = ["OFFERED"]

OFFERED: Final = frozenset({"request", "capsys", "capfd", "monkeypatch", "record_property"})
