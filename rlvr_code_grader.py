"""The grader under the name of its distribution, which no other package has; entry point of the command ``grader``.

``grader``, ``sandbox`` and ``testcases`` are common names. A folder or package of the same name that comes earlier on
``sys.path`` is imported instead, and what fails then is far from the cause. `check_packages` finds that out first.
"""

import sys
from importlib.machinery import PathFinder

PACKAGES = ("grader", "sandbox", "testcases")


def check_packages(*names: str) -> None:
    """Refuse to go on when one of our packages is hidden by something else of that name.

    Args:
        names: which of `PACKAGES` to check.

    Raises:
        ImportError: another package is imported under that name; the one-line text names both places.
    """
    root = __file__.rpartition("/")[0]
    for name in names:
        module = sys.modules.get(name)
        spec = PathFinder.find_spec(name) if module is None else module.__spec__
        if spec is None:  # none on sys.path, or made by somebody's own importer: nothing to compare
            continue
        places = list(spec.submodule_search_locations or [spec.origin or "?"])
        if f"{root}/{name}" not in places:
            raise ImportError(
                f"{name}: {places[0]} is imported instead of the grader's own {root}/{name}; "
                f"rename it, or take {places[0].rpartition('/')[0] or '/'} off PYTHONPATH and sys.path",
                name=name,
                path=places[0],
            )


def run() -> None:
    """Run the command ``grader``; exits with 2, after one line, where another package hides ours."""
    try:
        check_packages(*PACKAGES)
    except ImportError as error:
        sys.stderr.write(f"grader: {error}\n")
        sys.exit(2)
    from grader.cli.main import run as run_commands  # noqa: PLC0415 - only known to be ours from here on

    run_commands()


def __getattr__(name: str) -> object:
    """Give what `grader` exports: ``from rlvr_code_grader import Grader, Sample``."""
    if name.startswith("__"):
        raise AttributeError(name)
    check_packages(*PACKAGES)
    import grader  # noqa: PLC0415 - likewise

    return getattr(grader, name)
