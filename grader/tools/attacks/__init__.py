"""Attacks and honest answers as whole samples: each with a reference of its own, and what it must get."""
