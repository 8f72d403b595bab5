"""A reward grader for RL on code: samples in, a reward and separate metrics per sample out.

The names below are loaded at first use: ``import grader`` is part of every cold start of a Lambda function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rlvr_code_grader import check_packages

if TYPE_CHECKING:
    from grader.config.settings import GraderConfig
    from grader.core.grader import Grader
    from grader.tools.remote.remote_grader import RemoteGrader
    from grader.types import Grade, Sample

__all__ = ["Grade", "Grader", "GraderConfig", "RemoteGrader", "Sample", "__version__"]

__version__ = "0.1.0"

# Before anything of them is imported: with another package of that name, the error would come from deep inside.
check_packages("sandbox", "testcases")

_HOMES = {
    "Grade": "grader.types", "Grader": "grader.core.grader", "GraderConfig": "grader.config.settings",
    "RemoteGrader": "grader.tools.remote.remote_grader", "Sample": "grader.types",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Load an exported name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
