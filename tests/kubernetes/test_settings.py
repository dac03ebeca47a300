"""What a pod's environment holds is what its service can be started with."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
import yaml

from deploy.region.accounts import password_name, users
from deploy.region.folder import regions_in
from deploy.region.fresh import fresh_secrets
from outscope.config import Environment
from services.gateway import config as gateway
from services.notifier import config as notifier
from services.prober import config as prober
from services.scheduler import config as scheduler
from tests.architecture.tree import ROOT
from tests.identities import Identities
from tests.kubernetes.manifests import (
    K8S,
    KUBECTL,
    WITHOUT,
    Document,
    of_kind,
    pod_of,
    rendered,
)

OVERLAYS: Final = [K8S / "overlays" / name for name in ("dev", "production", "edge")]
READ: Final[Mapping[str, Callable[[Environment], object]]] = {
    "services.gateway": gateway.config_from,
    "services.scheduler": scheduler.config_from,
    "services.prober": prober.config_from,
    "services.notifier": notifier.config_from,
}
# As the kubelet expands them.
REFERENCE: Final = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


def secret_values() -> dict[str, dict[str, str]]:
    """Return what make secrets prints, by the name of each Secret."""
    items = yaml.safe_load(fresh_secrets(regions_in(K8S)))["items"]
    return {item["metadata"]["name"]: item["stringData"] for item in items}


def environment_of(container: Document, maps: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the variables that a container is started with."""
    secrets = secret_values()
    variables: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        if "configMapRef" in source:
            variables |= maps[source["configMapRef"]["name"]]
        else:
            variables |= secrets[source["secretRef"]["name"]]
    for each in container.get("env", ()):
        if "value" in each:
            value = REFERENCE.sub(lambda found: variables[found[1]], each["value"])
        elif "secretKeyRef" in each["valueFrom"]:
            reference = each["valueFrom"]["secretKeyRef"]
            value = secrets[reference["name"]][reference["key"]]
        else:
            value = "nats-0"
        variables[each["name"]] = value
    return variables


def mounted(variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the variables with certificates that are there, in place of those in a Secret."""
    paths = Identities(folder).of("any")
    here = {
        "OUTSCOPE_MTLS_CA": paths.ca,
        "OUTSCOPE_MTLS_CERT": paths.certificate,
        "OUTSCOPE_MTLS_KEY": paths.key,
    }
    return {**variables, **{name: str(path) for name, path in here.items() if name in variables}}


@pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)
@pytest.mark.parametrize("folder", OVERLAYS, ids=lambda folder: folder.name)
def test_every_service_can_be_started_with_what_its_pod_holds(folder: Path, tmp_path: Path) -> None:
    documents = rendered(folder)
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind(documents, "ConfigMap")}
    started = set()
    for deployment in of_kind(documents, "Deployment"):
        (container,) = pod_of(deployment)["containers"]
        read = READ.get(container["args"][0])
        if read is None:
            continue
        variables = mounted(environment_of(container, maps), tmp_path)
        assert read(Environment(variables))
        started.add(container["args"][0])
        if "NATS_URL" in variables:
            user = re.fullmatch(
                r"nats://([^:]+):s[0-9a-f]{48}@[a-z0-9-]+:4222", variables["NATS_URL"]
            )
            assert user
            region = deployment["metadata"]["labels"].get("outscope.dev/vantage-point")
            assert user[1] == (f"prober-{region}" if region else container["name"])
    assert started == ({"services.prober"} if folder.name == "edge" else set(READ))


@pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)
@pytest.mark.parametrize("folder", OVERLAYS, ids=lambda folder: folder.name)
def test_a_pod_is_given_no_secret_that_it_does_not_name(folder: Path) -> None:
    """Servers of the bus check the passwords of all, so they have them all; nobody else does."""
    for workload in of_kind(rendered(folder), "Deployment", "StatefulSet", "Job"):
        (container,) = pod_of(workload)["containers"]
        whole = [each for each in container.get("envFrom", ()) if "secretRef" in each]
        assert bool(whole) is (workload["kind"] == "StatefulSet" and container["name"] == "nats")


def test_everybody_has_a_password_of_their_own_that_nobody_has_seen() -> None:
    first, second = secret_values(), secret_values()
    names = {password_name(user) for user in users(regions_in(K8S))}
    assert names <= first["nats-users"].keys()
    values = [value for name in first for value in first[name].values() if len(value) > 40]
    owner = first["postgres-owner"]["password"]
    assert owner in first["outscope"]["DATABASE_URL"]
    assert len(set(values)) == len(values)
    assert first["nats-users"].items().isdisjoint(second["nats-users"].items())


def test_compose_starts_every_service_with_what_it_can_be_started_with() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    ours = {
        name: each
        for name, each in services.items()
        if name in {"gateway", "scheduler", "prober", "notifier"}
    }
    assert len(ours) == len(READ)
    for name, each in ours.items():
        assert READ[f"services.{name}"](Environment(each["environment"]))
        assert each["command"] == [f"services.{name}"]


def test_compose_gives_no_container_more_than_it_needs_and_shows_only_rest_and_grpc() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    for name, each in services.items():
        assert each["read_only"] is True, name
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert int(str(each["user"]).partition(":")[0]) > 0, name
        assert {"mem_limit", "cpus"} <= each.keys(), name
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", ())), name
    assert sorted(name for name, each in services.items() if "ports" in each) == [
        "gateway",
        "scheduler",
    ]
