"""Write result files: a row for each sample, in order or resumed after an interrupted run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from grader.errors import InputError
from grader.lambda_api import Envelope, write_response
from grader.text import json_line
from grader.tools.files.details import grade_details
from grader.tools.files.tables import TableFile, is_table
from grader.tools.files.writers import OutputFile, Replacement
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.types import Grade

__all__ = ["ResultFile", "ResumableResults", "result_document"]

_REQUIRED_KEYS: Final = frozenset({"aggregate_reward_score", "digest", "id", "line", "metrics_list", "status"})


def result_document(
    grade: Grade, line: int, digest: str, *, unscored_reward: float, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a result as JSON data: the Lambda's with its details, and the sample's line.

    Args:
        grade: the grade of the sample.
        line: line number of the sample, from 1.
        digest: digest of the sample's line.
        unscored_reward: reward of a sample without a score.
        details: more fields, such as the answer and its tests (`grade_details`).
    """
    response = write_response([grade], Envelope.LIST, unscored_reward=unscored_reward, detailed=True)
    assert isinstance(response, list)
    flat = {metric["name"]: metric["value"] for metric in response[0]["metrics_list"]}
    more: dict[str, Any] = {"metrics": flat, "line": line, "digest": digest}
    return response[0] | more | dict(details or {})


def _to_line(document: dict[str, Any]) -> bytes:
    return (json_line(document) + "\n").encode()


class ResultFile(OutputFile):
    """A file with a row for each sample, as they come. A context manager.

    JSON lines can be read while they are written. With the suffix ``.csv`` or ``.parquet`` it is a table.

    Args:
        path: the file, which is replaced; ``None`` writes nowhere.
        source: path of the file that samples are read from, which must be another one.
        unscored_reward: reward of a sample without a score.
        details: True to add the answer and its tests to each result.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: str | None, *, source: str, unscored_reward: float, details: bool = False) -> None:
        super().__init__(path, source=source, source_holds="samples")
        self.written = 0
        self._unscored_reward = unscored_reward
        self._details = details
        self._file: BinaryIO | None = None
        self._table: TableFile | None = None
        if path is None:
            return
        try:
            if is_table(path):
                self._table = TableFile(Path(path))
                return
            # without a buffer, so that each result can be read as soon as it is there
            self._file = Path(path).open("wb", buffering=0)  # noqa: SIM115 - this is the context manager
        except (OSError, ValueError) as error:
            raise self._error(error) from None

    def write(self, grade: Grade, line: int, digest: str = "", *, prompt: str = "") -> None:
        """Write the next result.

        Args:
            grade: the grade of the sample.
            line: line number of the sample, from 1.
            digest: digest of the sample's line.
            prompt: prompt of the sample, one of the details.

        Raises:
            InputError: the file cannot be written.
        """
        if self.path is None:
            self.written += 1
            return
        details = grade_details(grade, prompt) if self._details else None
        unscored_reward = self._unscored_reward
        self.write_document(result_document(grade, line, digest, unscored_reward=unscored_reward, details=details))

    def write_document(self, document: dict[str, Any]) -> None:
        """Write a result that is JSON data already.

        Raises:
            InputError: the file cannot be written.
        """
        self.written += 1
        try:
            if self._table is not None:
                self._table.write(document)
            elif self._file is not None:
                _write_all(self._file, _to_line(document))
        except (OSError, ValueError) as error:
            raise self._error(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._table is not None:
            try:
                self._table.close()
            except (OSError, ValueError) as error:
                raise self._error(error) from None
        if self._file is not None:
            # nothing is buffered: an error of closing was an error of writing before, and was raised then
            with contextlib.suppress(OSError):
                self._file.close()


@dataclass(frozen=True, slots=True)
class _StoredResult:
    """A result, and its position in the file."""

    digest: str
    offset: int
    size: int
    scored: bool


class ResumableResults(OutputFile):
    """A file of results like that of `ResultFile`, to which an interrupted run is added. A context manager.

    Results are appended as they come, each in one write. A last line that was torn by the end of a run is dropped. When
    the context is left, for whatever reason, the results are put in the order of their lines, one for each line, in a
    new file that replaces the old one.

    Args:
        path: the file; ``None`` writes nowhere.
        source: path of the file that samples are read from, which must be another one.
        unscored_reward: reward of a sample without a score.

    Raises:
        InputError: the file cannot be written, holds something else than results, or is being written by another run.
    """

    def __init__(self, path: str | None, *, source: str, unscored_reward: float) -> None:
        super().__init__(path, source=source, source_holds="samples")
        self.complete = False
        """True once every line was read. Results of lines that no longer exist are dropped then."""
        self._unscored_reward = unscored_reward
        self._stored: dict[int, _StoredResult] = {}
        self._current: set[int] = set()
        self._file: BinaryIO | None = None
        if path is None:
            return
        if is_table(path):
            raise InputError(
                f"{path}: results of a function can be added to, unlike a table; name a file of JSON lines"
            )
        try:
            self._regular = not Path(path).exists() or Path(path).is_file()
            self._file = self._opened(Path(path))
        except (OSError, ValueError) as error:
            raise self._error(error) from None

    def stored_result(self, line: int, digest: str) -> dict[str, Any] | None:
        """Return the result of an earlier run for the same sample; ``None`` where there is none, or it has no score.

        Raises:
            InputError: the file cannot be read.
        """
        stored = self._stored.get(line)
        # The digest tells if the sample has changed since. A line without one was too long to be read.
        if stored is None or not stored.scored or stored.digest != digest or not digest:
            return None
        # The line still exists, so its result outlives the rewriting at the end.
        self._current.add(line)
        result: dict[str, Any] = json.loads(self._line_of(stored))
        return result

    def write(self, grade: Grade, line: int, digest: str, *, prompt: str = "") -> None:
        """Add a result. The prompt is not stored, as functions return no details either.

        Raises:
            InputError: the file cannot be written.
        """
        del prompt
        if self._file is None:
            return
        text = _to_line(result_document(grade, line, digest, unscored_reward=self._unscored_reward))
        try:
            offset = self._file.seek(0, os.SEEK_END) if self._regular else 0
            _write_all(self._file, text)
        except OSError as error:
            raise self._error(error) from None
        self._current.add(line)
        self._stored[line] = _StoredResult(digest, offset, len(text), grade.status is GradeStatus.SCORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is None:
            return
        try:
            if self._regular:
                self._put_in_order()
        finally:
            # nothing is buffered, see ResultFile
            with contextlib.suppress(OSError):
                self._file.close()

    def _opened(self, path: Path) -> BinaryIO:
        if not self._regular:
            return path.open("wb", buffering=0)
        # opened without truncating it, as it may hold the results of an earlier run or be someone's other file
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b", buffering=0)
        try:
            # flock(2) is released by the kernel at the end of the process, so a run that was killed leaves no lock
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(self._load(path))
        except BlockingIOError:
            file.close()
            raise InputError(f"{path}: another run is writing it") from None
        except BaseException:
            file.close()
            raise
        return file

    def _load(self, path: Path) -> int:
        """Load the results of an earlier run, and return how many bytes they have."""
        offset = 0
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, 1):
                # The line was torn by the end of the run that wrote it.
                if not raw.endswith(b"\n"):
                    break
                result = _parse_result(raw)
                if result is None:
                    raise InputError(
                        f"{path}:{number}: is not a result of this command, which would add to the file; remove it, or "
                        "name another"
                    )
                scored = result["status"] == GradeStatus.SCORED
                self._stored[result["line"]] = _StoredResult(str(result["digest"]), offset, len(raw), scored)
                offset += len(raw)
        return offset

    def _line_of(self, stored: _StoredResult) -> bytes:
        assert self._file is not None
        try:
            return os.pread(self._file.fileno(), stored.size, stored.offset)
        except OSError as error:
            raise self._error(error) from None

    def _put_in_order(self) -> None:
        """Replace the file by one with every result once, in the order of the lines.

        Raises:
            InputError: it cannot be written; then the file is as it was.
        """
        assert self.path is not None
        target = Path(self.path).resolve()
        replacement = Replacement(target)
        try:
            with replacement.open() as sorted_file:
                for raw in self._in_order():
                    sorted_file.write(raw)
            replacement.commit(target.stat().st_mode & 0o777)
        except OSError as error:
            replacement.discard()
            raise self._error(error) from None

    def _in_order(self) -> Iterator[bytes]:
        lines = self._current if self.complete else self._stored
        for line in sorted(lines):
            yield self._line_of(self._stored[line])


def _write_all(file: BinaryIO, text: bytes) -> None:
    """Write to a file without a buffer, which may take a part at a time when the disk is nearly full (write(2))."""
    written = file.write(text)
    while written < len(text):
        written += file.write(text[written:])


def _parse_result(raw: bytes) -> dict[str, Any] | None:
    try:
        result = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    # Strict, because a file that is taken for results is truncated and rewritten.
    if not isinstance(result, dict) or not result.keys() >= _REQUIRED_KEYS or not isinstance(result["line"], int):
        return None
    return result
