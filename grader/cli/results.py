"""Results as JSON lines, written in order as they get ready."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from grader.aws.contract import Envelope, write_response
from grader.errors import InputError
from grader.report import json_line

if TYPE_CHECKING:
    from grader.grade import Grade

__all__ = ["ResultFile"]


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

    def write(self, grade: Grade, line: int) -> None:
        """Write the next result.

        Raises:
            InputError: the file cannot be written.
        """
        self.written += 1
        if self._file is None:
            return
        try:
            self._file.write(json_line(self._entry(grade, line)) + "\n")
            self._file.flush()
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror}") from None

    def _entry(self, grade: Grade, line: int) -> dict[str, Any]:
        response = write_response([grade], Envelope.LIST, unscored_reward=self._unscored_reward)
        assert isinstance(response, list)
        verdicts = [test.verdict.value for test in grade.tests]
        return response[0] | {
            "line": line,
            "status": grade.status.value,
            "reason": grade.reason,
            "extraction_rule": grade.extraction_rule,
            "verdicts": verdicts,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            # every result was flushed: what fails now has failed before, and was told then
            with contextlib.suppress(OSError):
                self._file.close()
