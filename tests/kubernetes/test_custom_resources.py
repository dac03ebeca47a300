"""Custom resources have the fields that their documentation requires, of the types it states.

Kubernetes knows no schema of them without their operators, so what is used of each is written down
here by hand: a field that is not listed is one nobody has looked up, and fails.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from deploy.region.accounts import ACCOUNT
from deploy.region.folder import regions_in
from outscope.bus import subjects
from tests.kubernetes.manifests import K8S, KUBECTL, WITHOUT, Document, label, of_kind, rendered
from tests.kubernetes.test_manifests import BUILT_IN

pytestmark = pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)

PRODUCTION: Final = K8S / "overlays/production"
# Numbers of Go's time.Duration as cert-manager takes them, and Prometheus' own.
DURATION: Final = re.compile(r"(\d+h)?(\d+m)?(\d+s)?")
# A type, a pattern, or the fields of an object; a list of one says what its items are. A name with
# ! must be there.
Shape = Any
ISSUER_REF: Final[Shape] = {"name!": str, "kind": str}
SECRET_KEY: Final[Shape] = {"name!": str, "key!": str}
SHAPES: Final[Mapping[str, Shape]] = {
    # https://keda.sh/docs/2.19/reference/scaledobject-spec/ and scalers/nats-jetstream/: values of
    # metadata are strings, numbers too.
    "keda.sh/v1alpha1 ScaledObject": {
        "scaleTargetRef!": {"name!": str},
        "minReplicaCount": int,
        "maxReplicaCount": int,
        "pollingInterval": int,
        "fallback": {"failureThreshold!": int, "replicas!": int},
        "triggers!": [
            {
                "type!": re.compile("nats-jetstream"),
                "metadata!": {
                    "natsServerMonitoringEndpoint!": re.compile(r"[a-z.-]+:\d+"),
                    "account!": str,
                    "stream!": str,
                    "consumer!": str,
                    "lagThreshold": re.compile(r"\d+"),
                    "activationLagThreshold": re.compile(r"\d+"),
                },
            }
        ],
    },
    # https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
    "monitoring.coreos.com/v1 ServiceMonitor": {
        "selector!": {"matchLabels": {"app.kubernetes.io/name!": str}},
        "endpoints!": [{"port": str, "path": str, "interval": DURATION}],
        "targetLabels": [str],
    },
    # https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.Certificate
    "cert-manager.io/v1 Certificate": {
        "secretName!": str,
        "issuerRef!": ISSUER_REF,
        "isCA": bool,
        "commonName": str,
        "dnsNames": [str],
        "uris": [re.compile(r"spiffe://outscope/[a-z]+")],
        "secretTemplate": {"labels": {"cnpg.io/reload": str}},
        "duration": DURATION,
        "renewBefore": DURATION,
        "usages": [re.compile("server auth|client auth")],
        "privateKey": {
            "algorithm": re.compile("RSA|ECDSA|Ed25519"),
            "size": int,
            "rotationPolicy": re.compile("Never|Always"),
        },
    },
    # …#cert-manager.io/v1.Issuer
    "cert-manager.io/v1 Issuer": {"selfSigned": {}, "ca": {"secretName!": str}},
    # https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/#postgresql-cnpg-io-v1-ClusterSpec
    "postgresql.cnpg.io/v1 Cluster": {
        "instances!": int,
        "imageName": re.compile(r".+:\d+.*"),
        "storage": {"size": re.compile(r"\d+Gi")},
        "walStorage": {"size": re.compile(r"\d+Gi")},
        "postgresql": {
            "synchronous": {"method!": re.compile("any|first"), "number!": int},
            "parameters": {"max_connections": str, "shared_buffers": str},
            "pg_hba": [str],
            "pg_ident": [str],
        },
        # …#certificatesconfiguration
        "certificates": {
            "serverTLSSecret": str,
            "serverCASecret": str,
            "clientCASecret": str,
            "replicationTLSSecret": str,
        },
        "bootstrap": {"initdb": {"database": str, "owner": str, "secret": {"name!": str}}},
        "affinity": {"enablePodAntiAffinity": bool, "topologyKey": str},
        "resources": {
            "requests": {"cpu": str, "memory": str},
            "limits": {"cpu": str, "memory": str},
        },
        "plugins": [
            {"name!": str, "isWALArchiver": bool, "parameters": {"barmanObjectName!": str}}
        ],
    },
    # …#postgresql-cnpg-io-v1-ScheduledBackupSpec: six fields, seconds first.
    "postgresql.cnpg.io/v1 ScheduledBackup": {
        "schedule!": re.compile(r"\S+( \S+){5}"),
        "cluster!": {"name!": str},
        "backupOwnerReference": re.compile("none|self|cluster"),
        "method": re.compile("barmanObjectStore|volumeSnapshot|plugin"),
        "pluginConfiguration": {"name!": str},
    },
    # https://cloudnative-pg.io/plugin-barman-cloud/docs/plugin-barman-cloud.v1/
    "barmancloud.cnpg.io/v1 ObjectStore": {
        "configuration!": {
            "destinationPath!": re.compile(r"s3://.+/"),
            "s3Credentials": {"accessKeyId!": SECRET_KEY, "secretAccessKey!": SECRET_KEY},
            "wal": {"compression": re.compile("bzip2|gzip|lz4|snappy|xz|zstd")},
        },
        "retentionPolicy": re.compile(r"[1-9]\d*[dwm]"),
    },
}


def faults(value: object, shape: Shape, place: str = "spec") -> Iterator[str]:
    """Tell where a value is not of its shape."""
    if isinstance(shape, dict):
        yield from object_faults(value, shape, place)
    elif isinstance(shape, list):
        if not isinstance(value, list) or not value:
            yield f"{place} is no list, or empty"
            return
        for number, item in enumerate(value):
            yield from faults(item, shape[0], f"{place}[{number}]")
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value):
            yield f"{place} is not {shape.pattern}"
    elif type(value) is not shape:
        yield f"{place} is no {shape.__name__}"


def object_faults(value: object, shape: dict[str, Shape], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    fields = {name.rstrip("!"): inner for name, inner in shape.items()}
    required = {name.rstrip("!") for name in shape if name.endswith("!")}
    yield from (f"{place}.{name} is missing" for name in sorted(required - value.keys()))
    for name, item in value.items():
        if name in fields:
            yield from faults(item, fields[name], f"{place}.{name}")
        else:
            yield f"{place}.{name} is not known"


def custom() -> list[Document]:
    return [each for each in rendered(PRODUCTION) if not BUILT_IN.fullmatch(each["apiVersion"])]


def test_every_custom_resource_is_as_its_documentation_has_it() -> None:
    found: dict[str, list[str]] = {}
    for each in custom():
        shape = SHAPES[f"{each['apiVersion']} {each['kind']}"]
        found[label(each)] = list(faults(each["spec"], shape))
    assert {name: told for name, told in found.items() if told} == {}
    # Each shape is of something.
    assert {f"{each['apiVersion']} {each['kind']}" for each in custom()} == SHAPES.keys()


def test_probers_are_scaled_on_the_consumer_that_they_pull_from() -> None:
    scaled = of_kind(rendered(PRODUCTION), "ScaledObject")
    consumers = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"]["triggers"][0]["metadata"]
        for each in scaled
    }
    regions = [region for region in regions_in(K8S) if not region.is_edge]
    assert consumers.keys() == {f"prober-{region.name}" for region in regions}
    for region in regions:
        durable = subjects.jobs_consumer(region.name)
        told = consumers[f"prober-{region.name}"]
        assert (told["account"], told["stream"], told["consumer"]) == (
            ACCOUNT,
            durable.stream,
            durable.name,
        )


def test_every_service_that_is_watched_is_there_with_its_port() -> None:
    services = of_kind(rendered(PRODUCTION), "Service")
    for monitor in of_kind(rendered(PRODUCTION), "ServiceMonitor"):
        labels = monitor["spec"]["selector"]["matchLabels"]
        watched = [
            each for each in services if labels.items() <= each["metadata"]["labels"].items()
        ]
        assert watched, label(monitor)
        for service in watched:
            ports = {port["name"] for port in service["spec"]["ports"]}
            assert monitor["spec"]["endpoints"][0]["port"] in ports


def test_every_certificate_that_a_pod_mounts_is_made() -> None:
    made = {each["spec"]["secretName"] for each in of_kind(rendered(PRODUCTION), "Certificate")}
    for folder in (PRODUCTION, K8S / "overlays/edge"):
        for workload in of_kind(rendered(folder), "Deployment", "StatefulSet"):
            for volume in workload["spec"]["template"]["spec"].get("volumes", ()):
                if "secret" in volume:
                    assert volume["secret"]["secretName"] in made


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"secretName": "a"}, "spec.issuerRef is missing"),
        ({"secretName": 1, "issuerRef": {"name": "x"}}, "spec.secretName is no str"),
        ({"secretName": "a", "issuerRef": {}}, "spec.issuerRef.name is missing"),
        (
            {"secretName": "a", "issuerRef": {"name": "x"}, "dnsName": "y"},
            "spec.dnsName is not known",
        ),
        (
            {"secretName": "a", "issuerRef": {"name": "x"}, "dnsNames": []},
            "spec.dnsNames is no list, or empty",
        ),
        (
            {"secretName": "a", "issuerRef": {"name": "x"}, "isCA": 1},
            "spec.isCA is no bool",
        ),
    ],
)
def test_what_is_not_as_documented_is_found(value: Document, fault: str) -> None:
    assert list(faults(value, SHAPES["cert-manager.io/v1 Certificate"])) == [fault]
