"""Reads test code and reference solutions without running them."""
