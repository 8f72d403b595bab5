"""Loader for objects that another package names, such as the runner of test specs."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["load_object", "prepare_nothing"]


def load_object(target: str) -> Any:
    """Import a module and return one of its members.

    Args:
        target: ``module:name``.
    """
    # As pkgutil.resolve_name does. That module is not used because answers would find it loaded.
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def prepare_nothing(_: Any) -> None:
    """Do nothing, in place of a function that prepares something."""
