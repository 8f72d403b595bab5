"""The checkout that an image is built from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Source"]

_SCRIPT: Final = "deploy/container"
_PARTS: Final = (
    "Dockerfile", "pyproject.toml", "README.md", "LICENSE", "requirements/lambda.txt", "requirements/build.txt",
    "deploy/normalize.py", "deploy/precompile.py", "deploy/prepare_packages.py", "deploy/sbom.py",
    "deploy/template.yaml", "rlvr_code_grader.py", "grader", "sandbox", "testcases",
)  # fmt: skip
"""The Dockerfile, and the files and folders that it copies into the image."""
_TAG_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Source:
    """Folder with the Dockerfile and everything that it copies."""

    root: Path

    @classmethod
    def find(cls) -> Self:
        """Find the checkout that this package is part of, or that is the current directory.

        Raises:
            InputError: neither is one.
        """
        for root in (Path(__file__).parents[3], Path.cwd()):
            if (root / _SCRIPT).is_file() and (root / "Dockerfile").is_file():
                return cls(root)
        raise InputError(
            f"Dockerfile: not found in {Path.cwd()}, and this grader is not part of a checkout; run this in a clone of "
            "the repository, or use --image URI"
        )

    @property
    def script(self) -> Path:
        """Path of the script that builds images."""
        return self.root / _SCRIPT

    def tag(self, *more: str) -> str:
        """Return a tag derived from the content of the image: a hash of all files, and of `more`."""
        digest = hashlib.sha256()
        for word in more:
            digest.update(f"{word}\0".encode())
        for path in self._files():
            content = path.read_bytes()
            # The length separates the content from the next name, so that no two sets of files have the same digest.
            executable = os.access(path, os.X_OK)
            digest.update(f"{path.relative_to(self.root)}\0{executable}\0{len(content)}\0".encode())
            digest.update(content)
        return f"src-{digest.hexdigest()[:_TAG_LENGTH]}"

    def _files(self) -> Iterator[Path]:
        for part in _PARTS:
            path = self.root / part
            if path.is_file():
                yield path
                continue
            for inner in sorted(path.rglob("*")):
                if inner.is_file() and "__pycache__" not in inner.parts and inner.suffix != ".pyc":
                    yield inner
