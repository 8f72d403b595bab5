"""Pin the base image in the Dockerfile: ``python deploy/base_image.py [TAG]``, or ``make base-image``.

The registry is asked which image the tag names now, for each architecture, and the digests are written into the lines
``FROM ...@sha256:... AS base-ARCHITECTURE``. Nothing is pulled (OCI Distribution Specification, "Pulling manifests").
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

DOCKERFILE: Final = Path(__file__).parents[1] / "Dockerfile"
REGISTRY: Final = "https://public.ecr.aws"
LINE: Final = re.compile(
    r"^FROM (?P<host>[^/\s]+)/(?P<name>[^:@\s]+):(?P<tag>[^@\s]+)@(?P<digest>sha256:[0-9a-f]{64})"
    r" AS base-(?P<architecture>\w+)$",
    re.MULTILINE,
)
_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_TIMEOUT_S: Final = 30


def main(arguments: list[str], *, dockerfile: Path = DOCKERFILE, registry: str = REGISTRY) -> str:
    """Pin the images, and return what has changed, one line for each architecture.

    Args:
        arguments: the tag; if there is none, that of the pinned image.
        dockerfile: the file with the pins.
        registry: address of the registry.

    Raises:
        SystemExit: the registry cannot be asked, or has no such image.
    """
    text = dockerfile.read_text()
    pins = list(LINE.finditer(text))
    if not pins:
        sys.exit(f"base-image: {dockerfile} pins no base image")
    name, tag = pins[0]["name"], (arguments or [pins[0]["tag"]])[0]
    try:
        digests = find_digests(registry, name, tag, {pin["architecture"] for pin in pins})
    except (OSError, ValueError, LookupError) as error:
        sys.exit(f"base-image: {registry}/{name}:{tag}: {error}")

    def pinned(pin: re.Match[str]) -> str:
        architecture = pin["architecture"]
        return f"FROM {pin['host']}/{name}:{tag}@{digests[architecture]} AS base-{architecture}"

    dockerfile.write_text(LINE.sub(pinned, text))
    return "\n".join(
        f"{pin['architecture']}: {digests[pin['architecture']]}"
        + (" (unchanged)" if pin["digest"] == digests[pin["architecture"]] else f" (was {pin['digest']})")
        for pin in pins
    )


def find_digests(registry: str, name: str, tag: str, architectures: set[str]) -> dict[str, str]:
    """Return the digest of the image of each architecture.

    Raises:
        OSError: the registry cannot be reached, or refuses.
        ValueError: its answer is none.
        LookupError: the tag has no image for one of the architectures.
    """
    scope = urllib.parse.urlencode(
        {"scope": f"repository:{name}:pull", "service": urllib.parse.urlsplit(registry).netloc}
    )
    token = json.loads(_get(f"{registry}/token/?{scope}"))["token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": ", ".join(_INDEXES + _MANIFESTS)}
    body = _get(f"{registry}/v2/{name}/manifests/{tag}", headers)
    index: dict[str, Any] = json.loads(body)
    if index.get("mediaType") not in _INDEXES and "manifests" not in index:
        raise LookupError("the tag names one image and no index of several architectures")
    found = {
        one["platform"]["architecture"]: one["digest"]
        for one in index["manifests"]
        if one.get("platform", {}).get("os") == "linux"
    }
    missing = architectures - found.keys()
    if missing:
        raise LookupError(f"no image for {', '.join(sorted(missing))}")
    for architecture in sorted(architectures):
        # What is pinned is what was seen: the digest is that of the content.
        content = _get(f"{registry}/v2/{name}/manifests/{found[architecture]}", headers)
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != found[architecture]:
            raise ValueError(f"the manifest for {architecture} is not what its digest says")
    return {architecture: found[architecture] for architecture in architectures}


def _get(url: str, headers: dict[str, str] | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=_TIMEOUT_S) as response:  # noqa: S310 - a registry's address
        content: bytes = response.read()
        return content


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
