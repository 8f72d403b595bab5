"""Modules that are in a solution process before the answer runs. It cannot load any other: it can open no file."""

from __future__ import annotations

__all__ = ["CONDUCTOR_PRELOAD", "SOLUTION_PRELOAD"]

SOLUTION_PRELOAD: tuple[str, ...] = (
    "__future__", "abc", "argparse", "array", "ast", "asyncio", "atexit", "base64", "binascii", "bisect", "builtins",
    "calendar", "cmath", "codecs", "collections", "collections.abc", "colorsys", "concurrent.futures",
    "concurrent.futures.thread", "contextlib", "contextvars", "copy", "copyreg", "csv", "dataclasses", "datetime",
    "decimal", "difflib", "dis", "enum", "errno", "fnmatch", "fractions", "functools", "gc", "getopt", "glob", "graphlib",
    "hashlib", "heapq", "hmac", "html", "html.entities", "html.parser", "inspect", "io", "itertools", "json",
    "json.decoder", "json.encoder", "keyword", "linecache", "locale", "logging", "marshal", "math", "numbers", "opcode",
    "operator", "os", "os.path", "pathlib", "pickle", "platform", "pprint", "queue", "random", "re", "reprlib", "sched",
    "secrets", "shlex", "shutil", "signal", "statistics", "stat", "string", "stringprep", "struct", "sys", "tempfile",
    "textwrap", "threading", "time", "timeit", "token", "tokenize", "traceback", "types", "typing", "unicodedata",
    "unittest", "unittest.mock", "urllib", "urllib.parse", "uuid", "warnings", "weakref", "zlib", "zoneinfo",
)  # fmt: skip
"""Standard library that answers of coding data sets import; chosen so that nothing in it starts programs, loads
native code, or speaks to the network."""

CONDUCTOR_PRELOAD: tuple[str, ...] = ()
"""Modules that only the examiner needs besides its conductor."""
