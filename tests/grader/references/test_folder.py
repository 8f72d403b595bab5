from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import StoreConfig
from grader.references.store import ReferenceStore
from tests.grader.references.asking import complaint_of, reference_at

if TYPE_CHECKING:
    from pathlib import Path

NATIVE = {"tests": [{"args": [1], "expected": 1}], "entry_point": "f"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of references, beside a file that must not be read."""
    (tmp_path / "secret.json").write_text("[]")
    folder = tmp_path / "root"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps(NATIVE))
    (folder / "deep" / "all.jsonl.gz").write_bytes(gzip.compress(json.dumps({"task_id": "a", **NATIVE}).encode()))
    (folder / "large.json").write_bytes(b" " * ((1 << 20) + 1))
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "way").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture
def store(root: Path) -> ReferenceStore:
    return ReferenceStore(StoreConfig(file_root=str(root), max_object_mb=1))


def test_files_are_read(store: ReferenceStore, root: Path) -> None:
    references: list[Any] = [
        {"file": "one.json"},
        "file://one.json",
        {"file": "./deep//all.jsonl.gz", "task_id": "a"},
        {"file": str(root / "one.json")},
        f"file://{root}/one.json",
    ]
    for reference in references:
        assert reference_at(store, reference) == NATIVE


def test_a_file_that_has_changed_is_read_again(store: ReferenceStore, root: Path) -> None:
    assert reference_at(store, {"file": "one.json"}) == NATIVE
    (root / "one.json").write_text('["another"]')
    assert reference_at(store, {"file": "one.json"}) == ["another"]
    (root / "one.json").unlink()
    assert complaint_of(store, {"file": "one.json"}) == "cannot be read: no such file or directory"


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("../secret.json", "is outside of file_root, or has '..' in it"),
        ("deep/../../secret.json", "is outside of file_root, or has '..' in it"),
        ("/etc/passwd", "is outside of file_root"),
        ("link.json", "is behind a symbolic link, which is not followed"),
        ("way/secret.json", "is behind a symbolic link, which is not followed"),
        ("way/root/one.json", "is behind a symbolic link, which is not followed"),
        ("pipe", "is not a regular file"),
        ("deep", "is not a regular file"),
        ("one.json/x", "cannot be read: not a directory"),
        ("none.json", "cannot be read: no such file or directory"),
        ("large.json", "is larger than the 1 MiB that max_object_mb allows"),
    ],
)
def test_nothing_else_is_read(store: ReferenceStore, path: str, complaint: str) -> None:
    assert complaint_of(store, {"file": path}) == complaint


def test_without_a_folder_no_file_is_read(root: Path) -> None:
    store = ReferenceStore(StoreConfig())
    complaint = complaint_of(store, {"file": str(root / "one.json")})
    assert complaint.startswith("files are not read here; the setting file_root")
