"""Calls of functions that test code defines."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_hook", "catch", "parameters_of"]


def catch(function: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException | None:
    """Call a function and return what it raised; ``None`` when it returned."""
    try:
        function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - whatever ends a test is its outcome
        return error
    return None


def call_hook(owner: Any, *names: str, about: Any = None) -> None:
    """Call the functions of these names that an object has, with `about` if they take an argument."""
    for name in names:
        function = getattr(owner, name, None)
        if inspect.isroutine(function):
            function(*[owner if about is None else about][: len(parameters_of(function))])


def parameters_of(function: Any) -> list[str]:
    """Return the names of the arguments that a function needs."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in parameters if one.kind in kinds and one.default is inspect.Parameter.empty]
