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
    from grader.tools.remote.delivery import Invocable
    from grader.types import Grade

__all__ = ["RemoteFileRun"]


@dataclass(slots=True)
class RemoteFileRun:
    """Grades the lines of a file on a function, except those that an earlier run has graded."""

    function: Invocable
    results: ResumableResults
    concurrency: int
    batch_size: int
    on_result: Callable[[SampleLine, Grade], None]
    """Called with every line that was graded now, and its grade, in the order they are ready."""
    on_kept: Callable[[SampleLine, Grade], None]
    """Called with every line that an earlier run had graded, and its grade."""
    on_failure: Callable[[SampleLine, Grade], None]
    """Called, instead, with every line that the function could not grade, and an unscored grade with the reason."""
    _sent: dict[int, SampleLine] = field(default_factory=dict)

    def grade(self, lines: Iterable[SampleLine]) -> None:
        """Grade the lines.

        Raises:
            InputError: the function may no longer be invoked, or the rest of the lines cannot be read.
            CloudError: AWS has failed, or cannot be reached.
        """
        fan_out = FanOut(self.function, concurrency=self.concurrency, batch_size=self.batch_size)
        for result in fan_out.grade(self._items(lines)):
            line = self._sent.pop(result.item.line)
            (self.on_result if result.delivered else self.on_failure)(line, result.grade)
        # Only now, when all lines were read: an interrupted run must keep the results of lines it did not reach.
        self.results.complete = True

    def _items(self, lines: Iterable[SampleLine]) -> Iterator[RequestItem]:
        """Yield the items to be sent; report the lines that need not be sent on the way."""
        for line in lines:
            stored = self.results.stored_result(line.number, line.digest)
            if stored is not None:
                self.on_kept(line, read_result(stored, sample_id=line.sample.id))
                continue
            item = _make_item(line)
            if isinstance(item, SampleError):
                self.on_result(line, unscored_grade(line.sample.id, str(item)))
                continue
            # without the document: the item holds its bytes, and hundreds of lines wait at a time
            self._sent[line.number] = SampleLine(line.number, line.size, line.sample, None, line.digest)
            yield item


def _make_item(line: SampleLine) -> RequestItem | SampleError:
    sample = line.sample
    if isinstance(sample, BadSample):
        return sample.error
    assert isinstance(line.document, dict)
    try:
        return RequestItem.of(line.document, line=line.number, sample_id=sample.id)
    except NotSendableError as error:
        return SampleError(sample_label(sample.id, line.number - 1), "sample", str(error))
