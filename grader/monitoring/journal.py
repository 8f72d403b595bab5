"""The journal: what is said of a batch, written where it is read."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any, Final

from grader.grade import GradeStatus
from grader.monitoring.batches import batch_lines
from grader.monitoring.samples import sample_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.config import LogSamples
    from grader.monitoring.graded import Graded

__all__ = ["Journal"]

_log = logging.getLogger(__name__)
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_RUNTIME_API: Final = "AWS_LAMBDA_RUNTIME_API"
_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_INFO: Final = "INFO"
_WARN: Final = "WARN"
_MOST_COMPLAINTS: Final = 20
"""Lines of unscored samples in a batch, where samples have no line of their own."""


class Journal:
    """Writes lines of JSON, each of them whole: on Lambda to stdout, elsewhere to the log of this module.

    On Lambda a line must reach CloudWatch Logs as it is, or no metric is made of it; the runtime client's log handler
    puts it inside of another object, or a time and a level before it. Lines are dropped below the level that the
    function sets (``AWS_LAMBDA_LOG_LEVEL``), as Lambda does it with lines that come by the handler.

    Args:
        samples: how much is said of each sample.
        environ: the environment, which tells of Lambda.
    """

    def __init__(self, samples: LogSamples, environ: Mapping[str, str]) -> None:
        self._samples = samples
        self._raw = _RUNTIME_API in environ
        self._function = environ.get("AWS_LAMBDA_FUNCTION_NAME") or "local"
        level = environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        self._least = _LEVELS.index(level) if self._raw and level in _LEVELS else 0

    def tell(self, graded: Graded) -> None:
        """Write all there is to say of a batch. Failing to is no error of the batch's."""
        at = graded.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = [
            (level, _encode({"timestamp": at, "level": level, **line}).replace("\x7f", "\\u007f"))
            for level, line in self._lines(graded)
            if _LEVELS.index(level) >= self._least
        ]
        if not self._raw:
            for level, line in lines:
                _log.log(logging.WARNING if level == _WARN else logging.INFO, "%s", line)
        elif lines:
            try:
                sys.stdout.write("".join(f"{line}\n" for _, line in lines))  # which is flushed at each write
                sys.stdout.flush()
            except (OSError, ValueError) as error:  # there is no stdout any more
                _log.warning("the log cannot be written: %s", error)

    def _lines(self, graded: Graded) -> Iterator[tuple[str, dict[str, Any]]]:
        complaints = 0
        for place, grade in enumerate(graded.grades):
            is_unscored = grade.status is GradeStatus.UNSCORED
            complaints += is_unscored
            if self._samples != "off" or (is_unscored and complaints <= _MOST_COMPLAINTS):
                yield _WARN if is_unscored else _INFO, sample_line(graded, place, full=self._samples == "full")
        for line in batch_lines(graded, self._function):
            yield _INFO, line
