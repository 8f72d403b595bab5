"""Framed messages over a stream socket, blocking, and descriptors over a local one."""

from __future__ import annotations

import array
import os
import socket
from typing import TYPE_CHECKING, Final

from sandbox.errors import ProcessLostError

if TYPE_CHECKING:
    import _socket
    from collections.abc import Sequence

__all__ = [
    "BYTE_ORDER",
    "HEADER_BYTES",
    "FrameReader",
    "frame",
    "frame_length",
    "receive_descriptors",
    "receive_frame",
    "send_descriptors",
    "send_frame",
    "write_all",
]

HEADER_BYTES = 4
BYTE_ORDER: Final = "big"
_INT_BYTES = array.array("i").itemsize
# Plain numbers: an answer's process that uses members of enumerations copies some fifty pages more.
_CLOSE_ON_EXEC, _SOCKET_LEVEL, _RIGHTS = map(int, (socket.MSG_CMSG_CLOEXEC, socket.SOL_SOCKET, socket.SCM_RIGHTS))
_space_of = socket.CMSG_SPACE
_CHUNK = 1 << 20
_SMALL_CHUNK = 1 << 12
"""Bytes to read where no more are known to come. For more the allocator would merge its free chunks, all over the heap,
which costs a process that was just forked a copy of each page."""
_read, _write = os.read, os.write
"""Kept here because an answer can replace them in its process, and test code in its own."""


def frame(payload: bytes) -> bytes:
    """Return the payload with its length before it, as one message. Up to 4 GiB."""
    return len(payload).to_bytes(HEADER_BYTES, BYTE_ORDER) + payload


def frame_length(header: bytes | bytearray) -> int:
    """Return the number of bytes of payload that follow this header."""
    return int.from_bytes(header[:HEADER_BYTES], BYTE_ORDER)


def receive_frame(descriptor: int, *, prefix: bytes = b"") -> bytes:
    """Read one frame, blocking.

    Args:
        descriptor: a stream.
        prefix: bytes of the frame that were read before.

    Returns:
        The payload; empty at the end of the stream.

    Raises:
        ProcessLostError: the stream ended inside a frame.
    """
    data = bytearray(prefix)
    while len(data) < HEADER_BYTES:
        chunk = _read(descriptor, HEADER_BYTES - len(data))
        if not chunk:
            if data:  # at the end of a frame it would have been an orderly end
                raise ProcessLostError("a message ended early")
            return b""
        data += chunk
    size = HEADER_BYTES + frame_length(data)
    while len(data) < size:
        # os.read allocates as much as it is asked for, and the length is only what the sender claims.
        chunk = _read(descriptor, min(size - len(data), _CHUNK))
        if not chunk:
            raise ProcessLostError("a message ended early")
        data += chunk
    return bytes(memoryview(data)[HEADER_BYTES:])


class FrameReader:
    """Reads frames of which several may come at a time, blocking.

    Args:
        descriptor: a stream.
        data: bytes that were read before.
    """

    __slots__ = ("_data", "_descriptor")

    def __init__(self, descriptor: int, data: bytes = b"") -> None:
        self._descriptor = descriptor
        self._data = data

    def receive(self) -> bytes:
        """Return the payload of the next frame; empty at the end of the stream.

        Raises:
            ProcessLostError: the stream ended inside a frame.
        """
        data = bytearray(self._data)
        while len(data) < HEADER_BYTES or len(data) < HEADER_BYTES + frame_length(data):
            missing = HEADER_BYTES + frame_length(data) - len(data) if len(data) >= HEADER_BYTES else 0
            chunk = _read(self._descriptor, min(max(missing, _SMALL_CHUNK), _CHUNK))
            if not chunk:
                if data:
                    raise ProcessLostError("a message ended early")
                return b""
            data += chunk
        end = HEADER_BYTES + frame_length(data)
        self._data = bytes(memoryview(data)[end:])
        return bytes(memoryview(data)[HEADER_BYTES:end])


def send_frame(descriptor: int, payload: bytes) -> None:
    """Write one frame, blocking."""
    write_all(descriptor, frame(payload))


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, blocking; write(2) may take less at a time."""
    view = memoryview(data)
    while view:
        view = view[_write(descriptor, view) :]


def send_descriptors(channel: _socket.socket, payload: bytes, descriptors: Sequence[int]) -> int:
    """Send payload and open descriptors (unix(7), SCM_RIGHTS); return the number of bytes of the payload sent."""
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    return channel.sendmsg([payload], ancillary)


def receive_descriptors(channel: _socket.socket, size: int, count: int) -> tuple[bytes, list[int]]:
    """Receive up to ``size`` bytes and up to ``count`` descriptors; empty bytes at the end of the stream."""
    # Close-on-exec from the start, or a program that another thread starts in between would inherit them.
    payload, ancillary, _, _ = channel.recvmsg(size, _space_of(count * _INT_BYTES), _CLOSE_ON_EXEC)
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == _SOCKET_LEVEL and kind == _RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % _INT_BYTES])
    return payload, list(descriptors)
