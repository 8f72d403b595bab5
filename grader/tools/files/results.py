"""Result files: one JSON line for each sample, written in order or resumed after an interrupted run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from grader.errors import InputError
from grader.lambda_api import Envelope, write_response
from grader.text import json_line
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.types import Grade

__all__ = ["ResultFile", "ResumableResults", "result_line"]


class ResultFile:
    """A file with one line for each sample: the Lambda's result for it, and what else there is to know.

    Args:
        path: the file, which is replaced; ``None`` writes nowhere.
        source: the file that samples are read from, which must be another.
        unscored_reward: what a sample without a score gets.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: str | None, *, source: str, unscored_reward: float) -> None:
        self.path = path
        self.written = 0
        self._unscored_reward = unscored_reward
        self._file = None
        if path is None:
            return
        try:
            if Path(source).is_file() and Path(path).exists() and Path(path).samefile(source):
                raise InputError(f"{path}: is the file the samples are in; --out must be another")
            self._file = Path(path).open("w", encoding="ascii")  # noqa: SIM115  # this is the context manager
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None

    def write(self, grade: Grade, line: int, digest: str = "") -> None:
        """Write the next result.

        Args:
            grade: what the sample got.
            line: where it is, from 1.
            digest: of the line's text.

        Raises:
            InputError: the file cannot be written.
        """
        self.written += 1
        if self._file is None:
            return
        try:
            self._file.write(result_line(grade, line, digest, unscored_reward=self._unscored_reward))
            self._file.flush()
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            # every result was flushed: what fails now has failed before, and was told then
            with contextlib.suppress(OSError):
                self._file.close()


def result_line(grade: Grade, line: int, digest: str, *, unscored_reward: float) -> str:
    """One result as a line of JSON: the Lambda's, with its details, and where in the file the sample is.

    Args:
        grade: what the sample got.
        line: where it is, from 1.
        digest: of the line's text.
        unscored_reward: what a sample without a score gets.
    """
    response = write_response([grade], Envelope.LIST, unscored_reward=unscored_reward, detailed=True)
    assert isinstance(response, list)
    return json_line(response[0] | {"line": line, "digest": digest}) + "\n"


_REQUIRED_KEYS: Final = frozenset({"aggregate_reward_score", "digest", "id", "line", "metrics_list", "status"})


@dataclass(frozen=True, slots=True)
class _StoredResult:
    """Where a result is in the file."""

    digest: str
    offset: int
    size: int
    scored: bool


class ResumableResults:
    """A file of results like `grader.tools.files.results.ResultFile`'s, which is added to. A context manager.

    Results are appended as they come, each in one write; a last line that was torn by the end of a run is dropped. When
    the manager is left, however that comes, they are put in the order of their lines, one for each line, in a new file
    that takes the place of the old one.

    Args:
        path: the file; ``None`` keeps nothing.
        source: the file that samples are read from, which must be another.
        unscored_reward: what a sample without a score gets.

    Raises:
        InputError: the file cannot be written, holds something else than results, or is being written by another run.
    """

    def __init__(self, path: str | None, *, source: str, unscored_reward: float) -> None:
        self.path = path
        self.complete = False
        """To be set once every line was read: results of lines that are no more are dropped then."""
        self._unscored_reward = unscored_reward
        self._kept: dict[int, _StoredResult] = {}
        self._current: set[int] = set()
        self._file: BinaryIO | None = None
        if path is None:
            return
        try:
            if Path(source).is_file() and Path(path).exists() and Path(path).samefile(source):
                raise InputError(f"{path}: is the file the samples are in; --out must be another")
            self._regular = not Path(path).exists() or Path(path).is_file()
            self._file = self._opened(Path(path))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None

    def kept(self, line: int, digest: str) -> dict[str, Any] | None:
        """The result of an earlier run for this very sample; ``None`` where there is none, or it has no score.

        Raises:
            InputError: the file cannot be read.
        """
        found = self._kept.get(line)
        if found is None or not found.scored or found.digest != digest or not digest:
            return None
        self._current.add(line)
        result: dict[str, Any] = json.loads(self._line_of(found))
        return result

    def write(self, grade: Grade, line: int, digest: str) -> None:
        """Add a result.

        Raises:
            InputError: the file cannot be written.
        """
        if self._file is None:
            return
        text = result_line(grade, line, digest, unscored_reward=self._unscored_reward).encode()
        try:
            offset = self._file.seek(0, os.SEEK_END) if self._regular else 0
            written = self._file.write(text)
            while written < len(text):  # the disk is nearly full
                written += self._file.write(text[written:])
        except OSError as error:
            raise self._error(error) from None
        self._current.add(line)
        self._kept[line] = _StoredResult(digest, offset, len(text), grade.status is GradeStatus.SCORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is None:
            return
        try:
            if self._regular:
                self._put_in_order()
        finally:
            # what fails now has failed before, and was told then
            with contextlib.suppress(OSError):
                self._file.close()

    def _opened(self, path: Path) -> BinaryIO:
        if not self._regular:
            return path.open("wb", buffering=0)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(self._read(path))
        except BlockingIOError:
            file.close()
            raise InputError(f"{path}: another run is writing it") from None
        except BaseException:
            file.close()
            raise
        return file

    def _read(self, path: Path) -> int:
        """Take in what is there; how many bytes of it are results."""
        offset = 0
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, 1):
                if not raw.endswith(b"\n"):
                    break
                result = _parse_result(raw)
                if result is None:
                    raise InputError(
                        f"{path}:{number}: is no result of this command, which would add to the file; remove it, or "
                        "name another"
                    )
                scored = result["status"] == GradeStatus.SCORED
                self._kept[result["line"]] = _StoredResult(str(result["digest"]), offset, len(raw), scored)
                offset += len(raw)
        return offset

    def _line_of(self, kept: _StoredResult) -> bytes:
        assert self._file is not None
        try:
            return os.pread(self._file.fileno(), kept.size, kept.offset)
        except OSError as error:
            raise self._error(error) from None

    def _put_in_order(self) -> None:
        """Write every result once, in the order of the lines, and replace the file by that.

        Raises:
            InputError: it cannot be written; then the file is as it was.
        """
        assert self.path is not None
        target = Path(self.path).resolve()
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            with temporary.open("xb") as sorted_file:
                for raw in self._in_order():
                    sorted_file.write(raw)
            temporary.chmod(target.stat().st_mode & 0o777)
            temporary.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise self._error(error) from None

    def _in_order(self) -> Iterator[bytes]:
        lines = self._current if self.complete else self._kept
        for line in sorted(lines):
            yield self._line_of(self._kept[line])

    def _error(self, error: OSError) -> InputError:
        return InputError(f"{self.path}: {error.strerror or error}")


def _parse_result(raw: bytes) -> dict[str, Any] | None:
    try:
        result = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(result, dict) or not result.keys() >= _REQUIRED_KEYS or not isinstance(result["line"], int):
        return None
    return result
