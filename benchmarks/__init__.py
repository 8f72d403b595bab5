"""Measurements for the documentation; the product does not import them."""
