"""Changes of files, as the processes of a run tell them each other.

The answer's process sends what it likes. So what comes is checked like any value: exact types, limits on number, sizes,
names and depth. Only bytes by path are believed, and they change nothing but a tree in memory.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import ValueCodecError
from sandbox.processes.memory_files.tree import Directory, File, Tree

__all__ = ["all_files", "apply_changes", "content_bytes", "take_changes"]

_MAX_ENTRIES = 4096
_MODE_BITS = 0o7777
_MAX_TIME_NS = 1 << 62
_WORKING_PATH = Tree().working_path


def take_changes(tree: Tree) -> list[Any] | None:
    """Return the changes since the last call; ``None`` if there are none.

    Returns:
        The working directory, and an entry for each path: ``[path, None]`` for one that is gone, ``[path, mode,
        mtime_ns]`` for a directory, ``[path, mode, mtime_ns, content]`` for a file.
    """
    if not tree.changed and not tree.moved:
        return None
    paths, tree.changed, tree.moved = list(tree.changed), {}, False
    return [_working_path(tree), [_entry(tree, path) for path in sorted(paths) if _crosses(path)]]


def all_files(tree: Tree) -> list[Any] | None:
    """Return everything in a tree as changes, for a process that has nothing yet; ``None`` if there is nothing."""
    if tree.is_new:
        return None
    tree.changed = {}
    for node in tree.root.entries.values():
        _record_all(tree, node)
    tree.moved = _working_path(tree) != _WORKING_PATH
    return take_changes(tree)


def content_bytes(changes: Any) -> int:
    """Return the size of all contents in changes, which may be malformed."""
    match changes:
        case [_, list(entries)]:
            contents = [entry[-1] for entry in entries if type(entry) is list and entry]
            return sum(len(content) for content in contents if type(content) is bytes)
        case _:
            return 0


def _record_all(tree: Tree, node: Any) -> None:
    # Directories that every run has take no entry of their own, unless something is in them.
    if isinstance(node, File) or node.number > Tree.initial_nodes:
        tree.touch(node)
    if isinstance(node, Directory):
        for entry in node.entries.values():
            _record_all(tree, entry)


def _working_path(tree: Tree) -> str:
    try:
        return tree.working_path
    except OSError:
        return "/"


def _crosses(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entry(tree: Tree, path: str) -> list[Any]:
    try:
        node = tree.find(path)
    except OSError:
        return [path, None]
    entry = [path, node.mode, node.mtime_ns]
    return [*entry, bytes(node.data)] if isinstance(node, File) else entry


def apply_changes(tree: Tree, changes: Any) -> None:
    """Apply changes that another process has sent.

    Raises:
        ValueCodecError: they are malformed, or exceed the limits.
    """
    match changes:
        case [str(working), list(entries)] if len(entries) <= _MAX_ENTRIES:
            pass
        case _:
            raise ValueCodecError("malformed changes of files")
    tree.is_new = False
    try:
        for entry in entries:
            match entry:
                case [path, None] if _is_path(path):
                    tree.remove_all(path)
        for entry in entries:
            _apply(tree, entry)
        if _is_path(working) and working != _working_path(tree):
            tree.change_directory(working)
    except OSError as error:
        raise ValueCodecError(f"changes of files that cannot be: {error.strerror}") from None
    tree.changed, tree.moved = {}, False


def _is_path(path: Any) -> bool:
    # Canonical only: every name is checked, and none is "..".
    if type(path) is not str or not path.startswith("/") or "\0" in path or not _crosses(path):
        return False
    return path == "/" or all(part not in {"", ".", ".."} for part in path[1:].split("/"))


def _apply(tree: Tree, entry: Any) -> None:
    if type(entry) is not list or not entry or not _is_path(entry[0]):
        raise ValueCodecError("malformed changes of files: a bad path")
    match entry[1:]:
        case [None]:
            return
        case [int(mode), int(mtime_ns), *content] if abs(mtime_ns) < _MAX_TIME_NS and len(content) <= 1:
            node = _directory_at(tree, entry[0]) if not content else _file_at(tree, entry[0], content[0])
        case _:
            raise ValueCodecError("malformed changes of files: a bad entry")
    node.mode, node.mtime_ns = mode & _MODE_BITS, mtime_ns


def _directory_at(tree: Tree, path: str) -> Directory:
    _, _, node = tree.locate(path)
    if isinstance(node, Directory):
        return node
    if node is not None:
        tree.remove_all(path)
    tree.make_directory(path)
    node = tree.find(path)
    assert isinstance(node, Directory)
    return node


def _file_at(tree: Tree, path: str, content: Any) -> File:
    if type(content) is not bytes:
        raise ValueCodecError("malformed changes of files: a file is bytes")
    _, _, node = tree.locate(path)
    if isinstance(node, Directory):
        tree.remove_all(path)
    file = tree.open_node(path, create=True, exclusive=False)
    assert isinstance(file, File)
    # In place, so that streams that have the file open see the new content.
    tree.resize(file, 0)
    tree.write(file, 0, content)
    return file
