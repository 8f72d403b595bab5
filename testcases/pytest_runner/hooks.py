"""Calling what test code defines, whatever comes of it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_hook", "catch", "parameters_of"]


def catch(act: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException | None:
    """What a call raised; ``None`` when it returned."""
    try:
        act(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - whatever ends a test is its outcome
        return error
    return None


def call_hook(owner: Any, *names: str, about: Any = None) -> None:
    """Call what an object has of functions of these names, with what each is about if it wants to know."""
    for name in names:
        function = getattr(owner, name, None)
        if inspect.isroutine(function):
            function(*[owner if about is None else about][: len(parameters_of(function))])


def parameters_of(function: Any) -> list[str]:
    """The names a function asks for."""
    found = inspect.signature(function).parameters.values()
    wanted = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in found if one.kind in wanted and one.default is inspect.Parameter.empty]
