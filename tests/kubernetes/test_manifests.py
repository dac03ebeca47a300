"""Every kustomization renders, is what Kubernetes takes, and its pods have what they need."""

import copy
import re
from pathlib import Path
from typing import Final

import kubernetes_validate  # type: ignore[import-untyped]  # comes without types
import pytest
import yaml

from outscope import VERSION
from tests.kubernetes.manifests import (
    K8S,
    KUBECTL,
    WITHOUT,
    Document,
    kustomizations,
    label,
    named,
    of_kind,
    pod_of,
    rendered,
)
from tests.kubernetes.pods import WORKLOADS, lacks

pytestmark = pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)

FOLDERS: Final = kustomizations()
OVERLAYS: Final = [K8S / "overlays" / name for name in ("dev", "production", "edge")]
# From what we name in docs/operations.md as the oldest to what was the newest when it was written.
VERSIONS: Final = ("1.30", "1.37")
# Groups that the cluster itself serves; all others are custom resources.
BUILT_IN: Final = re.compile(r"v1|(?:apps|batch|policy|autoscaling)/v\d+|[a-z.]+\.k8s\.io/v\d+")

every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=named)
every_overlay = pytest.mark.parametrize("folder", OVERLAYS, ids=named)


def invalid(document: Document, version: str) -> str:
    """Return what the schema of Kubernetes says against a document, nothing if nothing."""
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{label(document)}: {'/'.join(map(str, error.path))}: {error.message}"
    return ""


@pytest.mark.parametrize("version", VERSIONS)
@every_folder
def test_all_that_is_rendered_is_what_kubernetes_takes(folder: Path, version: str) -> None:
    ours = [each for each in rendered(folder) if BUILT_IN.fullmatch(each["apiVersion"])]
    assert ours or folder.parent.name == "scaling"
    assert [fault for each in ours if (fault := invalid(each, version))] == []


def test_what_kubernetes_does_not_take_is_found() -> None:
    (deployment, *_) = of_kind(rendered(K8S / "base"), "Deployment")
    assert invalid(deployment, VERSIONS[0]) == ""
    for path, value in (("replicas", "two"), ("replcias", 2), ("template", "x")):
        broken = copy.deepcopy(deployment)
        broken["spec"][path] = value
        assert invalid(broken, VERSIONS[0]) != "", path


@every_folder
def test_no_pod_has_more_than_it_needs(folder: Path) -> None:
    workloads = of_kind(rendered(folder), *WORKLOADS)
    assert [fault for workload in workloads for fault in lacks(workload)] == []


@every_folder
def test_nothing_is_there_twice(folder: Path) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered(folder)]
    assert sorted(names) == sorted(set(names))


@every_overlay
def test_whatever_a_pod_names_is_there_or_a_secret(folder: Path) -> None:
    documents = rendered(folder)
    present = {(each["kind"], each["metadata"]["name"]) for each in documents}
    for workload in of_kind(documents, *WORKLOADS):
        assert sorted(referred(workload) - present) == []


def referred(workload: Document) -> set[tuple[str, str]]:
    """Return the ConfigMaps and accounts that a workload names."""
    pod = pod_of(workload)
    (container,) = pod["containers"]
    sources = [
        *(source for source in container.get("envFrom", ())),
        *(
            source
            for volume in pod.get("volumes", ())
            for source in volume.get("projected", {}).get("sources", ())
        ),
    ]
    maps = [each.get("configMapRef") or each.get("configMap") for each in sources]
    return {
        ("ServiceAccount", pod["serviceAccountName"]),
        *(("ConfigMap", each["name"]) for each in maps if each),
    }


@every_overlay
def test_every_deployment_has_a_budget_for_disruptions_and_those_that_serve_an_autoscaler(
    folder: Path,
) -> None:
    documents = rendered(folder)
    budgets = [
        each["spec"]["selector"]["matchLabels"]
        for each in of_kind(documents, "PodDisruptionBudget")
    ]
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for each in of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject")
    }
    for deployment in of_kind(documents, "Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        matching = [budget for budget in budgets if budget.items() <= labels.items()]
        assert len(matching) == 1, label(deployment)
        name = deployment["metadata"]["name"]
        is_ours = pod_of(deployment)["containers"][0]["args"][0].startswith("services.")
        if is_ours and folder.name != "dev":
            assert name in scaled
        if name in scaled:
            assert "replicas" not in deployment["spec"], "an apply would undo the autoscaler"


@every_overlay
def test_what_scales_names_a_deployment_that_is_there(folder: Path) -> None:
    documents = rendered(folder)
    there = {each["metadata"]["name"] for each in of_kind(documents, "Deployment")}
    for each in of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject"):
        assert each["spec"]["scaleTargetRef"]["name"] in there


@every_overlay
def test_every_service_selects_pods_and_ports_that_are_there(folder: Path) -> None:
    documents = rendered(folder)
    workloads = of_kind(documents, *WORKLOADS)
    for service in of_kind(documents, "Service"):
        selected = [
            workload
            for workload in workloads
            if service["spec"]["selector"].items()
            <= workload["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert selected, label(service)
        for workload in selected:
            names = {port["name"] for port in pod_of(workload)["containers"][0]["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= names


def test_grpc_is_spread_by_its_clients_over_a_headless_service() -> None:
    (scheduler,) = [
        each
        for each in of_kind(rendered(K8S / "base"), "Service")
        if each["metadata"]["name"] == "scheduler"
    ]
    assert scheduler["spec"]["clusterIP"] == "None"
    (settings,) = of_kind(rendered(K8S / "base"), "ConfigMap")
    assert settings["data"]["OUTSCOPE_SCHEDULER_ADDRESS"] == "dns:///scheduler:50051"


@every_folder
def test_no_secret_is_committed(folder: Path) -> None:
    assert of_kind(rendered(folder), "Secret") == []


@every_folder
def test_every_image_of_ours_is_of_this_version(folder: Path) -> None:
    images = {
        pod_of(workload)["containers"][0]["image"]
        for workload in of_kind(rendered(folder), *WORKLOADS)
    }
    assert {image for image in images if image.startswith("outscope")} <= {f"outscope:{VERSION}"}


@pytest.fixture
def sound() -> Document:
    return copy.deepcopy(of_kind(rendered(K8S / "base"), "Deployment")[0])


@pytest.mark.parametrize(
    ("place", "key", "value", "fault"),
    [
        ("pod", "securityContext", {"runAsNonRoot": True, "runAsUser": 0}, "may run as root"),
        ("pod", "securityContext", {"runAsNonRoot": True, "runAsUser": 1}, "no seccomp profile"),
        ("pod", "automountServiceAccountToken", True, "holds a token for the cluster"),
        ("pod", "serviceAccountName", "default", "shares an account with others"),
        ("pod", "hostNetwork", True, "shares the host's namespaces"),
        ("pod", "volumes", [{"hostPath": {"path": "/"}}], "reads the host's files"),
        ("pod", "topologySpreadConstraints", [], "may stand all on one node"),
        ("pod", "terminationGracePeriodSeconds", 25, "may be killed before it has drained"),
        ("pod", "terminationGracePeriodSeconds", 90, "holds a node up for longer than it drains"),
        ("container", "securityContext", {"capabilities": {}}, "its file system can be written"),
        ("container", "securityContext", {"capabilities": {}}, "may gain privileges"),
        ("container", "securityContext", {"capabilities": {}}, "keeps capabilities"),
        ("container", "securityContext", {"privileged": True}, "is privileged"),
        ("container", "resources", {"limits": {}}, "no requests for processor and memory"),
        ("container", "image", "outscope:latest", "its image is of no version"),
        ("container", "image", "outscope", "its image is of no version"),
        ("container", "livenessProbe", {}, "no livenessProbe"),
        (
            *("container", "livenessProbe", {"httpGet": {"path": "/readyz"}}),
            "its livenessProbe does not ask /healthz",
        ),
        (
            *("container", "readinessProbe", {"httpGet": {"path": "/healthz"}}),
            "its readinessProbe does not ask /readyz",
        ),
        ("container", "ports", [], "its livenessProbe asks a port that is not there"),
    ],
)
def test_what_a_pod_lacks_is_found(
    sound: Document,
    place: str,
    key: str,
    value: object,
    fault: str,
) -> None:
    pod = pod_of(sound)
    assert lacks(sound) == []
    part = pod if place == "pod" else pod["containers"][0]
    part[key] = value
    assert f"{sound['metadata']['name']}: {fault}" in lacks(sound)


def test_a_component_is_part_of_something() -> None:
    parts = {
        (file.parent / name).resolve()
        for file in [*K8S.rglob("kustomization.yaml")]
        for name in yaml.safe_load(file.read_text("utf-8")).get("components", ())
    }
    # The other way to scale is for clusters without KEDA, traces for those with a collector.
    unused = {
        file.parent
        for file in K8S.rglob("kustomization.yaml")
        if yaml.safe_load(file.read_text("utf-8"))["kind"] == "Component"
    } - parts
    assert unused == {K8S / "scaling/hpa", K8S / "tracing"}
