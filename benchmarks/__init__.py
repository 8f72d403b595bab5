"""Measurements for the documentation; nothing of the product needs them."""
