"""Grade a sample file on a deployed function (``grader grade --on``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.core.scoring import unscored_grade
from grader.errors import SampleError
from grader.tools.files.samples import SampleLine
from grader.tools.remote.fan_out import FanOut
from grader.tools.remote.payloads import NotSendableError, RequestItem, read_result
from grader.types import BadSample, sample_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from grader.tools.files.results import ResumableResults
    from grader.tools.remote.function import RemoteFunction
    from grader.types import Grade

__all__ = ["RemoteFileRun"]


@dataclass(slots=True)
class RemoteFileRun:
    """Grades lines on a function, but those whose grade is known from an earlier run."""

    function: RemoteFunction
    results: ResumableResults
    concurrency: int
    batch_size: int
    on_result: Callable[[SampleLine, Grade], None]
    """Called with every line that was graded now and its grade, in no order."""
    on_kept: Callable[[SampleLine, Grade], None]
    """Called with every line that had been graded before."""
    on_failure: Callable[[SampleLine, Grade], None]
    """Called, instead, with every line that the function could not be brought to grade, and why."""
    _asked: dict[int, SampleLine] = field(default_factory=dict)

    def grade(self, lines: Iterable[SampleLine]) -> None:
        """Grade all of them.

        Raises:
            InputError: the function may not be invoked any more, or the rest of the lines cannot be read.
            CloudError: AWS has failed, or cannot be reached.
        """
        fan_out = FanOut(self.function, concurrency=self.concurrency, batch_size=self.batch_size)
        for outcome in fan_out.grade(self._items(lines)):
            line = self._asked.pop(outcome.item.place)
            (self.on_result if outcome.delivered else self.on_failure)(line, outcome.grade)
        self.results.complete = True

    def _items(self, lines: Iterable[SampleLine]) -> Iterator[RequestItem]:
        """What is to be sent; every other line is settled on the way."""
        for line in lines:
            kept = self.results.kept(line.number, line.digest)
            if kept is not None:
                self.on_kept(line, read_result(kept, sample_id=line.sample.id))
                continue
            item = _make_item(line)
            if isinstance(item, SampleError):
                self.on_result(line, unscored_grade(line.sample.id, str(item)))
                continue
            self._asked[line.number] = SampleLine(line.number, line.size, line.sample, None, line.digest)
            yield item


def _make_item(line: SampleLine) -> RequestItem | SampleError:
    sample = line.sample
    if isinstance(sample, BadSample):
        return sample.error
    assert isinstance(line.document, dict)
    try:
        return RequestItem.of(line.document, place=line.number, sample_id=sample.id)
    except NotSendableError as error:
        return SampleError(sample_label(sample.id, line.number - 1), "sample", str(error))
