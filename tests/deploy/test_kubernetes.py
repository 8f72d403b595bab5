"""The manifests for Kubernetes: valid by its schemas, and as strict as docs/kubernetes.md says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.config.settings import GraderConfig

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy/kubernetes/service.yaml").read_text()
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all(TEXT))
DEPLOYMENT = next(one for one in DOCUMENTS if one["kind"] == "Deployment")
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one["kind"])
def test_the_schema_of_kubernetes_holds(document: dict[str, Any]) -> None:
    validate: Any = pytest.importorskip("kubernetes_validate")
    validate.validate(document, validate.latest_version(), strict=True)


def test_selectors_and_names_belong_together() -> None:
    label = {"app.kubernetes.io/name": "code-grader"}
    assert DEPLOYMENT["spec"]["selector"]["matchLabels"] == label
    assert DEPLOYMENT["spec"]["template"]["metadata"]["labels"] == label
    for document in DOCUMENTS:
        assert document["metadata"] == {"name": "code-grader", "labels": label}
    service = next(one for one in DOCUMENTS if one["kind"] == "Service")
    assert service["spec"]["selector"] == label
    assert {port["name"] for port in CONTAINER["ports"]} == {port["targetPort"] for port in service["spec"]["ports"]}


def test_the_command_is_one_that_the_grader_has() -> None:
    from typer import Typer  # noqa: PLC0415 - for this test only
    from typer.main import get_command  # noqa: PLC0415 - for this test only

    from grader.cli.serve import serve  # noqa: PLC0415 - it imports the command line

    program, command, *options = CONTAINER["command"]
    assert (program, command) == ("grader", "serve")
    app = Typer()
    app.command()(serve)
    names = {name for parameter in get_command(app).params for name in parameter.opts}
    assert {one for one in options if one.startswith("--")} <= names


def test_settings_in_the_environment_exist() -> None:
    environ = {one["name"]: one["value"] for one in CONTAINER["env"]}
    assert GraderConfig.load(None, environ).require_isolation == "seccomp"


def test_a_pod_has_no_more_rights_than_it_needs() -> None:
    security = POD["securityContext"]
    assert (security["runAsNonRoot"], security["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
    own = CONTAINER["securityContext"]
    assert (own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"]) == (False, True)
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert POD["automountServiceAccountToken"] is False
    policy = next(one for one in DOCUMENTS if one["kind"] == "NetworkPolicy")
    assert policy["spec"]["egress"] == []


def test_accepted_requests_end_before_the_pod_does() -> None:
    from grader.service.limits import ServiceLimits  # noqa: PLC0415 - for this test only

    assert POD["terminationGracePeriodSeconds"] > ServiceLimits().deadline_s


def test_the_pod_in_the_document_is_valid() -> None:
    validate: Any = pytest.importorskip("kubernetes_validate")
    page = (ROOT / "docs/kubernetes.md").read_text()
    (snippet,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    spec = yaml.safe_load(snippet)["spec"]
    spec["containers"][0]["image"] = "x"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}
    validate.validate(pod, validate.latest_version(), strict=True)
