"""The files of a run, which exist in memory only: test code and the answer read and write them as if they were real.

An answer can open no descriptor, and neither it nor test code may touch the files of the host. So the functions of
`os` and `io` that work on paths work on a tree in memory instead, and the modules of the standard library that use
these functions (`pathlib`, `shutil`, `tempfile`, `zipfile`) need no changes. Each process of a run has a tree, and the
processes tell each other what has changed. It is empty at the beginning of each run.

Our own code in these processes uses the real functions, which it looks up when it is imported.
"""
