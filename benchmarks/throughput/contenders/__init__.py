"""Contenders, one program a module; see `benchmarks.throughput.serving` for the protocol."""
