"""From samples to grades."""
