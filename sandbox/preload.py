"""Modules that a solution process has loaded before the answer runs. It can open no file, so it can load no other."""

from __future__ import annotations

__all__ = ["SOLUTION_PRELOAD"]

_USED_BY_ANSWERS = """
    __future__ abc argparse array ast asyncio atexit base64 binascii bisect builtins calendar cmath codecs collections
    collections.abc colorsys concurrent.futures concurrent.futures.thread contextlib contextvars copy copyreg csv
    dataclasses datetime decimal difflib dis enum errno fileinput fnmatch fractions functools gc getopt glob graphlib
    hashlib heapq hmac html html.entities html.parser inspect io itertools json json.decoder json.encoder keyword
    linecache locale logging marshal math numbers opcode operator os os.path pathlib pickle platform pprint queue random
    re reprlib sched secrets shlex shutil signal statistics stat string stringprep struct sys tempfile textwrap
    threading time timeit token tokenize traceback types typing unicodedata unittest unittest.mock urllib urllib.parse
    uuid warnings weakref zlib zoneinfo
"""
_LOADED_LATE_BY_THOSE = """
    _colorize _pydatetime _strptime _threading_local encodings.ascii encodings.base64_codec encodings.cp1252
    encodings.cp437 encodings.hex_codec encodings.idna encodings.latin_1 encodings.punycode encodings.raw_unicode_escape
    encodings.rot_13 encodings.unicode_escape encodings.utf_16 encodings.utf_16_be encodings.utf_16_le encodings.utf_32
    encodings.utf_32_be encodings.utf_32_le encodings.utf_7 encodings.utf_8_sig encodings.zlib_codec unittest.async_case
"""

SOLUTION_PRELOAD: tuple[str, ...] = (*_USED_BY_ANSWERS.split(), *_LOADED_LATE_BY_THOSE.split())
"""Modules of the standard library that answers of coding data sets import, and those that these import only once they
are used. None of them starts programs, loads native code, or uses the network. Names that a Python version lacks are
skipped."""
