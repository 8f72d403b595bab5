"""Changes of files that an answer's process sends: only bytes by path are believed, within limits."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import ValueCodecError
from sandbox.processes.memory_files.exchange import all_files, apply_changes, content_bytes, take_changes
from sandbox.processes.memory_files.tree import Directory, File, Tree, TreeLimits
from sandbox.wire.protocol import FILES
from sandbox.wire.replies import Reply, parse_message
from sandbox.wire.values import decode, encode


def write(tree: Tree, path: str, data: bytes) -> None:
    file = tree.open_node(path, create=True, exclusive=False)
    assert isinstance(file, File)
    tree.resize(file, 0)
    tree.write(file, 0, data)


def content(tree: Tree) -> dict[str, bytes | None]:
    """Everything in a tree that a new one does not have."""
    found: dict[str, bytes | None] = {}

    def visit(node: Directory) -> None:
        for entry in node.entries.values():
            if isinstance(entry, File):
                found[str(tree.path_of(entry))] = bytes(entry.data)
            else:
                if entry.number > Tree.initial_nodes:
                    found[str(tree.path_of(entry))] = None
                visit(entry)

    visit(tree.root)
    return found


def test_what_changes_in_one_tree_changes_in_the_other() -> None:
    here, there = Tree(), Tree()
    here.make_directory("/tmp/a")
    write(here, "/tmp/a/x", b"1")
    write(here, "y", b"2")
    apply_changes(there, decode(encode(take_changes(here))))
    assert content(there) == content(here) == {"/tmp/a": None, "/tmp/a/x": b"1", "/run/y": b"2"}
    here.rename("/tmp/a", "/tmp/b")
    here.remove("y")
    here.change_directory("/tmp/b")
    apply_changes(there, take_changes(here))
    assert content(there) == content(here) == {"/tmp/b": None, "/tmp/b/x": b"1"}
    assert there.working_path == "/tmp/b"
    assert take_changes(here) is take_changes(there) is None


def test_a_new_process_gets_everything() -> None:
    here, there = Tree(), Tree()
    assert all_files(here) is None
    here.make_directory("d")
    write(here, "d/x", b"1")
    take_changes(here)
    apply_changes(there, all_files(here))
    assert content(there) == {"/run/d": None, "/run/d/x": b"1"}


def test_a_directory_takes_the_place_of_a_file_and_the_other_way_round() -> None:
    here, there = Tree(), Tree()
    write(here, "/tmp/x", b"1")
    here.make_directory("/tmp/y")
    write(here, "/tmp/y/z", b"1")
    apply_changes(there, take_changes(here))
    here.remove("/tmp/x")
    here.make_directory("/tmp/x")
    here.remove_all("/tmp/y")
    write(here, "/tmp/y", b"2")
    apply_changes(there, take_changes(here))
    assert content(there) == content(here) == {"/tmp/x": None, "/tmp/y": b"2"}


def test_names_that_are_no_text_stay_behind() -> None:
    here = Tree()
    write(here, "/tmp/\udc80", b"1")
    assert take_changes(here) == ["/run", []]


MALFORMED: dict[str, Any] = {
    "no list": 5,
    "text": "files",
    "no entries": ["/run"],
    "a number for the entries": ["/run", 5],
    "too many entries": ["/run", [["/a", None]] * 5000],
    "an entry that is none": ["/run", [5]],
    "an empty entry": ["/run", [[]]],
    "a path that is a number": ["/run", [[5, None, 0]]],
    "a path upwards": ["/run", [["/tmp/../etc/passwd", 0o644, 0, b""]]],
    "a relative path": ["/run", [["tmp/x", 0o644, 0, b""]]],
    "a path with an empty name": ["/run", [["/tmp//x", 0o644, 0, b""]]],
    "a path with NUL": ["/run", [["/tmp/a\0b", 0o644, 0, b""]]],
    "a path with a surrogate": ["/run", [["/tmp/\udc80", 0o644, 0, b""]]],
    "a long name": ["/run", [["/tmp/" + "x" * 300, 0o644, 0, b""]]],
    "a long path": ["/run", [["/tmp" + "/x" * 1000, 0o644, 0, b""]]],
    "a directory that is not there": ["/run", [["/tmp/a/b", 0o644, 0, b""]]],
    "text for content": ["/run", [["/tmp/x", 0o644, 0, "text"]]],
    "a list for content": ["/run", [["/tmp/x", 0o644, 0, [1, 2]]]],
    "two contents": ["/run", [["/tmp/x", 0o644, 0, b"", b""]]],
    "a mode that is text": ["/run", [["/tmp/x", "rw", 0, b""]]],
    "a time out of range": ["/run", [["/tmp/x", 0o644, 1 << 80, b""]]],
    "more than the files may have": ["/run", [["/tmp/x", 0o644, 0, bytes(TreeLimits().total_bytes + 1)]]],
    "more files than there may be": ["/run", [[f"/tmp/{number}", 0o644, 0, b""] for number in range(2000)]],
    "a working directory that is not there": ["/nowhere", []],
    "deeper than files may be": ["/run", [["/tmp" + "/x" * depth, 0o755, 0] for depth in range(1, 60)]],
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_changes_are_refused(changes: Any) -> None:
    tree = Tree()
    with pytest.raises(ValueCodecError):
        apply_changes(tree, changes)
    assert content_bytes(changes) >= 0
    assert set(tree.root.entries) == set(Tree().root.entries)


def test_a_removal_of_the_root_or_of_what_is_not_there_does_nothing() -> None:
    tree = Tree()
    apply_changes(tree, ["/run", [["/", None], ["/tmp/none", None], ["/none/x", None]]])
    assert set(tree.root.entries) == set(Tree().root.entries)


def test_files_come_along_with_a_message_once() -> None:
    inner = encode(["ok", 42, None])
    message = b'["%s",%s,%s]' % (FILES.encode(), encode(["/run", []]), inner)
    reply = parse_message(memoryview(message))
    assert isinstance(reply, Reply)
    assert (reply.value, reply.files) == (42, ["/run", []])
    nested = b'["%s",%s,%s]' % (FILES.encode(), encode(["/run", []]), message)
    with pytest.raises(ValueCodecError):
        parse_message(memoryview(nested))
