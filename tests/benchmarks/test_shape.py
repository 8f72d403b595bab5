"""The figures on the shape of the code, counted on small generated trees."""

from __future__ import annotations

import ast
import json
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from benchmarks.call_trace import PACKAGES, trace_call
from benchmarks.shape import (
    Module,
    circles,
    comments_in,
    docstrings_in,
    figures_of,
    imports_of,
    main,
    modules_in,
    opens_with_relative,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GRADER = """
    from sandbox.run import Running, run


    class Sample:
        def __init__(self, *, id, completion, reference):
            self.id = id


    class Grade:
        reward = 1.0


    class Grader:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def grade(self, sample):
            self.settle()
            with Running():
                run()
            return Grade()

        def settle(self):
            pass
"""
RUN = """
    import threading
    from testcases.check import checks


    class Running:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass


    def run():
        for _ in checks():
            pass
        thread = threading.Thread(target=behind)
        thread.start()
        thread.join()


    def behind():
        list(checks())
"""
CHECK = """
    def checks():
        yield 1
        yield 2
"""


def make_tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, source in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source).lstrip("\n"), "utf-8")
    return root


def make_checkout(root: Path, grader: str = "grader/core/grader.py") -> Path:
    inits = {f"{package}/__init__.py": '"""A package."""\n' for package in PACKAGES}
    return make_tree(root, {**inits, "sandbox/run.py": RUN, "testcases/check.py": CHECK, grader: GRADER})


def imports(source: str, name: str = "a.b", *, with_types: bool = False, is_package: bool = False) -> set[str]:
    names = {"a", "a.b", "a.c", "a.d", "a.d.e", "f"}
    return imports_of(Module(name, dedent(source), is_package), names, with_types=with_types)


def test_modules_are_named_as_they_are_imported(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a/__init__.py": "", "a/b.py": "x = 1\n\ny = 2\n", "a/c/__init__.py": "", "a/c/d.txt": ""})
    assert [(module.name, module.lines) for module in modules_in(tmp_path, "a")] == [("a", 0), ("a.b", 3), ("a.c", 0)]


def test_docstrings_are_those_of_modules_classes_functions_and_attributes() -> None:
    source = '''
        """The module."""
        LIMIT = 3
        """A limit."""
        class A:
            """The class."""
            size: int = 0
            """A size."""
            async def grow(self):
                """Grow."""
                text = f"{self}"
                "a statement that documents nothing" if text else None
        def f():
            g()
            """A string after no assignment."""
    '''
    assert sorted(docstrings_in(ast.parse(dedent(source)))) == [
        "A limit.",
        "A size.",
        "Grow.",
        "The class.",
        "The module.",
    ]


@pytest.mark.parametrize(
    ("docstring", "relative"),
    [
        ("What came back.", True),
        ("whether it holds", True),
        ("``Of`` the two.", True),
        ("How's that?", True),
        ("Whatever came back.", False),
        ("Return what came back.", False),
        ("", False),
    ],
)
def test_relative_clauses_are_recognized_by_the_first_word(docstring: str, relative: bool) -> None:
    assert opens_with_relative(docstring) is relative


def test_pragmas_are_not_comments() -> None:
    source = dedent("""
        #!/usr/bin/env python
        # One,
        #   and another.
        x = 1  # trailing
        y = "# a string"
        z = [  # trailing, too
            # A third.
        ]
        import os  # noqa: F401  # with a reason
        # fmt: off
        w: int = x  # type: ignore[assignment]
    """)
    assert comments_in(source) == (3, 2)


def test_imports_of_every_form_are_found() -> None:
    assert imports("import a.c, os\nfrom a import d, VALUE\nfrom a.d.e import f") == {"a", "a.c", "a.d", "a.d.e"}
    assert imports("from . import c\nfrom .d import e, X") == {"a.c", "a.d", "a.d.e"}
    assert imports("from . import c\nfrom .d import e", "a", is_package=True) == {"a.c", "a.d.e"}
    assert imports("from ..f import x\nfrom .. import c", "a.d.e") == {"a.c"}
    assert imports("from a.b import x") == set()


def test_imports_for_annotations_are_apart() -> None:
    source = """
        import typing
        if typing.TYPE_CHECKING:
            import a.c
        else:
            import a.d
        if TYPE_CHECKING:
            from a.d.e import X
        def g():
            import f
    """
    assert imports(source) == {"a.d", "f"}
    assert imports(source, with_types=True) == {"a.c", "a.d", "a.d.e", "f"}


def test_circles_are_the_groups_that_reach_each_other() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    two = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d", "f"}, "f": {"f"}}
    assert circles(two) == [["a", "b", "c"], ["d", "e"]]


def test_figures_add_it_all_up() -> None:
    lines = '"""What it is."""\n# A comment.\nfrom a.small import x\n' + "y = 1\n" * 400
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a.large\n"
    figures = figures_of(
        [Module("a.large", lines), Module("a.small", types), Module("a", '"""A."""\n', is_package=True)]
    )
    assert (figures.lines, figures.modules, figures.mean_lines) == (407, 3, 135.7)
    assert (figures.small, figures.large) == (2, 1)
    assert (figures.docstrings, figures.relative) == (2, 1)
    assert (figures.comment_lines, figures.comment_percent) == (1, 0.25)
    assert (figures.circles, figures.circles_with_types) == (0, 1)
    assert figures.circle_members == [["a.large", "a.small"]]


@pytest.mark.parametrize("path", ["grader/core/grader.py", "grader/__init__.py"])
def test_calls_between_modules_are_counted_on_all_threads(tmp_path: Path, path: str) -> None:
    # From the grader: Running(), entered and left, and run; a generator that is resumed three times, on each thread.
    found = trace_call(make_checkout(tmp_path, path))
    assert found == {"modules": 3, "switches": 3 + 2 * 3, "modules_from_start": 3}


def test_checkouts_without_a_grader_are_refused(tmp_path: Path) -> None:
    make_checkout(tmp_path, "grader/other.py")
    with pytest.raises(RuntimeError, match=r"no Grader in|modules came from elsewhere"):
        trace_call(tmp_path)


def test_command_prints_json_or_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_checkout(tmp_path)
    assert main(["--root", str(tmp_path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed["figures"]) == {*PACKAGES, "all"}
    assert printed["figures"]["all"]["modules"] == 6
    assert printed["call"]["switches"] == 9
    assert main(["--root", str(tmp_path), "--no-call"]) == 0
    assert "relative clause" in capsys.readouterr().out


def test_folder_without_the_packages_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path)]) == 2
    assert "no checkout" in capsys.readouterr().err
