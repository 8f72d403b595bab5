"""Samples that lm-eval has logged (``--log_samples``): the row of the data set and the model's texts in one line.

Source: ``lm_eval/evaluator.py`` and ``lm_eval/tasks/humaneval/utils.py`` of lm-evaluation-harness 0.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.errors import FieldError
from grader.tools.datasets.completions import SampleNames
from grader.tools.datasets.tasks import RowError, read_task, task_id
from grader.tools.files.samples import bad_sample, completion_texts

if TYPE_CHECKING:
    from grader.tools.files.rows import Row
    from grader.types import BadSample, Sample

__all__ = ["LoggedSamples"]


class LoggedSamples:
    """Reads the lines of one file, each with ``doc``, ``doc_id`` and ``resps``."""

    def __init__(self) -> None:
        self._names = SampleNames()
        self._filter: Any = None
        """The filter of the file; ``None`` before its first line."""

    def read(self, line: Row) -> list[Sample | BadSample]:
        """Return a sample for each completion of a line; a `BadSample` for a line that cannot be read."""
        row = line.document
        chosen = row.get("filter", "")
        if self._filter is None:
            self._filter = chosen
        # lm-eval writes every sample once for each filter; counted together they would all be graded twice
        if chosen != self._filter:
            names = f"is {str(chosen)[:40]!a}, and the file began with {str(self._filter)[:40]!a}"
            return [bad_sample(line, "filter", f"{names}; grade the lines of one filter")]
        if not isinstance(row["doc"], Mapping):
            return [bad_sample(line, "doc", f"is of type {type(row['doc']).__name__}, not a row of a data set")]
        try:
            task = read_task(replace(line, document=row["doc"]))
            completions = _completions(row)
        except RowError as error:
            return [bad_sample(line, "doc", str(error))]
        except FieldError as error:
            return [bad_sample(line, error.field, error.message)]
        name = task_id(row["doc"]) or f"doc-{row['doc_id']}"
        return self._names.samples(name, task, completions, "doc")


def _completions(row: Mapping[str, Any]) -> list[str]:
    """Return what lm-eval itself has graded: the filtered responses, or else the responses.

    Raises:
        FieldError: these are no texts.
    """
    for key in ("filtered_resps", "resps"):
        value = row.get(key)
        if isinstance(value, list) and value:
            # one list for each request of the sample, of which a task that generates has one
            return completion_texts([text for one in value for text in (one if isinstance(one, list) else [one])], key)
    raise FieldError("resps", "is not a list of lists of texts")
