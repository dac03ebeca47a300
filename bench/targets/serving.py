"""Serves the targets while a benchmark runs: DNS, plain HTTP and TLS, on the core not measured."""

import asyncio
import errno
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme

from bench.children import first_line, module_command, serving
from bench.targets.names import ADDRESSES, target_names
from bench.targets.page import PAGE

# The documented defaults when we may bind them, else ports that are taken for plain HTTP first.
_PLAIN_PORTS: Final = (80, 8080, 8000, 8008, 8081, 8888)
_TLS_PORTS: Final = (443, 8443, 4443, 9443)
_DNS_HOST: Final = "127.0.1.53"
_DNS_PORTS: Final = (53, 5353, 5354, 15353)
_READY_ATTEMPTS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is served, and how to reach and trust it."""

    names: dict[str, str]
    plain_port: int
    tls_port: int
    resolver: tuple[str, int]
    ca_file: Path
    server: str

    @property
    def ports(self) -> tuple[int, int]:
        """The ports to check, plain HTTP first."""
        return (self.plain_port, self.tls_port)


@asynccontextmanager
async def serving_targets(count: int, folder: Path) -> AsyncIterator[Targets]:
    """Serve while the context is open."""
    names = target_names(count)
    certificate, ca_file = _certificates(folder)
    plain_port = _free_port(ADDRESSES, _PLAIN_PORTS, socket.SOCK_STREAM)
    tls_port = _free_port(ADDRESSES, _TLS_PORTS, socket.SOCK_STREAM)
    dns_port = _free_port([_DNS_HOST], _DNS_PORTS, socket.SOCK_DGRAM)
    nginx = shutil.which("nginx")
    if nginx:
        config = _nginx_config(folder, plain_port, tls_port, certificate)
        web_command = [nginx, "-p", str(folder), "-c", str(config)]
    else:
        web_command = module_command("bench.targets.server", plain_port, tls_port, certificate)
    dns_command = module_command("bench.targets.dns", _DNS_HOST, dns_port, count)
    async with serving(web_command), serving(dns_command) as dns:
        await first_line(dns)
        await _until_listening(ADDRESSES[-1], tls_port)
        yield Targets(
            names=names,
            plain_port=plain_port,
            tls_port=tls_port,
            resolver=(_DNS_HOST, dns_port),
            ca_file=ca_file,
            server="nginx" if nginx else "our own server",
        )


def _certificates(folder: Path) -> tuple[Path, Path]:
    """Write one certificate for all names, with its key, and its authority's."""
    authority = trustme.CA()
    certificate, ca_file = folder / "server.pem", folder / "ca.pem"
    authority.issue_cert("*.bench.test").private_key_and_cert_chain_pem.write_to_path(
        str(certificate)
    )
    authority.cert_pem.write_to_path(str(ca_file))
    return certificate, ca_file


def _free_port(hosts: Sequence[str], ports: Sequence[int], kind: socket.SocketKind) -> int:
    """Return the first port that we may bind and nobody has, on every host."""
    for port in ports:
        if all(_can_bind(host, port, kind) for host in hosts):
            return port
    raise RuntimeError(f"none of the ports {ports} is free on {hosts[0]}")


def _can_bind(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EADDRINUSE):
                return False
            raise
    return True


def _nginx_config(folder: Path, plain_port: int, tls_port: int, certificate: Path) -> Path:
    (folder / "index.html").write_bytes(PAGE)
    listens = "\n".join(
        f"listen {address}:{plain_port} backlog=4096; listen {address}:{tls_port} ssl backlog=4096;"
        for address in ADDRESSES
    )
    config = folder / "nginx.conf"
    config.write_text(
        _NGINX.format(
            folder=folder, listens=listens, certificate=certificate, error_log=folder / "error.log"
        )
    )
    return config


_NGINX: Final = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {error_log};
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {folder}/temp;
  proxy_temp_path {folder}/temp;
  fastcgi_temp_path {folder}/temp;
  uwsgi_temp_path {folder}/temp;
  scgi_temp_path {folder}/temp;
  types {{ text/html html; }}
  server {{
    {listens}
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    root {folder};
  }}
}}
"""


async def _until_listening(host: str, port: int) -> None:
    for _ in range(_READY_ATTEMPTS):
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"the targets do not listen on {host}:{port}")
