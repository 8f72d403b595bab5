"""Convert data sets into training files, and check whether their tests can be trusted."""
