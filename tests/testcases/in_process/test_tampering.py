"""What a baseline of modules notices, and what it lets pass."""

from __future__ import annotations

import collections
import contextlib
import fractions
import json
import math
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from testcases.in_process.tampering import Baseline

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("json", "math", "contextlib", "collections", "fractions")


@contextlib.contextmanager
def changed(owner: Any, name: str, value: Any) -> Iterator[None]:
    missing = object()
    before = vars(owner).get(name, missing)
    setattr(owner, name, value)
    try:
        yield
    finally:
        delattr(owner, name) if before is missing else setattr(owner, name, before)


def nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (math, "isclose", nothing),
        (math, "pi", 3.0),
        (json, "loads", nothing),
        (json.decoder, "scanstring", nothing),  # used by what is watched
        (json.JSONEncoder, "default", nothing),
        (json.loads, "__code__", nothing.__code__),
        (json.loads, "__defaults__", (1,)),
        (contextlib.ExitStack, "__exit__", nothing),
        (contextlib, "len", nothing),  # hides a built-in function
        (collections.Counter, "__len__", nothing),  # hides an inherited method
        (fractions.Fraction, "__call__", nothing),
        (fractions.Fraction, "numerator", property(nothing)),
    ],
)
def test_changes_are_noticed(owner: Any, name: str, value: Any) -> None:
    baseline = Baseline(NAMES)
    assert baseline.is_intact()
    before = getattr(owner, name, None)
    if owner is json.loads:
        setattr(owner, name, value)
        assert not baseline.is_intact()
        setattr(owner, name, before)
    else:
        with changed(owner, name, value):
            assert not baseline.is_intact()
    assert baseline.is_intact()


def test_a_method_that_is_gone_is_noticed() -> None:
    baseline = Baseline(NAMES)
    before = fractions.Fraction.limit_denominator
    del fractions.Fraction.limit_denominator  # type: ignore[misc]  # on purpose
    assert not baseline.is_intact()
    fractions.Fraction.limit_denominator = before  # type: ignore[method-assign]  # as it was
    assert baseline.is_intact()


def test_names_that_hide_nothing_may_be_added() -> None:
    baseline = Baseline(NAMES)
    with changed(collections, "Callable", nothing), changed(fractions.Fraction, "own", nothing):
        assert baseline.is_intact()
        with changed(collections, "own", nothing):
            assert baseline.is_intact()


def test_tests_may_patch_for_long_what_they_name() -> None:
    baseline = Baseline(NAMES, patched_by_tests="patch('math.isclose').start()")
    with mock.patch("math.isclose"):
        assert baseline.is_intact()
        with mock.patch("math.sqrt"):
            assert not baseline.is_intact()
    with changed(math, "isclose", nothing):
        assert not baseline.is_intact()
    assert baseline.is_intact()
