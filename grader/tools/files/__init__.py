"""Readers and writers of row, sample and result files."""
