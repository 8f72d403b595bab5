"""Queries to the log of a deployed grader."""
