"""What runs on Kubernetes has no more rights than it needs, says when it is well, and ends cleanly.

The rules are checked on the files as they stand, and, where kubectl is installed, once more on what
`kubectl kustomize` makes of them.
"""

import copy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from outscope import VERSION
from tests.architecture.tree import ROOT

K8S: Final = ROOT / "deploy/k8s"
REGIONS: Final = sorted(folder for folder in (K8S / "regions").iterdir() if folder.is_dir())
FOLDERS: Final = [K8S / "base", *REGIONS]
KUBECTL: Final = shutil.which("kubectl")
ROOT_USER: Final = 0
# How long each service may take to finish what it has begun, beside the time to be told.
DRAIN_S: Final = 20

Document = dict[str, Any]


def kustomization(folder: Path) -> Document:
    loaded: Document = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    return loaded


def written(folder: Path) -> Iterator[Document]:
    """Yield the documents of a kustomization as they stand, those of its components too."""
    own = kustomization(folder)
    for name in own.get("resources", ()):
        yield from yaml.safe_load_all((folder / name).read_text("utf-8"))
    for name in own.get("components", ()):
        yield from written(folder / name)


def rendered(folder: Path) -> list[Document]:
    """Return the documents that kubectl makes of a kustomization."""
    printed = subprocess.run(
        [KUBECTL or "kubectl", "kustomize", folder], check=True, capture_output=True, text=True
    )
    return list(yaml.safe_load_all(printed.stdout))


def deployments(documents: list[Document]) -> list[Document]:
    return [document for document in documents if document["kind"] == "Deployment"]


def lacks(deployment: Document) -> list[str]:
    """Return what a deployment lacks, in words."""
    pod = deployment["spec"]["template"]["spec"]
    name = deployment["metadata"]["name"]
    faults = [*pod_faults(pod)]
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        faults += container_faults(container)
    return [f"{name}: {fault}" for fault in faults]


def pod_faults(pod: Document) -> Iterator[str]:
    context = pod.get("securityContext", {})
    if not context.get("runAsNonRoot") or context.get("runAsUser", ROOT_USER) == ROOT_USER:
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "holds a token for the cluster"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares the host's namespaces"
    if pod.get("terminationGracePeriodSeconds", 0) <= DRAIN_S:
        yield "may be killed before it has drained"


def container_faults(container: Document) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("readOnlyRootFilesystem") is not True:
        yield "its file system can be written"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if context.get("capabilities", {}).get("drop") != ["ALL"] or "add" in context["capabilities"]:
        yield "keeps capabilities"
    resources = container.get("resources", {})
    for kind in ("requests", "limits"):
        if {"cpu", "memory"} - resources.get(kind, {}).keys():
            yield f"no {kind} for processor and memory"
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        if container.get(probe, {}).get("httpGet", {}).get("path") != path:
            yield f"its {probe} does not ask {path}"
        elif container[probe]["httpGet"]["port"] not in {p["name"] for p in container["ports"]}:
            yield f"its {probe} asks a port that is not there"


def settings(folder: Path) -> dict[str, str]:
    """Return the settings of a kustomization's generated ConfigMap."""
    (config_map,) = kustomization(folder)["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in config_map["literals"])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_deployment_as_written_has_all_it_needs_and_no_more(folder: Path) -> None:
    found = deployments(list(written(folder)))
    assert found
    assert [fault for deployment in found for fault in lacks(deployment)] == []


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_deployment_as_rendered_has_all_it_needs_and_no_more(folder: Path) -> None:
    found = deployments(rendered(folder))
    assert found
    assert [fault for deployment in found for fault in lacks(deployment)] == []


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_name_a_rendered_deployment_refers_to_is_there(folder: Path) -> None:
    documents = rendered(folder)
    maps = {item["metadata"]["name"] for item in documents if item["kind"] == "ConfigMap"}
    for deployment in deployments(documents):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        asked = {
            source["configMapRef"]["name"]
            for source in container["envFrom"]
            if "configMapRef" in source
        }
        assert asked <= maps
        assert container["image"] == f"outscope:{VERSION}"


def test_every_service_has_its_deployment() -> None:
    found = {
        argument
        for folder in FOLDERS
        for deployment in deployments(list(written(folder)))
        for container in deployment["spec"]["template"]["spec"]["containers"]
        for argument in container["args"]
    }
    services = ("gateway", "scheduler", "prober", "notifier")
    assert found == {f"services.{service}" for service in services}


def test_a_region_is_named_after_its_folder_and_known_to_the_scheduler() -> None:
    known = settings(K8S / "base")["OUTSCOPE_VANTAGE_POINTS"].split(",")
    assert sorted(known) == [folder.name for folder in REGIONS]
    for region in REGIONS:
        assert settings(region)["VANTAGE_POINT"] == region.name
        assert kustomization(region)["nameSuffix"] == f"-{region.name}"
        assert settings(region)["NATS_URL"] == settings(K8S / "base")["NATS_URL"]


def test_no_secret_is_committed() -> None:
    kinds = {document["kind"] for folder in FOLDERS for document in written(folder)}
    assert "Secret" not in kinds
    assert not {"DATABASE_URL", "OUTSCOPE_SERVICE_TOKEN"} & settings(K8S / "base").keys()


def test_what_reaches_strangers_is_fenced_off_from_private_networks() -> None:
    documents = [document for folder in FOLDERS for document in written(folder)]
    fenced = {
        document["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for document in documents
        if document["kind"] == "NetworkPolicy"
    }
    assert fenced == {"prober", "notifier"}


@pytest.fixture
def sound() -> Document:
    return copy.deepcopy(deployments(list(written(K8S / "base")))[0])


@pytest.mark.parametrize(
    ("place", "key", "value", "fault"),
    [
        ("pod", "securityContext", {"runAsNonRoot": True, "runAsUser": 0}, "may run as root"),
        ("pod", "securityContext", {"runAsNonRoot": True, "runAsUser": 1}, "no seccomp profile"),
        ("pod", "automountServiceAccountToken", True, "holds a token for the cluster"),
        ("pod", "hostNetwork", True, "shares the host's namespaces"),
        ("pod", "terminationGracePeriodSeconds", 20, "may be killed before it has drained"),
        ("container", "securityContext", {"capabilities": {}}, "its file system can be written"),
        ("container", "securityContext", {"capabilities": {}}, "may gain privileges"),
        ("container", "securityContext", {"capabilities": {}}, "keeps capabilities"),
        ("container", "resources", {"limits": {}}, "no requests for processor and memory"),
        ("container", "livenessProbe", {}, "its livenessProbe does not ask /healthz"),
        ("container", "readinessProbe", {}, "its readinessProbe does not ask /readyz"),
        ("container", "ports", [], "its livenessProbe asks a port that is not there"),
    ],
)
def test_what_a_deployment_lacks_is_found(
    sound: Document, place: str, key: str, value: object, fault: str
) -> None:
    pod = sound["spec"]["template"]["spec"]
    part = pod if place == "pod" else pod["containers"][0]
    part[key] = value
    assert any(found.endswith(f": {fault}") for found in lacks(sound))
