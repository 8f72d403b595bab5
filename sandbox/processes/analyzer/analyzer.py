"""The analyst process: reads sources it never runs. A source that kills it costs one fork."""

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

__all__ = ["main_after"]

_MEMORY_MB = 1024
_LIFETIME_CPU_S = 600.0
_STACK_LIMIT = 3000
_SOURCES_PER_COLLECTION = 8
"""Sources after which the trees of what was read are cleared away; they hold each other, and no reply waits for it."""


def main_after(warm_up: str) -> Callable[[int], None]:
    """The analyst's program, made once its tools have read a source, and so have loaded all that they load late."""
    inspect_source(AnalysisRequest(warm_up, None, Policy.STRICT))
    inspect_source(AnalysisRequest(warm_up, None, Policy.STANDARD))
    measure_style(warm_up)
    return _main


def _main(channel: int) -> None:
    """Serve requests until the channel is closed: two replies each, first what was found, then the style.

    Before the style it says whether it is worn out, and should be replaced.
    """
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
        if served % _SOURCES_PER_COLLECTION == 0:
            gc.collect()
