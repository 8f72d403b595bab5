"""The buffer of ``sys.stdin``: the whole input, which is in memory anyway.

A buffered reader of the interpreter would give the answer its class, which lends memory that it frees
(`sandbox.processes.safe_buffers`); one in Python would be slow.
"""

from __future__ import annotations

import io
from typing import Any, NoReturn

__all__ = ["StandardInput"]


class StandardInput(io.BytesIO):
    """A buffered reader, with all that `io.BufferedReader` has.

    Args:
        raw: the stream below it.
    """

    def __init__(self, raw: io.FileIO) -> None:
        super().__init__()
        self.raw = raw
        vars(self).update(name="<stdin>", mode="rb")

    def fill(self) -> None:
        """Take the whole input; the descriptor stays at its begin, for programs that read it themselves."""
        data = self.raw.readall()
        if data:
            io.BytesIO.__init__(self, data)
            if self.raw.seekable():
                self.raw.seek(0)

    def __repr__(self) -> str:
        return "<_io.BufferedReader name='<stdin>'>"

    def fileno(self) -> int:
        """Return the descriptor."""
        return self.raw.fileno()

    def isatty(self) -> bool:
        """Return ``False``: it is a file."""
        return False

    def peek(self, size: int = 0, /) -> bytes:
        """Return the next bytes, and stay before them."""
        with self.getbuffer() as view:
            return bytes(view[self.tell() : self.tell() + max(size, io.DEFAULT_BUFFER_SIZE)])

    def detach(self) -> Any:
        """Return the stream below, where this one has stopped."""
        if self.raw.seekable():
            self.raw.seek(self.tell())
        return self.raw

    def writable(self) -> bool:
        """Return ``False``."""
        return False

    def write(self, _: Any, /) -> NoReturn:
        """Refuse to write."""
        raise io.UnsupportedOperation("write")

    writelines = truncate = write  # type: ignore[assignment]  # refused, too


StandardInput.__name__ = StandardInput.__qualname__ = "BufferedReader"
StandardInput.__module__ = "_io"
