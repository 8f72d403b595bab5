"""Isolation layers: one mechanism a module, all of one shape.

Every module says in its docstring what the layer stops and what its absence means, and has ``NAME``; ``probe()``, which
is called once in a forked child and returns ``None`` or why the layer cannot be active here; and ``apply()``.
"""
