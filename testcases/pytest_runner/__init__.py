"""Runs pytest and unittest modules against a solution that is in another process."""
