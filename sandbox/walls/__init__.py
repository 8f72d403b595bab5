"""Walls: one isolation mechanism a module, all of one shape.

Every module says in its docstring what the wall stops and what its absence means, and has ``NAME``, ``STAGE``,
``probe()``, which is called once in a forked child and returns ``None`` or why the wall cannot stand here, and a
function that puts it up.
"""
