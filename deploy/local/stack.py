"""Builds the whole system in its order and keeps it running while the context is open.

Law: the servers first, then the services, and the key last; everything ends in reverse. Each
change of a process id is in endpoints.json at once.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from deploy.local.api_key import ensure_api_key
from deploy.local.demo_site import DemoSite, demo_site
from deploy.local.endpoints import Endpoints
from deploy.local.first_check import Target
from deploy.local.folder import DataFolder
from deploy.local.options import Options
from deploy.local.ports import LOOPBACK, port_of, reserve_shared
from deploy.local.program import Program
from deploy.local.servers import embedded_nats, embedded_postgres, nats_program, postgres_program
from deploy.local.services import (
    Wiring,
    certificate_settings,
    gateway_programs,
    notifier_programs,
    prober_programs,
    scheduler_programs,
)
from deploy.local.supervisor import Supervisor


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A system that runs: where it is, and what a first check may look at."""

    endpoints: Endpoints
    target: Target


@asynccontextmanager
async def running_stack(
    options: Options, supervisor: Supervisor, environment: Mapping[str, str]
) -> AsyncIterator[Stack]:
    """Start everything; StartError says in one line why it cannot be."""
    with ExitStack() as held:
        folder = held.enter_context(DataFolder(options.folder))
        rest = held.enter_context(reserve_shared(options.rest_port, "--rest-port"))
        grpc = held.enter_context(reserve_shared(options.grpc_port, "--grpc-port"))
        demo = demo_site(folder.path) if options.first_check and not options.fqdn else None
        wiring, servers = _servers(options, folder, port_of(rest), port_of(grpc))
        async with supervisor:
            await supervisor.start([*servers, *([demo.program(options.resolvers)] if demo else [])])
            await _start_services(options, demo.opened_to(wiring) if demo else wiring, supervisor)
            endpoints = await _endpoints(folder, wiring, supervisor, environment)
            supervisor.tell_changes(lambda: folder.publish_endpoints(endpoints.as_object()))
            yield Stack(endpoints=endpoints, target=_target(options, demo))


def _servers(
    options: Options, folder: DataFolder, rest_port: int, grpc_port: int
) -> tuple[Wiring, list[Program]]:
    """Return how the parts are wired, and the servers that are not running elsewhere already."""
    secrets = folder.secrets()
    postgres = embedded_postgres(folder.path, secrets, options.certificates)
    nats = embedded_nats(folder.path, secrets, options.certificates)
    wiring = Wiring(
        database_url=options.database_url or postgres.url(),
        nats_url=options.nats_url or nats.url(),
        rest_port=rest_port,
        grpc_port=grpc_port,
        service_token=options.service_token or secrets.service_token,
        secret_keys=_secret_keys(options, folder),
        vantages=options.vantages,
        resolvers=options.resolvers,
        allow_net=options.allow_net,
        deny_file=options.deny_file,
        ca_file=options.ca_file,
        drain_s=options.drain_s,
        certificates=options.certificates,
    )
    embedded = [] if options.database_url else [postgres_program(postgres)]
    embedded += [] if options.nats_url else [nats_program(nats)]
    return wiring, embedded


def _secret_keys(options: Options, folder: DataFolder) -> str:
    """Return what seals stored secrets; a key of this folder only for the database in it."""
    return options.secret_keys or ("" if options.database_url else folder.secret_keys())


async def _start_services(options: Options, wiring: Wiring, supervisor: Supervisor) -> None:
    await supervisor.start(
        scheduler_programs(wiring, options.schedulers),
        [*prober_programs(wiring), *notifier_programs(wiring, options.notifiers)],
        gateway_programs(wiring, options.gateways),
    )


async def _endpoints(
    folder: DataFolder, wiring: Wiring, supervisor: Supervisor, environment: Mapping[str, str]
) -> Endpoints:
    rest = f"http://{LOOPBACK}:{wiring.rest_port}"
    tls = certificate_settings(wiring.certificates, "scheduler")
    key = await ensure_api_key(folder, rest, {**environment, **tls}, wiring.database_url)
    return Endpoints(
        rest=rest,
        grpc=f"{LOOPBACK}:{wiring.grpc_port}",
        api_key=key.secret,
        postgres=wiring.database_url,
        nats=wiring.nats_url,
        pids=supervisor.pids,
        tls=tls,
    )


def _target(options: Options, demo: DemoSite | None) -> Target:
    return demo.target if demo else Target(fqdn=options.fqdn or "example.com")
