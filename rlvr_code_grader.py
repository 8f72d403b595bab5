"""The grader under the unique name of its distribution, and the entry point of the command ``grader``.

``grader``, ``sandbox`` and ``testcases`` are common names. A folder or package of the same name that comes earlier on
``sys.path`` is imported instead, and the error then appears far from its cause. `check_packages` detects that early.
"""

import sys
from importlib.machinery import PathFinder

PACKAGES = ("grader", "sandbox", "testcases")


def check_packages(*names: str) -> None:
    """Check that our packages are not hidden by others of the same names.

    Args:
        names: the packages to check; some of `PACKAGES`.

    Raises:
        ImportError: another package is imported under one of the names; the text, one line, names both paths.
    """
    # Plain strings instead of pathlib: this runs in every cold start.
    root = __file__.rpartition("/")[0]
    for name in names:
        module = sys.modules.get(name)
        spec = PathFinder.find_spec(name) if module is None else module.__spec__
        if spec is None:  # not on sys.path, or from an importer of its own: there is no path to compare
            continue
        paths = list(spec.submodule_search_locations or [spec.origin or "?"])
        if f"{root}/{name}" not in paths:
            raise ImportError(
                f"{name}: {paths[0]} is imported instead of the grader's own {root}/{name}; "
                f"rename it, or take {paths[0].rpartition('/')[0] or '/'} off PYTHONPATH and sys.path",
                name=name,
                path=paths[0],
            )


def run() -> None:
    """Run the command ``grader``. Exits with 2 and one line of text if another package hides one of ours."""
    try:
        check_packages(*PACKAGES)
    except ImportError as error:
        sys.stderr.write(f"grader: {error}\n")
        sys.exit(2)
    from grader.cli.main import run as run_commands  # noqa: PLC0415 - only now known to be ours

    run_commands()


def __getattr__(name: str) -> object:
    """Load an exported name of `grader`: ``from rlvr_code_grader import Grader, Sample``."""
    if name.startswith("__"):
        raise AttributeError(name)
    check_packages(*PACKAGES)
    import grader  # noqa: PLC0415 - only now known to be ours

    return getattr(grader, name)
