"""Code that lets a program of ``/run_code`` import the Python files that came with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["import_preamble"]

_FINDER: Final = '''
def _let_files_be_imported():
    import builtins, math, os, sys

    read, make_spec, folder = builtins.open, type(sys.__spec__), os.getcwd()

    class FileFinder:
        """Finds modules among the files of the program, as Python does in the folder of its script."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            for suffix in ("/__init__.py", ".py"):
                file = f"{folder}/{name.replace('.', '/')}{suffix}"
                try:
                    with read(file, encoding="utf-8") as stream:
                        source = stream.read()
                except (OSError, ValueError):
                    continue
                spec = make_spec(name, FileFinder, origin=file, is_package=suffix != ".py")
                spec.loader_state = source
                spec.has_location = True
                return spec
            return None

        @staticmethod
        def create_module(spec):
            return None

        @staticmethod
        def exec_module(module):
            spec = module.__spec__
            exec(compile(spec.loader_state, spec.origin, "exec", dont_inherit=True), module.__dict__)

    def is_close(left, right, rtol=1e-05, atol=1e-08, equal_nan=False):
        if left == right or (equal_nan and left != left and right != right):
            return True
        return math.isfinite(right) and abs(left - right) <= atol + rtol * abs(right)

    def all_close(left, right, **options):
        lists = isinstance(left, (list, tuple)), isinstance(right, (list, tuple))
        if lists == (True, True) and len(left) != len(right):
            raise ValueError(f"shapes ({len(left)},) and ({len(right)},) differ")
        if not any(lists):
            return is_close(left, right, **options)
        pairs = zip(left if lists[0] else [left] * len(right), right if lists[1] else [right] * len(left))
        return all(all_close(*pair, **options) for pair in pairs)

    stand_ins = {
        "faulthandler": dict(enable=lambda *_, **__: None, disable=lambda: False, is_enabled=lambda: False),
        "numpy": dict(allclose=all_close, isclose=is_close, nan=math.nan, inf=math.inf),
    }
    for name, members in stand_ins.items():
        if name not in sys.modules and not any(os.path.exists(f"{folder}/{name}{end}") for end in (".py", "/")):
            module = type(sys)(name, "A stand-in for a module that the sandbox does not have.")
            module.__dict__.update(members)
            sys.modules[name] = module
    sys.meta_path.insert(0, FileFinder)


_let_files_be_imported()
del _let_files_be_imported
'''


def import_preamble(files: Mapping[str, bytes]) -> str:
    """Return code that runs before the program; empty if none of its files can be imported.

    Test code that trainers send along, such as that of LiveCodeBench, imports ``faulthandler`` and numpy, which the
    sandbox does not have. There are stand-ins for what such code calls.

    Args:
        files: contents by path.
    """
    sources = [content.decode("utf-8", "replace") for path, content in files.items() if path.endswith(".py")]
    if not sources:
        return ""
    # Modules and threads are made ready for a program by the words of its code, and this code counts as its own.
    words = "\n".join(f"# {line}" for source in sources for line in source.replace("\0", "").splitlines())
    return f"{_FINDER}\n{words}\n"
