"""What Lambda and those who invoke it allow (AWS Lambda Developer Guide, "Lambda quotas")."""

from __future__ import annotations

from typing import Final

__all__ = ["PAYLOAD_BYTES", "TIMEOUT_S"]

PAYLOAD_BYTES: Final = 6 * 1024 * 1024
"""Of a request and of a response of a synchronous invocation: 6 MB each."""
TIMEOUT_S: Final = 900
"""The longest an invocation may take."""
