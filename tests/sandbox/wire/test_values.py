"""What may cross between processes, and that nothing else does."""

from __future__ import annotations

import json
import math
import random
import time as clock
from collections import ChainMap, Counter, OrderedDict, UserList, defaultdict, deque, namedtuple
from datetime import datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.errors import ValueCodecError
from sandbox.wire.values import MAX_DEPTH, Reference, decode, encode

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PRIME = 2**61 - 1
"""Modulus of the hash of a number."""


def same(left: Any, right: Any) -> bool:
    """Equal, of the same types all the way down, NaN to NaN, and minus zero to minus zero."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, Decimal):
        return left.as_tuple() == right.as_tuple()
    if isinstance(left, deque) and left.maxlen != right.maxlen:
        return False
    if isinstance(left, (list, tuple, deque)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left), list(right)) and same(list(left.values()), list(right.values()))
    if isinstance(left, (set, frozenset)):
        return len(left) == len(right) and all(any(same(one, other) for other in right) for one in left)
    if isinstance(left, (datetime, time)) and left.utcoffset() != right.utcoffset():
        return False
    return bool(left == right)


offsets = st.integers(-86_399, 86_399).map(lambda seconds: timezone(timedelta(seconds=seconds)))
text = st.text(st.characters(codec=None), max_size=8)  # with lone surrogates
fractions = st.builds(Fraction, st.integers(), st.integers(min_value=1))
hashables = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(1 << 200), 1 << 200),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    text,
    st.binary(max_size=8),
    st.decimals(allow_nan=False),
    fractions,
    st.dates(),
    st.times(),
    st.times(timezones=offsets),
    st.datetimes(),
    st.datetimes(timezones=offsets),
    st.timedeltas(),
    st.builds(range, st.integers(), st.integers(), st.integers(1, 9)),
)
keys = st.recursive(
    hashables,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
leaves = (
    hashables
    | st.floats()
    | st.complex_numbers()
    | st.decimals()
    | st.binary(max_size=8).map(bytearray)
    | st.sets(keys, max_size=3)
    | st.builds(Reference, st.integers() | text, text.map(lambda name: name[:200]), st.booleans())
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(text, inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
        st.builds(deque, st.lists(inner, max_size=3), st.none() | st.integers(3, 9)),
        st.dictionaries(keys, st.integers(), max_size=3).map(Counter),
        st.lists(st.tuples(keys, inner), max_size=3).map(OrderedDict),
    ),
    max_leaves=12,
)


class TestRoundTrip:
    @settings(PATIENT, max_examples=400)
    @given(values)
    @example([0, True, 0.0, -0.0, math.nan, math.inf, -math.inf])
    @example(["\ud800", "\udcff\x00", {"\ud800": "\U0001f600"}])
    @example([1 << 62, -(1 << 62), (1 << 62) + 1, -(1 << 62) - 1, 10**5000])
    @example({(1, (2, "x")): [b"\x00", bytearray(b"\xff")], None: {frozenset({1}): ()}})
    @example({"t": 1})  # a key that looks like a tag
    @example([{"i": "0x1"}, {}, (), set(), frozenset(), [], "", b""])
    @example(complex(-0.0, math.nan))
    @example(Decimal("-0E-10"))
    @example(Decimal("sNaN123"))
    @example(deque([1, 2], maxlen=2))
    def test_gives_equal_values_of_the_same_types(self, value: Any) -> None:
        assert same(decode(encode(value)), value)

    @PATIENT
    @given(values)
    def test_is_stable(self, value: Any) -> None:
        once = encode(value)
        assert same(decode(encode(decode(once))), decode(once))

    @PATIENT
    @given(values)
    def test_is_one_line_of_ascii(self, value: Any) -> None:
        data = encode(value)
        assert data.isascii()
        assert b"\n" not in data

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_takes_any_buffer(self, kind: Any) -> None:
        assert decode(kind(encode([1, "x"]))) == [1, "x"]

    def test_does_not_change_what_it_is_given(self) -> None:
        value = [[1, 2], {"a": [None]}]
        encode(value)
        assert value == [[1, 2], {"a": [None]}]

    @pytest.mark.parametrize("factory", [list, int, deque, None])
    def test_a_defaultdict_keeps_its_factory(self, factory: Any) -> None:
        back = decode(encode(defaultdict(factory, {1: [2]})))
        assert same(back, defaultdict(factory, {1: [2]}))
        assert back.default_factory is factory

    def test_a_defaultdict_loses_a_factory_that_is_code(self) -> None:
        assert decode(encode(defaultdict(lambda: 0, {1: 2}))).default_factory is None

    def test_a_set_keeps_each_of_its_items(self) -> None:
        many = set(range(-5000, 5000)) | {2**64 * factor for factor in range(5000)}
        assert decode(encode(many)) == many


class TestTimeZones:
    def test_keep_the_instant(self) -> None:
        noon = datetime(2024, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=45, seconds=1), "Odd"))
        back = decode(encode(noon))
        assert back == noon
        assert back.utcoffset() == noon.utcoffset()
        assert type(back.tzinfo) is timezone
        assert decode(encode(noon.replace(tzinfo=None))).tzinfo is None

    def test_of_other_classes_cross_as_their_offset(self) -> None:
        class Liar(tzinfo):
            def utcoffset(self, day: datetime | None, /) -> timedelta | None:
                return None if day is None else timedelta(hours=1)

            def __eq__(self, _: object) -> bool:
                return True

            __hash__ = None  # type: ignore[assignment]  # hostile on purpose

        moment = datetime(2024, 1, 1, tzinfo=Liar())
        day, hour = decode(encode([moment, moment.timetz()]))
        assert day.tzinfo == timezone(timedelta(hours=1))
        assert type(day.tzinfo) is timezone
        assert hour.tzinfo is None  # an offset that depends on the day is none without it


class Int(int): ...


class Text(str):
    __slots__ = ()


class Items(list[Any]):
    __class__ = list  # type: ignore[assignment]  # hostile on purpose

    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # hostile on purpose


class Mapping(dict[Any, Any]):
    def items(self) -> Any:
        return [("expected", 1)]


class Pair(tuple[int, int]):
    __slots__ = ()


class Colour(IntEnum):
    RED = 1


class SaysTuple:
    """Pretends to be a named tuple."""

    _fields = ()

    @property
    def __class__(self) -> Any:
        return tuple


class SaysReference:
    key, kind, is_callable = 1, "x", True
    __class__ = Reference  # type: ignore[assignment]  # hostile on purpose


class Instant(datetime): ...


class Amount(Decimal):
    __slots__ = ()


STRANGERS = [
    object(), lambda: 0, print, int, type, Int(1), Text("x"), Items([1]), Mapping(a=1), Pair((1, 2)), Colour.RED,
    SaysTuple(), SaysReference(), Instant(2024, 1, 1), Amount(1), UserList([1]), Counter.__class__, iter([1]),
    (number for number in [1]), map(int, []), reversed([]), ValueError("x"), math, type("Id", (UUID,), {})(int=1),
    type("Names", (SimpleNamespace,), {})(), type("Maps", (ChainMap,), {})(), type("Seed", (random.Random,), {})(1),
    type("Bytes", (bytes,), {})(b"x"), type("Set", (set,), {})(), type("Ordered", (OrderedDict,), {})(),
    type("Queue", (deque,), {})(), type("Delta", (timedelta,), {})(1), type("Float", (float,), {})(1.0),
]  # fmt: skip


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: type(stranger).__name__)
class TestWhatIsNotPlain:
    @pytest.mark.parametrize("position", ["{}", "[1, {}]", "({},)", "{{'a': {}}}", "deque([{}])", "OrderedDict(a={})"])
    def test_is_refused_wherever_it_is(self, stranger: Any, position: str) -> None:
        value = eval(position.format("stranger"), {"stranger": stranger, "deque": deque, "OrderedDict": OrderedDict})
        with pytest.raises(ValueCodecError, match="is not plain data"):
            encode(value)

    def test_stays_behind_where_a_table_is_kept(self, stranger: Any) -> None:
        kept = []

        def keep(value: Any) -> Reference:
            kept.append(value)
            return Reference(len(kept), type(value).__name__, callable(value))

        back = decode(encode([stranger, {"a": (stranger,)}], keep))
        assert [type(back[0]), type(back[1]["a"][0])] == [Reference, Reference]
        assert [reference.key for reference in (back[0], back[1]["a"][0])] == [1, 2]
        assert kept[0] is kept[1] is stranger
        assert back[0].is_callable == callable(stranger)

    def test_may_be_refused_by_the_table(self, stranger: Any) -> None:
        with pytest.raises(ValueCodecError):
            encode(stranger, lambda _: None)


@pytest.mark.parametrize("key", [Int(1), Text("x"), Colour.RED, Pair((1, 2))], ids=lambda key: type(key).__name__)
def test_a_lying_key_or_item_of_a_set_is_refused(key: Any) -> None:
    for value in ({key: 1}, {key}, frozenset({key}), Counter([key]), OrderedDict({key: 1}), {(key,): 1}):
        with pytest.raises(ValueCodecError, match="is not plain data"):
            encode(value)


class Point(NamedTuple):
    x: Any
    y: Any


class Twisted(namedtuple("Twisted", "x y")):  # noqa: PYI024 - the plain form is what is tried
    """A named tuple that shows others what it does not hold."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return iter([0, 0])

    def __getitem__(self, _: Any) -> Any:
        return 0

    def __len__(self) -> int:
        return 7


def test_named_tuples_become_tuples() -> None:
    assert same(decode(encode([Point(1, Point([2], 3))])), [(1, ([2], 3))])
    assert same(decode(encode(Twisted(1, 2))), (1, 2))
    assert same(decode(encode({Point(1, 2): Point(3, 4)})), {(1, 2): (3, 4)})
    with pytest.raises(ValueCodecError, match="object is not plain data"):
        encode(Point(1, object()))


def nested(levels: int, wrap: Any) -> Any:
    value = None
    for _ in range(levels):
        value = wrap(value)
    return value


class TestDepth:
    @pytest.mark.parametrize(
        "wrap",
        [lambda value: [value], lambda value: (value,), lambda value: {"a": value}, lambda value: Point(value, 1)],
        ids=["list", "tuple", "dict", "named tuple"],
    )
    def test_is_capped(self, wrap: Any) -> None:
        at_most = nested(MAX_DEPTH, wrap)
        assert decode(encode(at_most)) == at_most
        for levels in (MAX_DEPTH + 1, MAX_DEPTH + 2, 5000):
            with pytest.raises(ValueCodecError, match=f"more than {MAX_DEPTH} levels"):
                encode(nested(levels, wrap))

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda value: frozenset({value}),
            lambda value: deque([value]),
            lambda value: OrderedDict({1: value}),
            lambda value: {1: value},
        ],
        ids=["frozenset", "deque", "OrderedDict", "dict of numbers"],
    )
    def test_of_other_types_ends_too(self, wrap: Any) -> None:
        with pytest.raises(ValueCodecError, match=f"more than {MAX_DEPTH} levels"):
            encode(nested(MAX_DEPTH + 1, wrap))
        shallow = nested(MAX_DEPTH // 3, wrap)
        assert decode(encode(shallow)) == shallow

    def test_counts_in_keys_too(self) -> None:
        key = nested(MAX_DEPTH - 1, lambda value: (value,))
        assert decode(encode({key: 1})) == {key: 1}
        with pytest.raises(ValueCodecError, match=f"more than {MAX_DEPTH} levels"):
            encode({(key,): 1})

    @pytest.mark.parametrize("kind", ["list", "dict", "deque", "tuple", "OrderedDict"])
    def test_what_contains_itself_is_refused(self, kind: str) -> None:
        value: Any = {"list": list, "dict": dict, "deque": deque, "tuple": list, "OrderedDict": OrderedDict}[kind]()
        if kind in {"dict", "OrderedDict"}:
            value["self"] = [value]
        else:
            value.append((value,) if kind == "tuple" else value)
        with pytest.raises(ValueCodecError, match=f"more than {MAX_DEPTH} levels"):
            encode(value)

    def test_counts_for_the_deepest_of_many(self) -> None:
        with pytest.raises(ValueCodecError):
            encode([1, [2], nested(MAX_DEPTH, lambda value: [value])])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An encoded value with some bytes changed, dropped or put in."""
    data = bytearray(encode(draw(values)))
    alphabet = st.sampled_from(b'[]{}",:0123456789-.eENxtfnIadosBbcRqCODFTYHLri\\u\xff\x00 ')
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 3))
        data[start : start + length] = bytes(draw(st.lists(alphabet, max_size=3)))
    return bytes(data)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("2024-01-01T00:00:00Z")
)
tags = st.sampled_from("itodsfbBcRqCODnFTYHLrz")
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(tags, inner, min_size=1, max_size=2),
    max_leaves=15,
)


class TestHostileBytes:
    @staticmethod
    def harmless(data: bytes) -> None:
        """Whatever comes out can cross again, so there is nothing in it but plain data."""
        try:
            value = decode(data)
        except ValueCodecError:
            return
        encode(value)

    @settings(PATIENT, max_examples=500)
    @given(st.binary(max_size=64))
    def test_any(self, data: bytes) -> None:
        self.harmless(data)

    @settings(PATIENT, max_examples=500)
    @given(damaged())
    def test_damaged(self, data: bytes) -> None:
        self.harmless(data)

    @settings(PATIENT, max_examples=1000)
    @given(trees)
    def test_every_tag_with_any_payload(self, tree: Any) -> None:
        self.harmless(json.dumps(tree).encode())

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"nonsense",
            b"[1",
            b"{}",
            b'{"t":[1],"s":[1]}',
            b'{"z":1}',
            b'{"__class__":"x"}',
            b'{"t":1}',
            b'{"t":"ab"}',
            b'{"o":[1]}',
            b'{"i":"0xzz"}',
            b'{"i":12}',
            b'{"s":[[1]]}',
            b'{"f":[{"s":[1]}]}',
            b'{"d":[[[1],2]]}',
            b'{"d":[[1]]}',
            b'{"d":[[1,2,3]]}',
            b'{"C":[[[],1]]}',
            b'{"b":"***"}',
            b'{"b":"\\ud800"}',
            b'{"b":1}',
            b'{"c":["x","y"]}',
            b'{"c":[1e999,{}]}',
            b'{"R":[1,2,0]}',
            b'{"R":[1.5]}',
            b'{"q":[[1],-1]}',
            b'{"q":[1,2]}',
            b'{"n":"1.2.3"}',
            b'{"n":{}}',
            b'{"F":[1,0]}',
            b'{"F":["1/2"]}',
            b'{"F":[1.5,2.5]}',
            b'{"T":"yesterday"}',
            b'{"T":1}',
            b'{"T":"2024-01-01T00:00:00+99:00"}',
            b'{"Y":"2024-13-01"}',
            b'{"H":"25:00"}',
            b'{"L":[1e300]}',
            b'{"L":[NaN]}',
            b'{"r":[1]}',
            b'{"r":[1.5,"x",true,0]}',
            b'{"r":[[1],"x",true,0]}',
            b'{"r":[true,"x",true,0]}',
            b'{"r":[1,2,true,0]}',
            b"1" * 5000,
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"t":[' * 50_000 + b"]}" * 50_000,
            b'{"o":{"a":' * 50_000,
            b"\xff\xfe\x00",
            b'"\x01"',
        ],
        ids=lambda data: data[:24].decode("latin-1"),
    )
    def test_is_refused(self, data: bytes) -> None:
        with pytest.raises(ValueCodecError, match=r"^malformed value"):
            decode(data)

    def test_a_reference_is_cut_to_its_allowed_size(self) -> None:
        assert decode(b'{"r":["f","' + b"x" * 10_000 + b'",1,0]}') == Reference("f", "x" * 200, is_callable=False)

    def test_a_large_number_takes_no_time(self) -> None:
        started = clock.process_time()
        assert decode(b'{"i":"0x' + b"f" * 4_000_000 + b'"}').bit_length() == 16_000_000
        with pytest.raises(ValueCodecError):
            decode(b"9" * 4_000_000)
        assert clock.process_time() - started < 10


class Chosen(tuple[int]):
    """Hashes as it likes, so that a set of these is built in no time, and is a set of plain tuples once it crossed."""

    __slots__ = ()
    _fields = ()

    def __hash__(self) -> int:
        return self[0] // PRIME


class TestWhatIsSlowToRebuild:
    @pytest.mark.parametrize(
        "collect",
        [
            set,
            frozenset,
            dict.fromkeys,
            Counter,
            OrderedDict.fromkeys,
            lambda keys: defaultdict(int, dict.fromkeys(keys)),
        ],
        ids=["set", "frozenset", "dict", "Counter", "OrderedDict", "defaultdict"],
    )
    def test_a_table_of_keys_that_collide(self, collect: Any) -> None:
        data = encode(collect([Chosen((number * PRIME,)) for number in range(20_000)]))
        started = clock.process_time()
        with pytest.raises(ValueCodecError, match="too many keys share a hash"):
            decode(data)
        assert clock.process_time() - started < 2

    def test_a_few_keys_may_collide(self) -> None:
        value = {number * PRIME: number for number in range(50)}
        assert decode(encode(value)) == value

    def test_a_fraction_of_large_parts(self) -> None:
        large = Fraction((1 << 60_000) + 1, 3)
        assert decode(encode(large)) == large
        for parts in (((1 << 4_000_000) + 1, 1 << 3_999_999), (1, 1 << 4_000_000)):
            data = json.dumps({"F": [{"i": hex(part)} for part in parts]}).encode()
            with pytest.raises(ValueCodecError, match="a fraction has parts of more than"):
                decode(data)
