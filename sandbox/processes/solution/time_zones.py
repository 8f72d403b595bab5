"""Time zones for `zoneinfo`, which would read a file for each: the data of all zones, in memory."""

from __future__ import annotations

import io
import os
import zoneinfo
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["install", "read"]

_FOLDERS = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_NOT_ZONES = frozenset({"posix", "right", "localtime", "posixrules", "Factory"})
_MAGIC = b"TZif"
_UTC = (
    b"TZif2" + bytes(15) + bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4])
    + bytes(6) + b"UTC\0"
    + b"TZif2" + bytes(15) + bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4])
    + bytes(6) + b"UTC\0\nUTC0\n"
)  # fmt: skip
"""Data of a zone without transitions (RFC 8536), for hosts that have no files of zones."""
_listdir, _is_folder = os.listdir, os.path.isdir


def read(open_file: Callable[..., Any]) -> dict[str, bytes]:
    """Read the data of all zones of the host, by key; at least UTC.

    Args:
        open_file: the real function ``open``.
    """
    zones = dict.fromkeys(("UTC", "Etc/UTC", "GMT", "Etc/GMT"), _UTC)
    for folder in _FOLDERS:
        _read_folder(folder, "", zones, open_file)
        if len(zones) > len(_FOLDERS):
            break
    return zones


def _read_folder(folder: str, prefix: str, zones: dict[str, bytes], open_file: Callable[..., Any]) -> None:
    names: list[str] = []
    with suppress(OSError):
        names = _listdir(folder)
    for name in names:
        if name in _NOT_ZONES or "." in name:
            continue
        path = f"{folder}/{name}"
        try:
            with open_file(path, "rb") as file:
                data = file.read()
        except IsADirectoryError:
            _read_folder(path, f"{prefix}{name}/", zones, open_file)
        except OSError:
            continue
        else:
            if data.startswith(_MAGIC):
                zones[prefix + name] = data


def install(zones: Mapping[str, bytes]) -> None:
    """Make `zoneinfo` take zones from here."""
    not_found = zoneinfo.ZoneInfoNotFoundError

    def load_tzdata(key: str) -> io.BytesIO:
        if key not in zones:
            raise not_found(f"No time zone found with key {key}")
        return io.BytesIO(zones[key])

    def available_timezones() -> set[str]:
        return set(zones)

    # Without a path to search, both implementations of the class ask this function, which reads the package tzdata.
    zoneinfo.reset_tzpath(())
    library: Any = zoneinfo
    library._common.load_tzdata = load_tzdata
    library.available_timezones = available_timezones
