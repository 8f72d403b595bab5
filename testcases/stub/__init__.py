"""Runs of tests with a stub in place of the answer, which show what tests are broken by themselves."""
