"""Write what is installed in the image as a CycloneDX 1.6 document.

``python sbom.py FOLDER... >FILE``: the Python packages in these folders, and those of the operating system that its
package manager lists. Equal contents give an equal document: it has no time and no serial number.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_DPKG = ("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\n")
_RPM = ("rpm", "-qa", "--qf", "%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n")


def main() -> None:
    """Print the document."""
    components = [*_python_packages(sys.argv[1:]), *_system_packages()]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "rlvr-code-grader"}},
        "components": sorted(components, key=lambda one: str(one["bom-ref"])),
    }
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


def _python_packages(folders: list[str]) -> list[dict[str, Any]]:
    found = []
    for distribution in metadata.distributions(path=folders):
        name, version = distribution.metadata["Name"], distribution.version
        licence = distribution.metadata.get("License-Expression")
        component = _component(name, version, f"pkg:pypi/{name.lower().replace('_', '-')}@{version}")
        found.append(component | ({"licenses": [{"expression": licence}]} if licence else {}))
    return found


def _system_packages() -> list[dict[str, Any]]:
    kind, command = ("deb", _DPKG) if shutil.which("dpkg-query") else ("rpm", _RPM)
    if shutil.which(command[0]) is None:
        return []
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    vendor = release["ID"].strip('"')
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words
    rows = [line.split("\t") for line in listed.splitlines()]
    return [
        _component(name, version, f"pkg:{kind}/{vendor}/{name}@{version}?arch={architecture}")
        for name, version, architecture in rows
    ]


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    purl = purl.replace("+", "%2B").replace("~", "%7E")
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    main()
