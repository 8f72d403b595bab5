"""Rights of an answer on exported objects of test code, whatever it writes to the channel."""

from __future__ import annotations

import functools
import io
import math
import types
import unittest
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock, MagicMock, Mock, NonCallableMock

import pytest

from sandbox.wire.values import Reference
from testcases.caught import original_of
from testcases.proxies.class_registry import ClassNaming
from testcases.proxies.exports import Exports
from testcases.proxies.host import ProxyHost
from testcases.signals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator


def serve(verb: str, exported: Any, *fields: Any) -> Any:
    exports = Exports()
    exports.key_of(exported)
    return exports.serve(verb, [exported, *fields])


def of_test(kind: type) -> type:
    """A class as one of test code."""
    kind.__module__ = "test_solution"
    return kind


class Case(unittest.TestCase):
    maxDiff = 5

    def update(self) -> int:
        return 3


class OwnMock(Mock):
    pass


class Node:
    def __init__(self) -> None:
        self.value = 1
        self.next: Any = None
        self.act: Any = len

    def method(self) -> int:
        return self.value


class Other:
    value = 2


@of_test
class TestNode(Node):
    __test__ = False


@of_test
class TestOther(Other):
    __test__ = False


def numbers() -> Iterator[int]:
    yield 1


API = ["configure_mock", "attach_mock", "mock_add_spec", "reset_mock", "side_effect", "return_value", "called",
       "call_count", "call_args", "call_args_list", "mock_calls", "method_calls", "assert_called", "assert_any_call",
       "assert_called_once_with", "assert_has_calls", "assert_not_called"]  # fmt: skip


@pytest.mark.parametrize("name", API)
@pytest.mark.parametrize("kind", [Mock, MagicMock, AsyncMock, NonCallableMock, OwnMock])
def test_what_mocks_offer_tests_is_neither_seen_nor_set(kind: type, name: str) -> None:
    mock = kind()
    for one in (mock, mock.child):
        with pytest.raises(AttributeError):
            serve("get", one, name)
        for value in (3, None, "called", []):
            with pytest.raises(AttributeError):
                serve("set", one, name, value)


@pytest.mark.parametrize("name", ["await_count", "assert_awaited", "await_args"])
def test_nor_what_is_awaited(name: str) -> None:
    for verb, *value in (["get"], ["set", 1]):
        with pytest.raises(AttributeError):
            serve(verb, AsyncMock(), name, *value)


def test_children_of_mocks_are_seen_and_plain_data_is_set() -> None:
    mock = Mock(level=3)
    assert serve("get", mock, "level") == 3
    assert serve("get", mock, "info") is mock.info
    serve("set", mock, "level", {"a": [1]})
    assert mock.level == {"a": [1]}


@pytest.mark.parametrize("value", [len, int, ValueError(), Mock(), SimpleNamespace(), TestNode(), io.StringIO()])
def test_a_mock_is_given_nothing_that_can_be_called(value: Any) -> None:
    with pytest.raises(AttributeError):
        serve("set", Mock(), "info", value)


@pytest.mark.parametrize(("wrapped", "name"), [(numbers(), "gi_frame"), (str, "format"), (object(), "x"), (types, "x")])
def test_a_mock_gives_no_more_access_to_what_it_wraps(wrapped: Any, name: str) -> None:
    with pytest.raises(AttributeError):
        serve("get", Mock(wraps=wrapped), name)
    assert serve("get", Mock(wraps=math), "sqrt")(9) == 3
    assert serve("get", Mock(wraps=TestNode()), "method")() == 1


def test_a_class_of_mocks_refuses_configuration() -> None:
    of_test(OwnMock)
    assert isinstance(serve("call", OwnMock, [], {}), OwnMock)
    for function in (OwnMock, functools.partial(OwnMock, 1)):
        with pytest.raises(TypeError):
            serve("call", function, [], {"wraps": str})


def test_a_test_case_shows_what_test_code_has_added() -> None:
    case = of_test(Case)("update")
    assert serve("get", case, "update")() == 3
    for name in ("assertEqual", "skipTest", "addCleanup", "maxDiff"):
        with pytest.raises(AttributeError):
            serve("get", case, name)
    with pytest.raises(AttributeError):
        serve("set", case, "maxDiff", 3)


@pytest.mark.parametrize("value", [3, None, [1], TestNode(), TestOther(), len])
def test_data_of_an_object_is_set_to_anything(value: Any) -> None:
    node = TestNode()
    for name in ("value", "next", "other"):
        serve("set", node, name, value)
        assert getattr(node, name) is value


@pytest.mark.parametrize("name", ["method", "act"])
@pytest.mark.parametrize("value", [3, None, len])
def test_what_tests_call_is_not_set(name: str, value: Any) -> None:
    with pytest.raises(AttributeError):
        serve("set", TestNode(), name, value)


def test_an_object_with_methods_makes_room_for_its_like_and_for_data() -> None:
    node = TestNode()
    node.next = TestNode()
    for value in (TestNode(), None):
        serve("set", node, "next", value)
    node.next = TestNode()
    for value in (TestOther(), SimpleNamespace(method=len), len):
        with pytest.raises(AttributeError):
            serve("set", node, "next", value)


def test_and_so_does_a_list_of_them() -> None:
    node = TestNode()
    for before in ([TestNode()], {"a": (TestNode(), 3)}):
        node.next = before
        for value in ([TestNode(), 3], [], None):
            serve("set", node, "next", value)
            node.next = before
        for value in ([TestOther()], [TestNode(), {"a": SimpleNamespace(method=len)}]):
            with pytest.raises(AttributeError):
                serve("set", node, "next", value)


@pytest.mark.parametrize(
    "exported", [TestNode, ValueError, ValueError("x"), of_test(type("OwnError", (Exception,), {}))]
)
def test_classes_and_exceptions_are_left_as_they_are(exported: Any) -> None:
    with pytest.raises(AttributeError):
        serve("set", exported, "note", 3)


PLAIN = ["bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set",
         "slice", "str", "tuple"]  # fmt: skip
NO_DATA = ["type", "property", "super", "classmethod", "staticmethod", "memoryview", "__loader__", "map", "zip",
           "BuiltinImporter", "eval", "str.format", ""]  # fmt: skip


def adopted(name: str) -> Any:
    client: Any = None
    host = ProxyHost(client, lambda: client, ClassNaming(""))
    return host.adopt(Reference(f"g:builtins:{name}", "type", is_callable=True))


@pytest.mark.parametrize("name", [*PLAIN, "Exception", "KeyError", "BaseException"])
def test_classes_of_data_and_exceptions_come_as_themselves(name: str) -> None:
    assert original_of(adopted(name)) is getattr(__import__("builtins"), name)


@pytest.mark.parametrize("name", NO_DATA)
def test_no_other_class_is_handed_to_test_code(name: str) -> None:
    with pytest.raises(RefusedError):
        adopted(name)
