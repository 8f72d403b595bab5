"""The analyzer process: reads sources, and never runs them."""
