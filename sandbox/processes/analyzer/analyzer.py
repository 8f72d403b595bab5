"""The analyzer process: reads sources, and never runs them. If a source kills it, that costs one fork."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from sandbox.isolation import audit, rlimits
from sandbox.processes.analyzer.inspection import inspect_source, measure_style
from sandbox.processes.memory_growth import MemoryGrowth
from sandbox.wire.analysis import AnalysisRequest, Policy
from sandbox.wire.framing import receive_frame, send_frame
from sandbox.wire.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["prepare"]

_MEMORY_MB = 1024
_LIFETIME_CPU_S = 600.0
_STACK_LIMIT = 3000
_SOURCES_PER_COLLECTION = 8
"""Sources between two garbage collections. Linters make reference cycles that hold whole syntax trees."""


def prepare(warm_up: str) -> Callable[[int], None]:
    """Return the analyzer's program, after its tools have read a source.

    Args:
        warm_up: source for which the tools import all that they import late. That happens in the zygote, so children
            share it, and need no import after they have given up the right to open files.
    """
    inspect_source(AnalysisRequest(warm_up, None, Policy.STRICT))
    inspect_source(AnalysisRequest(warm_up, None, Policy.STANDARD))
    measure_style(warm_up)
    return _main


def _main(channel: int) -> None:
    """Serve requests until the channel is closed.

    Each request gets two replies. The first is the analysis; the second is a pair: whether this process has grown too
    much and should be replaced, and the style.
    """
    # Above the default, so that deep but honest sources can be read. Deeper ones end in a RecursionError, and in
    # the status EXHAUSTED.
    sys.setrecursionlimit(_STACK_LIMIT)
    rlimits.apply(rlimits.ResourceLimits(_LIFETIME_CPU_S, _MEMORY_MB))
    audit.apply()
    memory_growth = MemoryGrowth()
    served = 0
    while message := receive_frame(channel):
        fields, max_bytes, style = decode(message)
        request = AnalysisRequest.unpack(fields)
        analysis = inspect_source(request, max_bytes=max_bytes)
        # Sent before style is measured: the answer's tests can start meanwhile.
        send_frame(channel, encode(analysis.pack()))
        facts = measure_style(request.source) if style and analysis.status == "ok" else None
        send_frame(channel, encode([memory_growth.exceeded, None if facts is None else facts.pack()]))
        served += 1
        # Automatic collection is off: it would run in the middle of a request, and scan all that the tools have loaded.
        # Here it runs after the reply, while nothing waits.
        if served % _SOURCES_PER_COLLECTION == 0:
            gc.collect()
