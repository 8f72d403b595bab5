"""What is measured, a program each; see `benchmarks.throughput.serving` for what one has to do."""
