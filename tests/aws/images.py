"""Images in ECR, for functions of tests."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["put_image"]

_KIND = "application/vnd.docker.distribution.manifest.v2+json"


def put_image(client: Any, repository: str, tag: str, *, create: bool = True) -> str:
    """Put an empty image into a repository, which is made unless it stands, and return the image's URI."""
    if create:
        client.create_repository(repositoryName=repository)
    place = client.describe_repositories(repositoryNames=[repository])["repositories"][0]["repositoryUri"]
    blob = {"size": 1, "digest": "sha256:" + "0" * 64}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": _KIND, "config": blob, "layers": [blob], "tag": tag})
    client.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=_KIND, imageTag=tag)
    return f"{place}:{tag}"
