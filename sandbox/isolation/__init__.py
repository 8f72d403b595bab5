"""Isolation layers: one mechanism a module, all with the same interface.

The docstring of each module says what its layer stops, and what its absence means. Each module has ``NAME``;
``apply()``; and ``probe()``, which runs once in a forked child and returns ``None``, or why the layer cannot work here.
"""
