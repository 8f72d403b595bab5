"""Isolation layers, one mechanism a module.

The docstring of each module says what its layer stops, and what its absence means. Each has ``NAME`` and ``probe``,
which runs once in a forked child and returns ``None``, or why the layer does not work here. Most have ``apply``, whose
arguments differ. The exceptions are ``namespaces`` (``enter``, then ``make_mounts``), ``privileges`` (``drop``), and
``unreadable``, which only the host can provide. ``functions`` and ``imports`` also have ``revert`` for processes that
run no answer, and ``seal``, after which nothing can be reverted.

Three modules are not layers: ``tiers`` says which layers make which tier, ``layer_probes`` runs the probes of layers
that a process applies by itself, and ``system_calls`` makes system calls.
"""
