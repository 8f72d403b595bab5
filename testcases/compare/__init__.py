"""Comparison of values and output with expected ones, and the credit that passed tests earn."""
