"""A fake docker: records its arguments, and pushes an empty image to the repository that the client finds.

ENGINE_NOTES is the file of notes; ENGINE_FAILS names a command that fails, ENGINE_HANGS one that does not come
back.
"""

import json
import os
import sys
import time
import urllib.request

command = next(word for word in sys.argv[1:] if not word.startswith("-"))
secret = sys.stdin.read() if command == "login" else ""
settings = {name: os.environ[name] for name in ("IMAGE", "BASE_IMAGE", "PLATFORM") if name in os.environ}
with open(os.environ["ENGINE_NOTES"], "a") as notes:
    notes.write(json.dumps({"words": sys.argv[1:], "stdin": secret, "settings": settings}) + "\n")
if command == os.environ.get("ENGINE_HANGS"):
    time.sleep(100)
if command == os.environ.get("ENGINE_FAILS"):
    print("the stand-in was told to fail", file=sys.stderr)
    sys.exit(1)
if command == "image":
    print("sha256:" + "ab" * 32)
if command == "push":
    repository, _, tag = sys.argv[-1].partition("/")[2].partition(":")
    blob = {"size": 1, "digest": "sha256:" + "0" * 64}
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": blob, "layers": [blob], "tag": tag})
    image = {"repositoryName": repository, "imageManifest": manifest, "imageManifestMediaType": kind, "imageTag": tag}
    headers = {
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.PutImage",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=A/20260101/{sys.argv[-1].split('.')[3]}/ecr/aws4_request",
    }
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(image).encode(), headers)
    urllib.request.urlopen(request, timeout=20).close()
