"""Prepare a folder of installed packages for the image: ``python prepare_packages.py FOLDER``.

What the grader never uses is deleted: most of the 80 MB are descriptions of AWS services that no module of the grader
calls, and lexers of languages that it never shows. The tables of black's parser, which black otherwise makes anew in
every process, are written beside its grammars.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

SERVICES = frozenset(
    {
        "bedrock", "bedrock-runtime", "cloudformation", "cloudwatch", "ecr", "iam", "kms", "lambda", "logs", "s3",
        "sagemaker", "sagemakerjobruntime", "service-quotas", "signin", "sso", "sso-oidc", "sts",
    }
)  # fmt: skip
"""AWS services that the grader calls, and those that its client finds credentials with."""
LEXERS = frozenset({"__init__.py", "_mapping.py", "python.py"})
"""Modules of the lexers of pygments that rich needs to show Python."""


def main() -> None:
    """Prepare the folder."""
    folder = Path(sys.argv[1])
    _keep(folder / "botocore/data", SERVICES, only_folders=True)
    _keep(folder / "pygments/lexers", LEXERS)
    # Descriptions of boto3's resources, an interface that the grader does not use; and scripts of packages.
    for unused in ("boto3/data", "boto3/examples", "bin"):
        _delete(folder / unused)
    _write_tables(folder)


def _keep(folder: Path, names: frozenset[str], *, only_folders: bool = False) -> None:
    if not folder.is_dir():
        sys.exit(f"prepare_packages: {folder} is no folder; has a package changed its layout?")
    for entry in folder.iterdir():
        if entry.name not in names and (entry.is_dir() or not only_folders):
            _delete(entry)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_tables(folder: Path) -> None:
    sys.path.append(str(folder))
    driver = importlib.import_module("blib2to3.pgen2.driver")
    for name in ("Grammar.txt", "PatternGrammar.txt"):
        driver.load_grammar(str(folder / "blib2to3" / name), force=True)


if __name__ == "__main__":
    main()
