"""Lines of progress on stderr: a run that a busy machine draws out prints some, and most tests look past them."""

from __future__ import annotations

import re
from typing import AnyStr

PROGRESS = "progress: "


def without_progress(text: AnyStr) -> AnyStr:
    """Return what a command wrote to stderr, without lines of progress."""
    if isinstance(text, bytes):
        return re.sub(rb"(?m)^progress: .*\n", b"", text)
    return re.sub(r"(?m)^progress: .*\n", "", text)
