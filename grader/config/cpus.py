"""The CPUs that this process may use: those of its affinity mask, as far as its control groups let it use them."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

__all__ = ["cpu_quota", "usable_cpus"]

_CGROUP_FILE: Final = "proc/self/cgroup"
_V2_ROOT: Final = "sys/fs/cgroup"
_V1_ROOTS: Final = ("sys/fs/cgroup/cpu,cpuacct", "sys/fs/cgroup/cpu")


def usable_cpus(root: Path = Path("/")) -> int:
    """Return the number of CPUs that this process can keep busy: at least 1.

    Args:
        root: folder with the trees ``proc`` and ``sys`` of the host.
    """
    # os.cpu_count() also counts CPUs that a container or taskset keeps from this process. A container with a CPU limit
    # (docker --cpus, limits.cpu of Kubernetes) has all CPUs in its mask, and a quota of their time.
    cpus = len(os.sched_getaffinity(0))
    quota = cpu_quota(root)
    # Rounded up: 1.5 CPUs keep two answers busy, but one answer does not use them.
    return cpus if quota is None else max(1, min(cpus, math.ceil(quota)))


def cpu_quota(root: Path) -> float | None:
    """Return the number of CPUs whose time the control groups of this process grant it; ``None``: no limit.

    Every group counts, from that of the process up to the root (Linux, admin-guide/cgroup-v2, ``cpu.max``;
    scheduler/sched-bwc, ``cpu.cfs_quota_us``). A container may see its own group as the root.

    Args:
        root: folder with the trees ``proc`` and ``sys`` of the host.
    """
    quotas = []
    for controllers, group in _groups(root):
        if not controllers:
            quotas += [_v2_quota(folder) for folder in _folders(root / _V2_ROOT, group)]
        elif "cpu" in controllers:
            for mount in _V1_ROOTS:
                quotas += [_v1_quota(folder) for folder in _folders(root / mount, group)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _groups(root: Path) -> list[tuple[list[str], str]]:
    """Return the controllers and the path of each control group of this process; those of version 2 have no name."""
    groups = []
    for line in _read(root / _CGROUP_FILE).splitlines():
        _, controllers, group = [*line.split(":", 2), "", ""][:3]
        groups.append(([name for name in controllers.split(",") if name], group))
    return groups


def _folders(mount: Path, group: str) -> list[Path]:
    """Return the folders of a control group and of those that it is in.

    The group may be named from the host's root while only its own part of the tree is mounted: then the mount is it.
    A name with ``..`` is that of a process outside of the namespace (cgroup_namespaces(7)).
    """
    parts = [part for part in group.split("/") if part]
    if ".." in parts:
        parts = []
    return [mount.joinpath(*parts[:length]) for length in range(len(parts) + 1)]


def _v2_quota(folder: Path) -> float | None:
    quota, period = [*_read(folder / "cpu.max").split(), "", ""][:2]
    return _ratio(quota, period)


def _v1_quota(folder: Path) -> float | None:
    return _ratio(_read(folder / "cpu.cfs_quota_us").strip(), _read(folder / "cpu.cfs_period_us").strip())


def _ratio(quota: str, period: str) -> float | None:
    # No limit is "max" in version 2, and -1 in version 1.
    if not (quota.isdecimal() and period.isdecimal() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
