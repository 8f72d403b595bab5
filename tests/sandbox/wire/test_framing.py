"""Frames and descriptors over sockets."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import (
    HEADER_BYTES,
    frame,
    frame_length,
    receive_descriptors,
    receive_frame,
    send_descriptors,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


class TestFrames:
    def test_have_their_length_before_them(self) -> None:
        assert frame(b"abc") == b"\0\0\0\3abc"
        assert frame_length(frame(b"x" * 70_000)) == 70_000
        assert frame_length(bytearray(frame(b""))) == 0

    @settings(deadline=None)
    @given(st.lists(st.binary(min_size=1, max_size=2000), max_size=5))
    def test_come_one_by_one_and_then_the_end(self, payloads: list[bytes]) -> None:
        left, right = socket.socketpair()
        with left, right:
            left.sendall(b"".join(map(frame, payloads)))
            left.close()
            assert [receive_frame(right.fileno()) for _ in payloads] == payloads
            assert receive_frame(right.fileno()) == b""

    def test_come_whole_however_they_were_cut(self, pair: Pair) -> None:
        payload = bytes(range(256)) * 20_000

        def dribble() -> None:
            data = frame(payload)
            for start, end in ((0, 1), (1, 3), (3, 5), (5, 100_000), (100_000, len(data))):
                pair[0].sendall(data[start:end])

        sender = threading.Thread(target=dribble)
        sender.start()
        assert receive_frame(pair[1].fileno()) == payload
        sender.join()

    @pytest.mark.parametrize("known", [0, 1, HEADER_BYTES, HEADER_BYTES + 2, HEADER_BYTES + 5])
    def test_may_have_been_read_in_part(self, pair: Pair, known: int) -> None:
        data = frame(b"hello")
        pair[0].sendall(data[known:] + frame(b"next"))
        assert receive_frame(pair[1].fileno(), prefix=data[:known]) == b"hello"
        assert receive_frame(pair[1].fileno()) == b"next"

    @pytest.mark.parametrize("sent", [1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 4])
    def test_that_end_early_are_an_error(self, pair: Pair, sent: int) -> None:
        pair[0].sendall(frame(b"hello")[:sent])
        pair[0].close()
        with pytest.raises(ProcessLostError, match="a message ended early"):
            receive_frame(pair[1].fileno())

    def test_of_a_stream_that_ended_inside_the_part_read_before_are_an_error(self, pair: Pair) -> None:
        pair[0].close()
        with pytest.raises(ProcessLostError, match="a message ended early"):
            receive_frame(pair[1].fileno(), prefix=b"\0")


class TestDescriptors:
    def test_cross_with_the_payload(self, pair: Pair) -> None:
        reader, writer = os.pipe()
        assert send_descriptors(pair[0], b"word", [reader, writer]) == 4
        payload, received = receive_descriptors(pair[1], 100, 2)
        assert (payload, len(received)) == (b"word", 2)
        os.close(reader)
        os.close(writer)
        os.write(received[1], b"through")
        assert os.read(received[0], 100) == b"through"
        for descriptor in received:
            assert not os.get_inheritable(descriptor)
            os.close(descriptor)

    def test_may_be_none(self, pair: Pair) -> None:
        assert send_descriptors(pair[0], b"word", []) == 4
        assert receive_descriptors(pair[1], 100, 0) == (b"word", [])

    def test_end_with_the_stream(self, pair: Pair) -> None:
        pair[0].close()
        assert receive_descriptors(pair[1], 100, 2) == (b"", [])

    def test_that_are_not_received_do_not_stay_open(self, pair: Pair) -> None:
        reader, writer = os.pipe()
        send_descriptors(pair[0], b"word", [writer])
        os.close(writer)
        assert receive_descriptors(pair[1], 100, 0) == (b"word", [])
        pair[0].close()
        assert os.read(reader, 1) == b""  # so no process can write to it any more
        os.close(reader)

    def test_a_large_payload_goes_out_in_part(self, pair: Pair) -> None:
        pair[0].setblocking(False)
        payload = b"x" * 10_000_000
        sent = send_descriptors(pair[0], payload, [])
        assert 0 < sent < len(payload)
