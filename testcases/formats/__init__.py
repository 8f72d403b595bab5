"""Reference formats, one a module: what a caller sends becomes a `Problem`."""
