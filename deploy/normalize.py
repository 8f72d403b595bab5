"""Make folders readable for everyone, and all times in them the same: ``python normalize.py FOLDER...``.

Layers of an image are compared by their content, which includes these times.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

_READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def main() -> None:
    """Normalize the folders."""
    for folder in map(Path, sys.argv[1:]):
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | _READABLE | (_EXECUTABLE if path.is_dir() or mode & stat.S_IXUSR else 0))
            os.utime(path, (0, 0), follow_symlinks=False)


if __name__ == "__main__":
    main()
