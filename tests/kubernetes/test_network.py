"""Nothing reaches what is not named; what reaches strangers reaches no inner network."""

from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import pytest

from tests.kubernetes.manifests import (
    K8S,
    KUBECTL,
    WITHOUT,
    Document,
    label,
    of_kind,
    rendered,
)
from tests.kubernetes.pods import WORKLOADS

pytestmark = pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)

OVERLAYS: Final = [K8S / "overlays" / name for name in ("dev", "production", "edge")]
every_overlay = pytest.mark.parametrize("folder", OVERLAYS, ids=lambda folder: folder.name)
STRANGERS: Final = ("prober", "notifier")
Labels = dict[str, str]


def selects(selector: Document, labels: Labels) -> bool:
    """Tell whether a selector of pods picks one with these labels."""
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    return all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )


def policies_of(documents: Iterable[Document], labels: Labels) -> list[Document]:
    return [
        each["spec"]
        for each in documents
        if each["kind"] == "NetworkPolicy" and selects(each["spec"]["podSelector"], labels)
    ]


def lets(documents: tuple[Document, ...], source: str, target: str, port: int) -> bool:
    """Tell whether a connection gets out of one pod and into another of the same namespace."""
    one, other = labels_of(documents, source), labels_of(documents, target)
    out = any(
        has_port(rule, port) and has_peer(rule.get("to"), other)
        for policy in policies_of(documents, one)
        for rule in policy.get("egress", ())
    )
    into = any(
        has_port(rule, port) and has_peer(rule.get("from"), one)
        for policy in policies_of(documents, other)
        for rule in policy.get("ingress", ())
    )
    return out and into


def has_port(rule: Document, port: int) -> bool:
    return "ports" not in rule or port in {each["port"] for each in rule["ports"]}


def has_peer(peers: list[Document] | None, labels: Labels) -> bool:
    # Blocks of addresses are for who is outside; without peers a rule lets everybody.
    return peers is None or any(
        selects(peer["podSelector"], labels)
        for peer in peers
        if "podSelector" in peer and "namespaceSelector" not in peer
    )


def labels_of(documents: tuple[Document, ...], name: str) -> Labels:
    for each in of_kind(documents, *WORKLOADS):
        labels: Labels = each["spec"]["template"]["metadata"]["labels"]
        if labels["app.kubernetes.io/name"] == name:
            return labels
    raise LookupError(name)


@every_overlay
def test_everything_is_denied_first(folder: Path) -> None:
    documents = rendered(folder)
    denied = [
        each["metadata"]["namespace"]
        for each in of_kind(documents, "NetworkPolicy")
        if each["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ]
    spaces = {each["metadata"]["namespace"] for each in of_kind(documents, *WORKLOADS)}
    assert set(denied) == spaces == {"outscope"}


CONNECTIONS: Final = {
    ("gateway", "scheduler", 50051),
    ("notifier", "scheduler", 50051),
    ("scheduler", "nats", 4222),
    ("prober", "nats", 4222),
    ("notifier", "nats", 4222),
    ("scheduler", "postgres", 5432),
    ("migrate", "postgres", 5432),
}
PODS: Final = ("gateway", "scheduler", "notifier", "prober", "migrate", "nats", "postgres")


def test_who_speaks_to_whom_is_what_the_architecture_says() -> None:
    documents = rendered(K8S / "overlays/dev")
    found = {
        (source, target, port)
        for source in PODS
        for target in PODS
        for port in (4222, 5432, 6222, 7422, 8080, 8081, 8222, 50051)
        if lets(documents, source, target, port)
    }
    # One server of the bus reaches the others, though there is one.
    assert found - {("nats", "nats", 6222)} == CONNECTIONS


@pytest.mark.parametrize(("overlay", "port"), [("dev", 50051), ("production", 50052)])
def test_other_namespaces_reach_grpc_where_an_api_key_is_enough(overlay: str, port: int) -> None:
    documents = rendered(K8S / "overlays" / overlay)
    outside = {"namespaceSelector": {"matchLabels": {"outscope.dev/grpc": "allowed"}}}
    reached = {
        each["port"]
        for policy in policies_of(documents, labels_of(documents, "scheduler"))
        for rule in policy.get("ingress", ())
        if outside in rule["from"]
        for each in rule["ports"]
    }
    assert reached == {port}


def test_at_the_edge_probers_reach_their_leaf_node() -> None:
    documents = rendered(K8S / "overlays/edge")
    assert lets(documents, "prober", "nats", 4222)
    assert not lets(documents, "nats", "prober", 8081)


@every_overlay
def test_what_reaches_strangers_reaches_no_inner_network(folder: Path) -> None:
    documents = rendered(folder)
    for name in STRANGERS if folder.name != "edge" else STRANGERS[:1]:
        blocks = [
            peer["ipBlock"]
            for policy in policies_of(documents, labels_of(documents, name))
            for rule in policy.get("egress", ())
            if "ports" not in rule
            for peer in rule["to"]
        ]
        assert {block["cidr"] for block in blocks} == {"0.0.0.0/0", "::/0"}
        excepted = [ip_network(cidr) for block in blocks for cidr in block["except"]]
        assert [inner for inner in INNER if not covered(inner, excepted)] == []


INNER: Final = [
    ip_network(cidr)
    for cidr in (
        *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
    )
]


def covered(inner: Any, excepted: list[Any]) -> bool:  # noqa: ANN401 - of either family
    return any(inner.version == outer.version and inner.subnet_of(outer) for outer in excepted)


@every_overlay
def test_nobody_else_has_a_way_out_but_to_what_is_named(folder: Path) -> None:
    """A rule without peers, or to everywhere, is for strangers, the names, and leaf nodes alone."""
    for policy in of_kind(rendered(folder), "NetworkPolicy"):
        name = policy["metadata"]["name"].partition("-")[0]
        for rule in policy["spec"].get("egress", ()):
            wide = "to" not in rule or any(
                peer.get("ipBlock", {}).get("cidr") in {"0.0.0.0/0", "::/0"} for peer in rule["to"]
            )
            if not wide or name in STRANGERS:
                continue
            ports = {each["port"] for each in rule["ports"]}
            allowed = {"nats": {7422}, "postgres": {443, 6443}}
            assert ports <= allowed.get(name, set()), label(policy)
