from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write_rows(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of rows: JSON lines, or a list when its name ends in ``.json``; text is written as it is."""

    def write(*rows: object, name: str = "rows.jsonl") -> Path:
        path = tmp_path / name
        if ".json" in name and ".jsonl" not in name:
            text = json.dumps(list(rows))
        else:
            text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        raw = text.encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return write
