"""Proxies: the solution's objects in test code, and exports: test code's objects in the solution's process."""

from __future__ import annotations

from typing import Any

from testcases.proxies import trust
from testcases.proxies.class_registry import ClassNaming
from testcases.proxies.exportable import Global
from testcases.proxies.host import Objects
from testcases.proxies.proxy import Handle, Mirror, held

__all__ = ["ClassNaming", "Global", "Mirror", "Objects", "looked_at"]


def looked_at(value: Any, kind: type) -> Any:
    """A value; an object of the answer's as a list, a dict or a number, where it can be looked at as one."""
    return trust.looked_at(held(value).objects, value, kind) if issubclass(type(value), Handle) else value
