"""How much a store may take. Apart from the store, which settings can be read without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StoreSettings"]


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How much a store may take."""

    root: Path | None = None
    """Folder of files; ``None`` where none may be read."""
    timeout_s: float = 20.0
    """For one place, all attempts together."""
    threads: int = 8
    """Places fetched at a time."""
    max_object_bytes: int = 64 * 1024 * 1024
    """Of one place, as it is kept there, and again when it is unpacked."""
    cache_bytes: int = 256 * 1024 * 1024
    """Of all that is kept in memory."""
    revalidate_s: float = 60.0
    """How long what came from S3 counts before it is asked again whether it is still so."""
