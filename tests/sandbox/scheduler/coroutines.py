"""What tests of the loop and of the pool wait for."""

from __future__ import annotations

import time
from typing import Any


def soon(seconds: float = 0.05) -> float:
    return time.monotonic() + seconds


async def giving(value: Any) -> Any:
    return value
