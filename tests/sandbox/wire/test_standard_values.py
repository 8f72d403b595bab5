"""Standard types that cross as data: they come back equal, and bytes that lie about them make nothing else."""

from __future__ import annotations

import argparse
import ipaddress
import json
import random
import re
import string
import sys
import time
import typing
import uuid
from array import array
from collections import ChainMap, OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from datetime import time as clock_time
from http import HTTPStatus
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType, SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.errors import ValueCodecError
from sandbox.processes.harness.callbacks import Callbacks
from sandbox.wire.standard_values import CLASSES, standard_class, standard_class_name
from sandbox.wire.values import Construction, Reference, decode, encode, restore

BERLIN = ZoneInfo("Europe/Berlin")
VALUES = [
    uuid.UUID(int=5), Path("/a/b"), PurePosixPath("a"), PureWindowsPath("c:/x"), array("i", [1, 2]),
    array("d", [1.5]), SimpleNamespace(x=1, y=[2]), argparse.Namespace(a=1), {1: 2}.keys(), {1: 2}.items(),
    UTC, timezone(timedelta(hours=1), "X"), BERLIN, datetime(2024, 7, 1, tzinfo=BERLIN),
    datetime(2024, 7, 1, tzinfo=UTC), datetime(2024, 10, 27, 2, 30, fold=1),  # noqa: DTZ001 - one without a zone
    clock_time(1, 2, tzinfo=UTC), slice(1, 2), slice("a", None, (1,)), ChainMap({1: 2}, {3: [4]}),
    MappingProxyType({1: 2}), HTTPStatus.OK, re.IGNORECASE | re.MULTILINE,
    uuid.SafeUUID.safe, ipaddress.ip_address("1.2.3.4"),
    ipaddress.ip_network("::/64"), ipaddress.ip_interface("1.2.3.4/24"), time.gmtime(0),
    time.localtime(0), ..., NotImplemented, memoryview(b"abc"),
]  # fmt: skip
if sys.version_info < (3, 13):
    VALUES.append(array("u", "ab"))  # deprecated since 3.13


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_come_back_equal_and_of_the_same_type(value: Any) -> None:
    (back,) = decode(encode([value]))
    assert type(back) is type(value)
    assert back == value


def test_keep_what_equality_does_not_look_at() -> None:
    assert list(decode(encode({1: 2}.values()))) == [2]
    assert list(decode(encode(OrderedDict(b=1, a=2).keys()))) == ["b", "a"]
    assert decode(encode(string.Template("$x"))).template == "$x"
    assert decode(encode(random.Random(5))).random() == random.Random(5).random()
    assert decode(encode(UTC)) is UTC
    assert decode(encode(datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=BERLIN))).fold == 1
    assert decode(encode(time.gmtime(0))).tm_zone == time.gmtime(0).tm_zone


@pytest.mark.parametrize("alias", [list[int], int | None, typing.Optional[int], typing.Callable[[int], str]])  # noqa: UP045 - the forms to try
def test_types_with_arguments_are_made_once_their_classes_are_known(alias: Any) -> None:
    by_key: dict[Any, Any] = {}

    def keep(value: Any) -> Reference:
        by_key[id(value)] = value
        return Reference(id(value))

    back = decode(encode([alias], keep))
    assert restore(back, lambda one: by_key[one.key]) == [alias]  # type: ignore[union-attr]  # only references here


def form(name: str, parts: Any) -> bytes:
    return encode({"X": 0}).replace(b'{"o":{"X":0}}', b'{"X":' + json.dumps([name, parts]).encode() + b"}")


HOSTILE = [
    ("uuid:UUID", {"i": hex(1 << 130)}), ("uuid:UUID", "x"), ("uuid:UUID", -1), ("uuid:UUID", True),
    ("pathlib:PurePosixPath", 3),
    ("pathlib:PurePosixPath", "a" * 20_000), ("array:array", ["i", ["x"]]), ("array:array", ["ii", []]),
    ("array:array", ["i", {"o": {}}]), ("types:SimpleNamespace", {"o": {"__class__": 1}}),
    ("types:SimpleNamespace", [1]),
    ("types:SimpleNamespace", {"d": [[1, 2]]}), ("builtins:slice", [1]), ("builtins:slice", 3),
    ("builtins:dict_keys", [1]), ("builtins:dict_items", [[1, 2]]), ("builtins:dict_values", 5),
    ("builtins:mappingproxy", 5), ("builtins:memoryview", 1 << 40), ("collections:ChainMap", []),
    ("collections:ChainMap", [{"o": {}}] * 1001), ("datetime:timezone", [{"L": [9, 0, 0]}, None]),
    ("datetime:timezone", ["x", None]), ("zoneinfo:ZoneInfo", "../../etc/passwd"), ("zoneinfo:ZoneInfo", "/etc/passwd"),
    ("zoneinfo:ZoneInfo", "No/Such"), ("time:struct_time", [1]), ("time:struct_time", ["x"] * 9),
    ("string:Template", [1]), ("random:Random", [3, [1], None]), ("random:Random", [3, [-1] * 625, None]),
    ("http:HTTPStatus", 9999), ("http:HTTPStatus", [1]), ("ipaddress:IPv4Address", 1), ("ipaddress:IPv4Address", "x"),
    ("types:CodeType", []), ("builtins:eval", "1"), ("os:system", "true"), ("subprocess:Popen", []),
    ("numpy:load", "x"),
    ("numpy:ndarray", ["|O8", {"b": ""}, [1]]), ("numpy:ndarray", ["<i8", {"b": ""}, [-1]]),
    ("numpy:int64", ["O", {"b": ""}]), ("re:RegexFlag", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parts"), HOSTILE, ids=lambda part: str(part)[:40])
def test_parts_that_a_class_does_not_have_are_refused(name: str, parts: Any) -> None:
    with pytest.raises(ValueCodecError):
        decode(form(name, parts))


def test_a_class_that_only_claims_a_name_stays_behind() -> None:
    for module, name in [("uuid", "UUID"), ("pathlib", "PosixPath"), ("random", "Random"), ("numpy", "int64")]:
        kind = type(name, (), {"__module__": module, "__qualname__": name, "int": 5, "key": "x"})
        assert standard_class_name(kind) is None
        with pytest.raises(ValueCodecError, match="is not plain data"):
            encode(kind())


def test_classes_cross_by_name_only_if_they_are_listed() -> None:
    for path in CLASSES - {path for path in CLASSES if path.startswith(("numpy:", "typing:"))}:
        kind = standard_class(path)
        assert kind is None or isinstance(kind, type)
    for path in ("builtins:eval", "os:system", "subprocess:Popen", "io:FileIO", "types:CodeType", "x", "a:b:c"):
        assert standard_class(path) is None


def test_a_call_crosses_in_one_direction_only() -> None:
    """The harness may have something made in the answer's process, never the other way round."""
    call = Construction(Reference("g:os:system"), ("true",), {})
    message = encode([Reference(1)], lambda _: None).replace(
        b'{"r":[1,"object",false,0]}', b'{"K":[{"r":["g:os:system","x",true,0]},["true"],{"o":{}}]}'
    )
    (back,) = decode(message)
    assert back == Construction(Reference("g:os:system", "x", is_callable=True), ("true",), {}) != call
    with pytest.raises(ValueCodecError):
        Callbacks().adopt([back])
