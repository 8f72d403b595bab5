"""JSON lines as samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from grader.aws.samples import read_sample
from grader.dataset.json_lines import JsonLines
from grader.errors import SampleError
from grader.sample import BadSample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.dataset.json_lines import JsonLine
    from grader.sample import Sample

__all__ = ["Line", "SampleFile"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds something."""

    number: int
    """From 1, blank lines counted."""
    size: int
    """Bytes of it."""
    sample: Sample | BadSample
    document: object = None
    """What the line says."""
    digest: str = ""
    """Of its text."""


class SampleFile:
    """Samples of a file, read as they are asked for. A context manager, good for one iteration.

    Args:
        name: path of the file; ``-`` is standard input.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str) -> None:
        self._lines = JsonLines(name)
        self.name = self._lines.name
        self.size = self._lines.size
        """Bytes on disk; ``None`` where that is not known."""

    @property
    def position(self) -> int:
        """Bytes of `size` that have been read; 0 where that is not known."""
        return self._lines.position

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Line]:
        """Every line that holds something; what cannot be read as a sample is a `BadSample`.

        Raises:
            InputError: the rest of the file cannot be read, or there is not a single sample.
        """
        for line in self._lines:
            yield Line(line.number, line.size, _sample(line), line.document, line.digest)


def _sample(line: JsonLine) -> Sample | BadSample:
    place = line.number - 1
    if line.complaint:
        return BadSample(f"sample-{place}", SampleError(f"#{place}", "sample", line.complaint))
    return read_sample(line.document, place)
