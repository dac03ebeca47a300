"""The four services as programs to supervise: how many of each, and what each is told."""

import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from signal import SIGKILL
from typing import Final

from deploy.certificates.folder import certificate_paths
from deploy.local.leash import leashed
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.program import Launch, Program
from deploy.local.readiness import readyz

_MARGIN_S: Final = 5.0  # beyond the drain, before a service that does not end is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Where the parts reach each other, and what they may reach."""

    database_url: str
    nats_url: str
    rest_port: int
    grpc_port: int
    service_token: str
    secret_keys: str
    vantages: Mapping[str, int]
    resolvers: tuple[str, ...]
    allow_net: tuple[str, ...]
    deny_file: Path | None
    ca_file: Path | None
    drain_s: float
    # What probers test their network with; nothing when empty.
    canary: str = ""
    # Where each service finds its certificate; None: nothing is encrypted.
    certificates: Path | None = None


def scheduler_programs(wiring: Wiring, replicas: int) -> list[Program]:
    """Return the schedulers, which share one gRPC address."""
    settings = {
        **_shared(wiring, "scheduler"),
        "DATABASE_URL": wiring.database_url,
        "OUTSCOPE_SECRET_KEYS": wiring.secret_keys,
        "OUTSCOPE_GRPC_LISTEN": f"{LOOPBACK}:{wiring.grpc_port}",
        "OUTSCOPE_VANTAGE_POINTS": ",".join(wiring.vantages),
    }
    return _service("scheduler", "scheduler", settings, wiring, replicas)


def gateway_programs(wiring: Wiring, replicas: int) -> list[Program]:
    """Return the gateways, which share one REST address."""
    settings = {
        **_shared(wiring, "gateway"),
        "OUTSCOPE_REST_LISTEN": f"{LOOPBACK}:{wiring.rest_port}",
        "OUTSCOPE_CONSOLE_KEYS": _console_key(wiring.service_token),
    }
    return _service("gateway", "gateway", settings, wiring, replicas)


def prober_programs(wiring: Wiring) -> list[Program]:
    """Return the probers of every vantage point."""
    programs = []
    for name, replicas in wiring.vantages.items():
        settings = {**_shared(wiring, "prober"), **_outside(wiring), "VANTAGE_POINT": name}
        if wiring.canary:
            settings["OUTSCOPE_CANARY"] = wiring.canary
        programs += _service("prober", f"prober {name}", settings, wiring, replicas)
    return programs


def notifier_programs(wiring: Wiring, replicas: int) -> list[Program]:
    """Return the notifiers."""
    settings = {**_shared(wiring, "notifier"), **_outside(wiring)}
    return _service("notifier", "notifier", settings, wiring, replicas)


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command line of a module of the repository, to be run in its folder."""
    return [sys.executable, "-m", module, *arguments]


def _console_key(service_token: str) -> str:
    """Return what seals sessions of the console: the same for all gateways, at every start."""
    return urlsafe_b64encode(sha256(f"console {service_token}".encode()).digest()).decode()


def _service(
    name: str, label: str, settings: dict[str, str], wiring: Wiring, replicas: int
) -> list[Program]:
    shared_port = wiring.rest_port if name == "gateway" else 0
    return [
        Program(
            role=name,
            label=label if replicas == 1 else f"{label} #{number}",
            launch=lambda: _launch(name, settings, shared_port or free_port()),
            grace_s=wiring.drain_s + _MARGIN_S,
        )
        for number in range(1, replicas + 1)
    ]


def _launch(name: str, settings: dict[str, str], health_port: int) -> Launch:
    return Launch(
        command=leashed(module_command(f"services.{name}"), SIGKILL),
        settings={**settings, "OUTSCOPE_HEALTH_LISTEN": f"{LOOPBACK}:{health_port}"},
        is_ready=readyz(health_port),
    )


def certificate_settings(folder: Path | None, service: str) -> dict[str, str]:
    """Return the settings that name the certificate of a service; none without a folder."""
    if folder is None:
        return {}
    paths = certificate_paths(folder, service)
    return {
        "OUTSCOPE_MTLS_CA": str(paths.ca),
        "OUTSCOPE_MTLS_CERT": str(paths.certificate),
        "OUTSCOPE_MTLS_KEY": str(paths.key),
    }


def _shared(wiring: Wiring, service: str) -> dict[str, str]:
    return {
        **certificate_settings(wiring.certificates, service),
        "NATS_URL": wiring.nats_url,
        "OUTSCOPE_SCHEDULER_ADDRESS": f"{LOOPBACK}:{wiring.grpc_port}",
        "OUTSCOPE_SERVICE_TOKEN": wiring.service_token,
        "OUTSCOPE_DRAIN": f"{wiring.drain_s:g}",
        "no_grpc_proxy": LOOPBACK,  # a proxy set for the outside must not stand between our parts
        **({"OUTSCOPE_ALLOW_NET": ",".join(wiring.allow_net)} if wiring.allow_net else {}),
        **({"OUTSCOPE_DENY_FILE": str(wiring.deny_file)} if wiring.deny_file else {}),
    }


def _outside(wiring: Wiring) -> dict[str, str]:
    settings = {}
    if wiring.resolvers:
        settings["OUTSCOPE_RESOLVERS"] = ",".join(wiring.resolvers)
    if wiring.ca_file:
        settings["OUTSCOPE_CA_FILE"] = str(wiring.ca_file)
    return settings
