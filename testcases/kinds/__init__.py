"""One kind of test a module: how it is put to the solution."""
