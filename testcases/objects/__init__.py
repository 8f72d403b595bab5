"""The answer's objects in test code, and test code's objects in the answer."""

from __future__ import annotations

from typing import Any

from testcases.objects import rules
from testcases.objects.handles import Handle, Mirror, held
from testcases.objects.lending import Global
from testcases.objects.naming import Naming
from testcases.objects.table import Objects

__all__ = ["Global", "Mirror", "Naming", "Objects", "looked_at"]


def looked_at(value: Any, kind: type) -> Any:
    """A value; an object of the answer's as a list, a dict or a number, where it can be looked at as one."""
    return rules.looked_at(held(value).objects, value, kind) if issubclass(type(value), Handle) else value
