"""With the component tracing every service knows a collector, and reaches it, and nothing else."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.kubernetes.manifests import K8S, KUBECTL, WITHOUT, Document, of_kind, rendered
from tests.kubernetes.test_network import labels_of, policies_of

pytestmark = pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)

SERVICES = ("gateway", "scheduler", "notifier", "prober")


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Document, ...]:
    shutil.copytree(K8S, tmp_path / "k8s")
    folder = tmp_path / "k8s/overlays/traced"
    folder.mkdir()
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../dev"],
        "components": ["../../tracing"],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")
    return rendered(folder)


def test_every_service_is_told_of_the_collector(documents: tuple[Document, ...]) -> None:
    (told,) = (
        each
        for each in of_kind(documents, "ConfigMap")
        if "OTEL_EXPORTER_OTLP_ENDPOINT" in each["data"]
    )
    assert told["data"]["OTEL_EXPORTER_OTLP_ENDPOINT"].endswith(":4318")
    readers = [
        each["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        for each in of_kind(documents, "Deployment")
        if {"configMapRef": {"name": told["metadata"]["name"]}}
        in each["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    ]
    assert set(readers) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_the_collector_by_its_port_alone(
    documents: tuple[Document, ...], service: str
) -> None:
    ports = [
        [port["port"] for port in rule["ports"]]
        for policy in policies_of(documents, labels_of(documents, service))
        for rule in policy.get("egress", ())
        for peer in rule.get("to", ())
        if "monitoring" in yaml.safe_dump(peer)
    ]
    assert ports == [[4318]]
