"""Results as a log of inspect_ai, which its viewer opens."""
