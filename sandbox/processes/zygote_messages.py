"""What a zygote and those who ask it agree on."""

from __future__ import annotations

__all__ = ["CHANNEL", "FORKS"]

CHANNEL = 3
"""A child's own descriptor."""
FORKS = 4
"""The descriptor over which an examiner asks its zygote for solution processes."""
