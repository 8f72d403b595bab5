"""Frames that come together, in pieces, and not at all."""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import FrameReader, frame

if TYPE_CHECKING:
    from collections.abc import Sequence


def received(stream: bytes, cuts: Sequence[int] = (), prefix: int = 0) -> list[bytes]:
    """Return the frames that are read from a stream that comes in pieces, of which the reader got a prefix before."""
    reader, writer = os.pipe()
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})

    def write() -> None:
        start = prefix
        for end in ends:
            os.write(writer, stream[start : max(start, end)]) if end > start else None
            start = max(start, end)
        os.close(writer)

    thread = Thread(target=write)
    thread.start()
    try:
        frames = FrameReader(reader, stream[:prefix])
        found = []
        while payload := frames.receive():
            found.append(payload)
        return found
    finally:
        thread.join()
        os.close(reader)


@given(
    st.lists(st.binary(min_size=1, max_size=9000), max_size=5), st.lists(st.integers(0, 20000)), st.integers(0, 9000)
)
def test_frames_are_the_same_however_they_come(payloads: list[bytes], cuts: list[int], prefix: int) -> None:
    stream = b"".join(map(frame, payloads))
    assert received(stream, cuts, min(prefix, len(stream))) == payloads


def test_a_stream_that_ends_inside_a_frame_is_an_error() -> None:
    with pytest.raises(ProcessLostError):
        received(frame(b"abc")[:-1])
    with pytest.raises(ProcessLostError):
        received(frame(b"abc") + b"\0")
