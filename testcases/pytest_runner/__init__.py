"""Pytest and unittest modules as tests of an answer that lives in another process."""
