"""``pickle`` of test code, which must not run what the solution has written.

A pickle names functions to call. The solution may return one, or write one to a file that the test loads, and it would
be run in the process that knows the expected values. So only classes of plain data are found.
"""

from __future__ import annotations

import contextlib
import pickle  # only with the unpickler below
import shelve
import sys
from typing import TYPE_CHECKING, Any, Final

from testcases.replacements import replaced
from testcases.signals import TEST_MODULES, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["safe_unpickling"]

_ALLOWED: Final = {
    "builtins": """
        bool bytearray bytes complex dict float frozenset int list range set slice str tuple
        ArithmeticError AttributeError EOFError Exception IndexError KeyError LookupError OSError RuntimeError TypeError
        ValueError ZeroDivisionError
    """,
    "collections": "Counter OrderedDict defaultdict deque",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "pathlib": "Path PosixPath PurePath PurePosixPath",
    "types": "SimpleNamespace",
    "uuid": "UUID",
    "numpy": "dtype ndarray",
    **dict.fromkeys(("numpy.core.multiarray", "numpy._core.multiarray"), "_reconstruct scalar"),
    **dict.fromkeys(("numpy.core.numeric", "numpy._core.numeric"), "_frombuffer"),
}
_MAKERS: Final = ("_new_", "_unpickle", "__pyx_unpickle")
_NAMES: Final = {module: frozenset(names.split()) for module, names in _ALLOWED.items()}


class _Unpickler(pickle.Unpickler):
    """Unpickler that finds plain classes, and those that the test defines itself."""

    def find_class(self, module: str, name: str, /) -> Any:
        """Return a class of plain data, or of the test."""
        if name in _NAMES.get(module, ()):
            return super().find_class(module, name)
        found = getattr(sys.modules.get(module), name, None)
        # Not what a module has imported: a test may have, or pandas has, the class that starts a program.
        origin = getattr(found, "__module__", "")
        if module in TEST_MODULES and origin == module and isinstance(found, type):
            return found
        # Its frames are of many classes, and of functions that make them anew.
        is_pandas = module.partition(".")[0] == "pandas" == str(origin).partition(".")[0]
        if is_pandas and (isinstance(found, type) or name.startswith(_MAKERS)):
            return found
        raise RefusedError(f"loads a pickle that names {module}.{name}"[:200])


def _load(file: Any, **options: Any) -> Any:
    return _Unpickler(file, **options).load()


def _loads(data: Any, /, **options: Any) -> Any:
    import io  # noqa: PLC0415 - the module of the files of the run, as it is now

    return _Unpickler(io.BytesIO(data), **options).load()


@contextlib.contextmanager
def safe_unpickling() -> Iterator[None]:
    """Have `pickle` and `shelve` load plain data only."""
    members: list[tuple[Any, str, Any]] = [
        (pickle, "load", _load),
        (pickle, "loads", _loads),
        (pickle, "Unpickler", _Unpickler),
        (shelve, "Unpickler", _Unpickler),
    ]
    with replaced(members):
        yield
