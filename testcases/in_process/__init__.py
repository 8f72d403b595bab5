"""Tests that run in the solution's own process, where a problem asks for that."""
