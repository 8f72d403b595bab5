"""The parts of the benchmark, which can be run separately."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from benchmarks.throughput.anatomy import stages_part
from benchmarks.throughput.batches import grpo_part, handler_part, start_part
from benchmarks.throughput.comparisons import humaneval_part, mbpp_part, stdin_part, suite_part
from benchmarks.throughput.sizes import scaling_part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.throughput.findings import Part
    from benchmarks.throughput.setting import Setting

__all__ = ["PARTS"]

PARTS: Mapping[str, Callable[[Setting], Part]] = MappingProxyType(
    {
        "humaneval": humaneval_part,
        "grpo": grpo_part,
        "mbpp": mbpp_part,
        "stdin": stdin_part,
        "suite": suite_part,
        "handler": handler_part,
        "start": start_part,
        "scaling": scaling_part,
        "stages": stages_part,
    }
)
"""Parts by their name on the command line."""
