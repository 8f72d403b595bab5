"""Modules that are loaded for the answers that name them, in their processes, before the isolation layers are applied.

Loaded in the zygote like those of `sandbox.preload`, they would cost each start and each fork, used or not.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EXTENSIONS", "ON_DEMAND", "REPLACED", "missing_modules", "modules_named_in"]

REPLACED: dict[str, str] = {
    "cProfile": "profilers",
    "concurrent.futures.process": "thread_pool",
    "ctypes": "number_types",
    "multiprocessing": "no_processes",
    "profile": "profilers",
    "resource": "recorded_limits",
}
"""Modules that answers get a replacement of, in plain Python: by name, a module of
`sandbox.processes.solution.replacements`. The originals call native code, start processes, or change limits."""

_RARE = """
    _compression _markupbase _py_abc _pydecimal _pyio _pyrepl _pyrepl.pager _pyrepl.types annotationlib bdb bz2 cgi
    cgitb chunk cmd code codeop compression
    compression._common compression._common._streams compression.bz2 compression.gzip compression.lzma
    compression.zlib configparser dbm dbm.dumb doctest email email._encoded_words email._header_value_parser
    email._parseaddr email._policybase email.base64mime email.charset email.contentmanager email.encoders
    email.errors email.feedparser email.generator email.header email.headerregistry email.iterators email.message
    email.mime email.mime.application email.mime.audio email.mime.base email.mime.image email.mime.message
    email.mime.multipart email.mime.nonmultipart email.mime.text email.parser email.policy email.quoprimime
    email.utils filecmp ftplib getpass gettext gzip http http.client http.cookiejar http.cookies http.server imaplib
    imghdr importlib._abc
    importlib.abc importlib.readers importlib.resources importlib.resources._adapters importlib.resources._common
    importlib.resources._itertools importlib.resources._legacy importlib.resources.abc importlib.resources.readers
    importlib.resources.simple importlib.simple importlib.util ipaddress json.tool logging.config logging.handlers
    lzma mailbox mimetypes modulefinder netrc nntplib nturl2path optparse pdb pickletools pkgutil plistlib poplib pstats
    py_compile pyclbr pydoc pydoc_data pydoc_data.topics quopri rlcompleter runpy shelve smtplib sndhdr socketserver
    sre_compile sre_constants sre_parse string.templatelib sunau symtable tabnanny tarfile telnetlib this tomllib
    tomllib._parser tomllib._re
    tomllib._types trace tracemalloc urllib.error urllib.request urllib.response urllib.robotparser uu wave
    wsgiref wsgiref.headers wsgiref.types wsgiref.util xdrlib xml xml.dom xml.dom.NodeFilter xml.dom.domreg
    xml.dom.expatbuilder xml.dom.minicompat xml.dom.minidom xml.dom.pulldom xml.dom.xmlbuilder xml.etree
    xml.etree.ElementInclude xml.etree.ElementPath xml.etree.ElementTree xml.etree.cElementTree xml.parsers
    xml.parsers.expat xml.sax xml.sax._exceptions xml.sax.expatreader xml.sax.handler xml.sax.saxutils
    xml.sax.xmlreader zipapp zipfile zipfile._path zipfile._path.glob
"""
_LATE = {
    "email": "email.generator email.message email.parser email.policy email.utils",
    "tarfile": "gzip bz2 lzma",
    "xml.dom.minidom": "xml.dom.expatbuilder",
    "xml.sax": "xml.sax.expatreader xml.sax.saxutils",
}
"""What modules import only once they are used."""
_ARCHIVES = ("make_archive", "unpack_archive"), "tarfile zipfile"
"""Functions of `shutil`, and the modules that they import when they are called."""
_LOADED_FOR_OTHERS = "select selectors socket subprocess"
"""Modules that are loaded in any case, and hidden from the answers that do not name them. What they do is refused."""
_RARE_ENCODINGS = """
    big5 big5hkscs bz2_codec charmap cp037 cp1006 cp1026 cp1125 cp1140 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257
    cp1258 cp273 cp424 cp500 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865
    cp866 cp869 cp874 cp875 cp932 cp949 cp950 euc_jis_2004 euc_jisx0213 euc_jp euc_kr gb18030 gb2312 gbk hp_roman8 hz
    iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr iso8859_1 iso8859_10
    iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7
    iso8859_8 iso8859_9 johab koi8_r koi8_t koi8_u kz1048 mac_arabic mac_croatian mac_cyrillic mac_farsi mac_greek
    mac_iceland mac_latin2 mac_roman mac_romanian mac_turkish palmos ptcp154 quopri_codec shift_jis shift_jis_2004
    shift_jisx0213 tis_620 undefined utf_8 uu_codec
"""
EXTENSIONS = (
    "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw", "_elementtree",
    "_multibytecodec", "_symtable", "grp", "pyexpat", "pwd",
)  # fmt: skip
"""Libraries that these modules need."""

_ENCODINGS = frozenset(_RARE_ENCODINGS.split())
ON_DEMAND: frozenset[str] = frozenset(
    {*_RARE.split(), *_LOADED_FOR_OTHERS.split(), *REPLACED, "zoneinfo", *(f"encodings.{name}" for name in _ENCODINGS)}
)
"""Names of all these modules; ``zoneinfo`` stands for its data.

``sqlite3`` is not among them: SQL can call native code there (``fts3_tokenizer``)."""

_WORD = re.compile(r"\w+(?:-\w+)*")
_PROCESS_POOL = "ProcessPoolExecutor", "concurrent.futures.process"
"""A class, and the module that `concurrent.futures` imports for it."""
_IMPORTED_BY_NAME = frozenset({*REPLACED, *_LOADED_FOR_OTHERS.split(), "this"})
_IMPORT = r"\bimport\b.*\bNAME\b|\bfrom\s+NAME\b|\b(?:import_module|__import__)\(\s*[\"']NAME\b"
"""Matches an import of one of these modules: a mere word is not enough, as they act on more than data, or print."""
_PARTS = {name: frozenset(name.split(".")) for name in sorted(ON_DEMAND) if not name.startswith("encodings.")}
_BY_LAST_PART: dict[str, list[str]] = {}
for _name in _PARTS:
    _BY_LAST_PART.setdefault(_name.rpartition(".")[2], []).append(_name)
_LAST_PARTS = frozenset(_BY_LAST_PART)
_ENCODING_WORDS = ("encod", "decod", "codec", "coding", "bytes")


# Cached, because the code that runs before an answer is the same for all answers to a problem.
@lru_cache(maxsize=64)
def modules_named_in(text: str) -> tuple[str, ...]:
    """Return the modules of `ON_DEMAND` that a source may import, by its words alone, in a fixed order.

    A word in a comment costs the answer a few milliseconds; a missing module would fail a right answer.
    """
    # A search for text is much quicker than one for words, and rules out most modules.
    found = {
        name
        for part in _LAST_PARTS
        if part in text
        for name in _BY_LAST_PART[part]
        if all(part in text for part in _PARTS[name])
    }
    names_encodings = any(part in text for part in _ENCODING_WORDS)
    functions, archives = _ARCHIVES
    if any(function in text for function in functions):
        text = f"{text} {archives}"
        found.update(archives.split())
    executor, pool = _PROCESS_POOL
    if executor not in text:
        found.discard(pool)
    if not found and not names_encodings and executor not in text:
        return ()
    words = frozenset(_WORD.findall(text))
    found = {name for name in found if words >= _PARTS[name]}
    found -= {
        name for name in found & _IMPORTED_BY_NAME - {pool} if re.search(_IMPORT.replace("NAME", name), text) is None
    }
    if executor in text:
        found.add(pool)
    if names_encodings:
        # Imported late: the grader's own process, which needs only the names above, does without it.
        from encodings.aliases import aliases  # noqa: PLC0415 - see above

        names = {word.lower().replace("-", "_") for word in words}
        found.update(f"encodings.{name}" for name in _ENCODINGS.intersection(aliases.get(name, name) for name in names))
    for name in found & _LATE.keys():
        found.update(_LATE[name].split())
    return tuple(sorted(found))


_LOADED_ANYWAY = frozenset(
    {
        "concurrent", "encodings", "genericpath", "grp", "importlib", "ntpath", "posix", "posixpath", "pwd", "pyexpat",
        "sysconfig", "zipimport",
    }
)  # fmt: skip
"""Modules of the standard library that are there because others need them, and that answers may import."""


def missing_modules(names: Iterable[str], preloaded: Iterable[str]) -> tuple[str, ...]:
    """Return those of these modules that no answer can import.

    Args:
        names: full names of modules.
        preloaded: names of the modules that every answer finds loaded.
    """
    there = frozenset(preloaded)
    return tuple(name for name in names if not _is_there(name, there))


def _is_there(name: str, preloaded: frozenset[str]) -> bool:
    root = name.partition(".")[0]
    if name in preloaded or name in ON_DEMAND or name in _LOADED_ANYWAY:
        return True
    # A package that was installed loads its own parts, or makes them at run time.
    return root in preloaded and root not in sys.stdlib_module_names
