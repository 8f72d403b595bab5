"""Images in ECR, for functions of tests."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["put_image"]

_KIND = "application/vnd.docker.distribution.manifest.v2+json"


def put_image(client: Any, repository: str, tag: str) -> str:
    """Make a repository with an empty image, and return the image's URI."""
    place = client.create_repository(repositoryName=repository)["repository"]["repositoryUri"]
    blob = {"size": 1, "digest": "sha256:" + "0" * 64}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": _KIND, "config": blob, "layers": [blob]})
    client.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=_KIND, imageTag=tag)
    return f"{place}:{tag}"
