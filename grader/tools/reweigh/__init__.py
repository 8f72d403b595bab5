"""Rewards computed anew from the stored parts of results, without grading again."""
