"""Write files of JSON lines: never over the input, and never half a file."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from grader.errors import InputError
from grader.text import json_line

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AtomicFile", "OutputFile", "Replacement"]


class OutputFile:
    """A file that is written while another is read.

    Args:
        path: the file; ``None`` writes nowhere.
        source: path of the file that is read meanwhile, which must be another one.
        source_holds: word for what the source holds, in the error message.

    Raises:
        InputError: it is the source, or its path is wrong.
    """

    def __init__(self, path: str | None, *, source: str, source_holds: str) -> None:
        self.path = path
        if path is None:
            return
        try:
            # by device and inode, as one file may have several names
            if Path(source).is_file() and Path(path).exists() and Path(path).samefile(source):
                raise InputError(f"{path}: is the file the {source_holds} are in; --out must be another")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise self._error(error) from None

    def _error(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: {getattr(error, 'strerror', None) or error}")


class Replacement:
    """A new file beside another one, which it replaces once it is complete.

    It is in the same folder, because a rename is atomic within one file system only (rename(2)).
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")

    def open(self) -> BinaryIO:
        """Create the new file."""
        return self._path.open("xb")

    def commit(self, mode: int | None = None) -> None:
        """Replace the target.

        Args:
            mode: permissions of the new file; ``None`` leaves those of any new file.
        """
        if mode is not None:
            self._path.chmod(mode)
        self._path.replace(self._target)

    def discard(self) -> None:
        """Remove the new file, if it is there."""
        with contextlib.suppress(OSError):
            self._path.unlink()


class AtomicFile(OutputFile):
    """JSON lines under a temporary name, which replace the file once all went well. A context manager.

    Args:
        path: the file. A pipe or a terminal is written to as it is.
        source: path of the file that is read meanwhile, which must be another one.

    Raises:
        InputError: the file cannot be written; entering it may raise that, too.
    """

    def __init__(self, path: str, *, source: str) -> None:
        super().__init__(path, source=source, source_holds="rows")
        self._replacement: Replacement | None = None
        self._file: BinaryIO | None = None
        try:
            # through a symbolic link, so that the link stays, and what it points to is replaced
            self._target = Path(path).resolve()
            if self._target.is_dir():
                raise InputError(f"{path}: is a directory")
            if not self._target.exists() or self._target.is_file():
                self._replacement = Replacement(self._target)
        except (OSError, ValueError) as error:
            raise self._error(error) from None

    def __enter__(self) -> Self:
        try:
            self._file = self._target.open("wb") if self._replacement is None else self._replacement.open()
        except OSError as error:
            raise self._error(error) from None
        except BaseException:  # Ctrl-C, after the file was made
            self._discard()
            raise
        return self

    def write(self, document: Any) -> None:
        """Write the next line.

        Raises:
            InputError: the file cannot be written.
            ValueError: the document cannot be written as JSON.
        """
        line = json_line(document) + "\n"
        assert self._file is not None
        try:
            self._file.write(line.encode("ascii"))
        except OSError as error:
            raise self._error(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        assert self._file is not None
        try:
            # closed first: the last bytes are written then, and a full disk is found
            self._file.close()
            if self._replacement is not None:
                self._replacement.commit()
        except OSError as failure:
            self._discard()
            raise self._error(failure) from None
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.close()
        if self._replacement is not None:
            self._replacement.discard()
