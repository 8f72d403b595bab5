"""The problems that references say, made ready once for all samples that bring the same."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from grader.functional import PreparedProblem, prepare
from sandbox.errors import ValueCodecError
from sandbox.values import encode
from testcases.address import address_of
from testcases.errors import StoreError
from testcases.formats import read_reference

if TYPE_CHECKING:
    from sandbox.limits import Limits
    from testcases.store import Document

__all__ = ["Problems"]

_MOST = 1024
_MOST_BYTES = 64 * 1024 * 1024
"""Of the exams of those that are kept."""


class Problems:
    """Problems by what they were made of; those that were not asked for longest are forgotten.

    Args:
        limits: what holds where a problem says nothing.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: OrderedDict[tuple[Any, ...], PreparedProblem] = OrderedDict()
        self._size = 0

    def of(self, reference: Any, prompt: str) -> PreparedProblem:
        """The problem of a reference that came with its sample.

        Raises:
            ProblemError: it cannot be read.
            ValueCodecError: it holds what no process can be sent.
        """
        key = sha256(_encoded(reference, prompt)).digest()
        return self._get((key,)) or self._add((key,), reference, prompt, None)

    def of_document(self, document: Document, prompt: str, shape: str | None) -> PreparedProblem:
        """The problem of a reference that was kept elsewhere; it is read as if it had come with the sample.

        Args:
            document: the reference.
            prompt: of the sample.
            shape: name of its format, if anybody says.

        Raises:
            ProblemError: it cannot be read, or is yet another address.
            ValueCodecError: it holds what no process can be sent.
        """
        from testcases.store import value_of  # noqa: PLC0415 - most references come with their samples

        key = (document.digest, prompt, shape)
        known = self._get(key)
        if known is not None:
            return known
        reference = value_of(document)
        if address_of(reference) is not None:
            raise StoreError("says that the reference is kept yet elsewhere, and that is not followed")
        _encoded(reference, prompt, shape)
        return self._add(key, reference, prompt, shape)

    def _get(self, key: tuple[Any, ...]) -> PreparedProblem | None:
        problem = self._known.get(key)
        if problem is not None:
            self._known.move_to_end(key)
        return problem

    def _add(self, key: tuple[Any, ...], reference: Any, prompt: str, shape: str | None) -> PreparedProblem:
        problem = prepare(read_reference(reference, prompt=prompt, shape=shape), self._limits)
        self._known[key] = problem
        self._size += problem.size
        while len(self._known) > _MOST or (self._size > _MOST_BYTES and len(self._known) > 1):
            self._size -= self._known.popitem(last=False)[1].size
        return problem


def _encoded(reference: Any, prompt: str, shape: str | None = None) -> bytes:
    try:
        return encode([reference, prompt])
    except ValueCodecError:
        read_reference(reference, prompt=prompt, shape=shape)  # knows which field it is
        raise
