"""In production every pod of ours shows a certificate of its own, and is let in by it."""

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from deploy.certificates.issue import Leaf
from deploy.local.binaries import nats_server_program
from outscope.certificates import Certificates
from outscope.config import Environment
from services.scheduler import config as scheduler
from tests.backends import nats_process
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
from tests.kubernetes.test_settings import secret_values

pytestmark = pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)

PRODUCTION: Final = K8S / "overlays/production"
SERVICES: Final = frozenset({"gateway", "scheduler", "notifier", "prober", "migrate"})
SETTINGS: Final = {
    "OUTSCOPE_MTLS_CA": "ca.crt",
    "OUTSCOPE_MTLS_CERT": "tls.crt",
    "OUTSCOPE_MTLS_KEY": "tls.key",
}


def ours() -> dict[str, list[Document]]:
    """Return the pods of each service of ours."""
    found: dict[str, list[Document]] = {}
    for workload in of_kind(rendered(PRODUCTION), "Deployment", "Job"):
        pod = pod_of(workload)
        found.setdefault(pod["containers"][0]["name"], []).append(pod)
    return found


def certificates() -> dict[str, Mapping[str, Any]]:
    """Return what is asked of each certificate, by the Secret it is in."""
    return {
        each["spec"]["secretName"]: each["spec"]
        for each in of_kind(rendered(PRODUCTION), "Certificate")
    }


def test_every_pod_of_ours_mounts_a_certificate_of_its_own_where_its_settings_say() -> None:
    pods = ours()
    assert pods.keys() == SERVICES
    for service, each in ((service, pod) for service, many in pods.items() for pod in many):
        (volume,) = (volume for volume in each["volumes"] if volume["name"] == "mtls")
        assert volume["secret"] == {"secretName": f"{service}-tls", "defaultMode": 0o440}
        # By which the files, which are root's, can be read; libpq takes no key that others can.
        assert each["securityContext"]["fsGroup"] == each["securityContext"]["runAsGroup"]
        (container,) = each["containers"]
        (mount,) = (one for one in container["volumeMounts"] if one["name"] == "mtls")
        told = {one["name"]: one.get("value") for one in container["env"]}
        for name, file in SETTINGS.items():
            assert told[name] == f"{mount['mountPath']}/{file}"
        assert "subPath" not in mount, "it would never be renewed"


def test_each_certificate_names_its_service_and_only_what_is_dialled_has_a_host() -> None:
    asked = certificates()
    for service in SERVICES:
        spec = asked[f"{service}-tls"]
        assert spec["uris"] == [f"spiffe://outscope/{service}"]
        assert "client auth" in spec["usages"]
        is_server = service == "scheduler"
        assert ("server auth" in spec["usages"], "dnsNames" in spec) == (is_server, is_server)
    (settings,) = (
        each["data"]
        for each in of_kind(rendered(PRODUCTION), "ConfigMap")
        if each["metadata"]["name"].startswith("outscope-")
    )
    hosts = {
        "scheduler-tls": settings["OUTSCOPE_SCHEDULER_ADDRESS"].removeprefix("dns:///"),
        "nats-tls": settings["NATS_SERVER"],
        "postgres-server-tls": str(
            urlsplit(secret_values()["outscope"]["DATABASE_URL"]).netloc.rpartition("@")[2]
        ),
    }
    for secret, address in hosts.items():
        assert address.partition(":")[0] in asked[secret]["dnsNames"]


def test_certificates_are_renewed_long_before_they_end() -> None:
    for spec in certificates().values():
        assert int(spec["renewBefore"][:-1]) * 10 >= int(spec["duration"][:-1])
        if not spec.get("isCA"):
            assert spec["issuerRef"] == {"name": "authority", "kind": "Issuer"}
            assert spec["privateKey"]["rotationPolicy"] == "Always"


def test_the_notifier_is_whom_the_scheduler_lets_in_by_default(tmp_path: Path) -> None:
    paths = Identities(tmp_path).of("any")
    read = scheduler.config_from(
        Environment(
            {
                "DATABASE_URL": "postgresql://x",
                "OUTSCOPE_SERVICE_TOKEN": "t",
                "OUTSCOPE_MTLS_CA": str(paths.ca),
                "OUTSCOPE_MTLS_CERT": str(paths.certificate),
                "OUTSCOPE_MTLS_KEY": str(paths.key),
            }
        )
    )
    assert read.service_identities == frozenset(certificates()["notifier-tls"]["uris"])


def test_postgres_lets_in_who_has_the_common_name_of_a_client_and_nobody_in_plain_text() -> None:
    (cluster,) = of_kind(rendered(PRODUCTION), "Cluster")
    settings, asked = cluster["spec"]["postgresql"], certificates()
    names = {line.split()[1] for line in settings["pg_ident"]}
    assert names == {asked[f"{each}-tls"]["commonName"] for each in ("scheduler", "migrate")}
    assert settings["pg_hba"][-1] == "hostnossl all all all reject"
    assert settings["pg_hba"][0].split()[:5] == ["hostssl", "outscope", "outscope", "all", "cert"]
    given = cluster["spec"]["certificates"]
    assert set(given.values()) <= asked.keys()
    # What CloudNativePG replicates as: its own documentation, Certificates.
    assert asked[given["replicationTLSSecret"]]["commonName"] == "streaming_replica"
    assert asked[given["serverTLSSecret"]]["usages"] == ["server auth"]


def test_a_scheduler_is_asked_for_its_health_in_plain_http() -> None:
    (pod,) = ours()["scheduler"]
    probe = pod["containers"][0]["readinessProbe"]
    assert probe["httpGet"] == {"path": "/readyz/grpc", "port": "health"}
    assert "grpc" not in probe


def test_what_reloads_the_bus_is_beside_it_and_sees_what_it_sees() -> None:
    (workload,) = of_kind(rendered(PRODUCTION), "StatefulSet")
    pod = pod_of(workload)
    (server,), (beside,) = pod["containers"], pod["initContainers"]
    assert beside["restartPolicy"] == "Always", "it would end before the server begins"
    assert pod["shareProcessNamespace"]
    assert beside["image"] == server["image"]
    mounts = {each["name"]: each["mountPath"] for each in server["volumeMounts"]}
    for each in beside["volumeMounts"]:
        assert mounts[each["name"]] == each["mountPath"]


def test_the_bus_shows_its_renewed_certificate_and_its_clients_stay(tmp_path: Path) -> None:
    identities = Identities(tmp_path / "identities")
    leaf = Leaf(service="nats", hosts=("127.0.0.1",))
    paths = identities.of(leaf)
    with nats_process(tmp_path, paths) as process:
        (tmp_path / "nats.pid").write_text(str(process.pid))
        script = (K8S / "mtls/reload.sh").read_text("utf-8")
        for there, here in (
            ("/etc/nats-tls/ca.crt", paths.ca),
            ("/etc/nats-tls/tls.crt", paths.certificate),
            ("/etc/nats-tls/tls.key", paths.key),
            ("/var/run/nats/nats.pid", tmp_path / "nats.pid"),
        ):
            script = script.replace(there, str(here))
        context = Certificates(identities.of("scheduler")).client_context()
        path = f"{nats_server_program().parent}:{os.environ['PATH']}"
        with (
            connection(process.server.port, context) as held,
            subprocess.Popen(
                ["sh", "-c", script], env={"PATH": path, "RELOAD_EVERY_S": "0.2"}
            ) as reloading,
        ):
            try:
                before = held.getpeercert()
                time.sleep(0.5)
                identities.of(leaf, days=2)
                until_another_is_shown(process.server.port, context, before)
                held.sendall(b"PING\r\n")
                assert held.recv(4096)
            finally:
                reloading.kill()


def connection(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), 5)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def until_another_is_shown(port: int, context: ssl.SSLContext, before: object) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        with connection(port, context) as fresh:
            if fresh.getpeercert() != before:
                return
        time.sleep(0.1)
    pytest.fail("the server still shows the certificate of before")


@pytest.mark.parametrize("overlay", ["dev", "production"])
def test_the_bus_takes_its_configuration_and_tls_comes_first_in_production(
    overlay: str, tmp_path: Path
) -> None:
    (files,) = (
        each["data"]
        for each in of_kind(rendered(K8S / "overlays" / overlay), "ConfigMap")
        if each["metadata"]["name"].startswith("nats-")
    )
    identities = Identities(tmp_path / "tls")
    paths = identities.of("tls")
    paths.certificate.rename(tmp_path / "tls/tls.crt")
    for name, text in files.items():
        placed = text.replace("/etc/nats-tls", str(tmp_path / "tls")).replace(
            '"/data"', f'"{tmp_path}/data"'
        )
        (tmp_path / name).write_text(placed, "utf-8")
    passwords = secret_values()["nats-users"]
    checked = subprocess.run(
        [str(nats_server_program()), "-t", "--config", str(tmp_path / "nats.conf")],
        env={**passwords, "POD_NAME": "nats-0"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
    is_first = "handshake_first: true" in files["clients.conf"] and (
        "include ./clients.conf" in files["nats.conf"]
    )
    assert is_first is (overlay == "production")
