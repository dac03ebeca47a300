"""NATS servers that run with the configuration Kubernetes gets, on loopback."""

import json
import re
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest
import trustme

from deploy.local.binaries import nats_server_program
from deploy.local.leash import leashed
from deploy.local.ports import free_port
from deploy.region.accounts import (
    Region,
    accounts_conf,
    edge_conf,
    leafnodes_conf,
    password_name,
    users,
)
from tests.architecture.tree import ROOT

NATS: Final = ROOT / "deploy/k8s/nats"
EDGE: Final = ROOT / "deploy/k8s/edge"
REGIONS: Final = (
    Region(name="eu-west-1"),
    Region(name="us-east-1"),
    Region(name="edge-1", is_edge=True),
    Region(name="edge-2", is_edge=True),
)


def password(user: str) -> str:
    return f"p-{user}"


def environment() -> dict[str, str]:
    """Return what the Secret nats-users holds."""
    return {password_name(user): password(user) for user in users(REGIONS)}


@dataclass(frozen=True, kw_only=True)
class Configured:
    """A server with a configuration of ours, its places replaced by some of this machine."""

    folder: Path
    port: int
    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=environment)

    def url(self, user: str) -> str:
        return f"nats://{user}:{password(user)}@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self.folder.mkdir(exist_ok=True)
        for name, text in {"nats.conf": self.text, **self.files}.items():
            (self.folder / name).write_text(text, "utf-8")

    def command(self) -> list[str]:
        server = [str(nats_server_program()), "--config", str(self.folder / "nats.conf")]
        pairs = [f"{name}={value}" for name, value in self.variables.items()]
        return ["/usr/bin/env", *pairs, *leashed(server, signal.SIGKILL)]

    def is_ready(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as link:
            greeting = link.recv(4096)
            return greeting.startswith(b"INFO ") and bool(json.loads(greeting[5:])["server_id"])
        return False


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """A private authority, and what it has signed for both ends of a leaf node."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    def write(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        signed = self.authority.issue_cert("localhost", "127.0.0.1")
        signed.private_key_pem.write_to_path(self.folder / "tls.key")
        signed.cert_chain_pems[0].write_to_path(self.folder / "tls.crt")
        self.authority.cert_pem.write_to_path(self.folder / "ca.crt")
        return self.folder


def moved(text: str, places: Mapping[str, str]) -> str:
    """Return a configuration with its places replaced; each must be there."""
    for place, here in places.items():
        assert place in text, place
        text = text.replace(place, here)
    return text


def central(
    folder: Path, certificates: Path, *, leaf_port: int, member: int = 0, routes: tuple[int, ...]
) -> Configured:
    """Return a member of the central cluster, whose routes are at these ports."""
    port = free_port()
    text = moved(
        (NATS / "nats.conf").read_text("utf-8"),
        {
            "0.0.0.0:4222": f"127.0.0.1:{port}",
            "0.0.0.0:8222": f"127.0.0.1:{free_port()}",
            "0.0.0.0:6222": f"127.0.0.1:{routes[member]}",
            "0.0.0.0:7422": f"127.0.0.1:{leaf_port}",
            "/data": str(folder / "data"),
            "/var/run/nats": str(folder),
            "/etc/nats-tls": str(certificates),
            **{f"nats-{number}.nats:6222": f"127.0.0.1:{at}" for number, at in enumerate(routes)},
        },
    )
    files = {
        "accounts.conf": accounts_conf(REGIONS),
        "leafnodes.conf": leafnodes_conf(REGIONS),
        "clients.conf": (NATS / "clients.conf").read_text("utf-8"),
    }
    variables = {"POD_NAME": f"nats-{member}", **environment()}
    return Configured(folder=folder, port=port, text=text, files=files, variables=variables)


def alone(server: Configured) -> Configured:
    """Return a central server without a cluster, as on a machine that runs one."""
    text, count = re.subn(r"^cluster \{.*?^\}\n", "", server.text, flags=re.DOTALL | re.MULTILINE)
    assert count == 1
    return replace(server, text=text)


def edge(folder: Path, certificates: Path, *, hub_port: int) -> Configured:
    """Return the server of the region edge-1."""
    port, user = free_port(), "edge-edge-1"
    text = moved(
        (EDGE / "nats.conf").read_text("utf-8"),
        {
            "0.0.0.0:4222": f"127.0.0.1:{port}",
            "0.0.0.0:8222": f"127.0.0.1:{free_port()}",
            "/etc/nats-tls": str(certificates),
            "/var/run/nats": str(folder),
        },
    )
    region = Region(name="edge-1", is_edge=True)
    prober = "prober-edge-1"
    variables = {
        "POD_NAME": "edge-1",
        "NATS_HUB_URL": f'"tls://{user}:{password(user)}@127.0.0.1:{hub_port}"',
        "NATS_PROBER_PASSWORD": password(prober),
    }
    files = {"accounts.conf": edge_conf(region)}
    return Configured(folder=folder, port=port, text=text, files=files, variables=variables)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Certificates(folder=tmp_path_factory.mktemp("certificates")).write()
