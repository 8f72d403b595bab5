"""Results as JSON lines, written in order as they get ready."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Self

from grader.aws.contract import Envelope, write_response
from grader.errors import InputError
from grader.report import json_line

if TYPE_CHECKING:
    from grader.grade import Grade

__all__ = ["ResultFile", "result_line"]


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
