"""The number of CPUs: affinity mask and quotas of control groups, in trees as hosts have them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from grader.config.cpus import cpu_quota, usable_cpus

if TYPE_CHECKING:
    from pathlib import Path

V1 = "sys/fs/cgroup/cpu,cpuacct"
V2 = "sys/fs/cgroup"


def v1(folder: str, quota: str, period: str = "100000\n") -> dict[str, str]:
    return {f"{folder}/cpu.cfs_quota_us": quota, f"{folder}/cpu.cfs_period_us": period}


def host(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    """Make the tree of a host."""
    for name, text in {"proc/self/cgroup": cgroup, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("cgroup", "files", "quota"),
    [
        pytest.param("0::/\n", {f"{V2}/cpu.max": "150000 100000\n"}, 1.5, id="v2 in a container"),
        pytest.param("0::/\n", {f"{V2}/cpu.max": "max 100000\n"}, None, id="v2 without a limit"),
        pytest.param("0::/\n", {}, None, id="v2 at the root of a host"),
        pytest.param(
            "0::/kubepods/pod1/box\n",
            {f"{V2}/kubepods/pod1/box/cpu.max": "max 100000\n", f"{V2}/kubepods/pod1/cpu.max": "300000 100000\n"},
            3.0,
            id="v2 limit of a parent",
        ),
        pytest.param(
            "0::/a/b\n",
            {f"{V2}/a/b/cpu.max": "400000 100000", f"{V2}/a/cpu.max": "200000 100000"},
            2.0,
            id="v2 the lowest counts",
        ),
        pytest.param(
            "0::/kubepods/pod1/box\n", {f"{V2}/cpu.max": "50000 100000\n"}, 0.5, id="v2 named from the host's root"
        ),
        pytest.param("0::/../../pod\n", {f"{V2}/cpu.max": "100000 50000\n"}, 2.0, id="v2 outside of the namespace"),
        pytest.param("4:cpu,cpuacct:/docker/1\n", v1(f"{V1}/docker/1", "250000\n"), 2.5, id="v1"),
        pytest.param("4:cpu:/docker/1\n", v1("sys/fs/cgroup/cpu/docker/1", "250000\n"), 2.5, id="v1 cpu alone"),
        pytest.param("4:cpu,cpuacct:/docker/1\n", v1(V1, "200000\n"), 2.0, id="v1 named from the host's root"),
        pytest.param("4:cpu,cpuacct:/docker/1\n", v1(f"{V1}/docker/1", "-1\n"), None, id="v1 without a limit"),
        pytest.param("2:cpuacct:/x\n3:cpuset:/x\n", v1(f"{V1}/x", "100000\n"), None, id="v1 of other controllers"),
        pytest.param(
            "2:cpu:/x\n0::/y\n",
            v1("sys/fs/cgroup/cpu/x", "300000\n") | {f"{V2}/y/cpu.max": "max 100000"},
            3.0,
            id="both",
        ),
        pytest.param("nonsense\n\n::\n", {f"{V2}/cpu.max": "nonsense"}, None, id="nonsense"),
        pytest.param("0::/\n", {f"{V2}/cpu.max": "0 0\n"}, None, id="no period"),
    ],
)
def test_quota_of_a_tree(tmp_path: Path, cgroup: str, files: dict[str, str], quota: float | None) -> None:
    assert cpu_quota(host(tmp_path, cgroup, files)) == quota


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("50000 100000", 1), ("100000 100000", 1), ("150000 100000", 2), ("900000 100000", 4), ("max 100000", 4)],
)
def test_workers_are_the_quota_rounded_up_and_at_most_the_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, cpus: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert usable_cpus(host(tmp_path, "0::/\n", {f"{V2}/cpu.max": text})) == cpus


def test_without_a_tree_the_mask_counts(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == len(os.sched_getaffinity(0))
