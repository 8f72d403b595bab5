"""The answer's objects in test code, and test code's objects in the answer."""

from testcases.objects.table import Objects

__all__ = ["Objects"]
