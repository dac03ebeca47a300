"""One embedded NATS server with JetStream: its configuration, command line, and readiness.

Law: it listens on loopback alone, asks for a password, and stores streams in its folder. With a
certificate it speaks TLS from the first byte, with whoever shows one of the same authority.
"""

import contextlib
import json
import os
import signal
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from deploy.local.binaries import nats_server_program
from deploy.local.leash import leashed
from outscope.config import CertificatePaths

USER = "outscope"
STOP_SIGNAL = signal.SIGTERM
NOISE = (b"[INF]", b"Plaintext passwords")  # its banner; the password is in a private file


@dataclass(frozen=True, slots=True, kw_only=True)
class Nats:
    """A server that keeps its streams in folder and is served on 127.0.0.1:port."""

    folder: Path
    port: int
    password: str
    certificate: CertificatePaths | None = None

    def url(self) -> str:
        """Return the address with its credentials."""
        return f"nats://{USER}:{self.password}@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write the configuration, readable by its owner only."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._settings())

    def command(self) -> list[str]:
        """Return the command line of the server; it dies with this process."""
        server = [str(nats_server_program()), "--config", str(self._configuration.absolute())]
        return leashed(server, signal.SIGKILL)

    def is_ready(self) -> bool:
        """Tell whether it greets with JetStream on."""
        address = ("127.0.0.1", self.port)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(address, timeout=1) as plain,
            self._secured(plain) as link,
        ):
            return b'"jetstream":true' in link.recv(4096)
        return False

    def _secured(self, link: socket.socket) -> socket.socket:
        if self.certificate is None:
            return link
        context = ssl.create_default_context(cafile=str(self.certificate.ca))
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        return context.wrap_socket(link, server_hostname="127.0.0.1")

    @property
    def _configuration(self) -> Path:
        return self.folder / "nats-server.conf"

    def _settings(self) -> str:
        store = json.dumps(str(self.folder.absolute()))  # quoted as NATS reads it
        return (
            f"listen: 127.0.0.1:{self.port}\n"
            f"server_name: outscope-local\n"
            f"max_payload: 8MB\n"
            f"jetstream {{ store_dir: {store} }}\n"
            f"authorization {{ user: {USER}, password: {json.dumps(self.password)} }}\n"
            f"{self._tls()}"
        )

    def _tls(self) -> str:
        if self.certificate is None:
            return ""
        files = {
            "cert_file": self.certificate.certificate,
            "key_file": self.certificate.key,
            "ca_file": self.certificate.ca,
        }
        named = ", ".join(f"{name}: {json.dumps(str(path))}" for name, path in files.items())
        return f"tls {{ {named}, verify: true, handshake_first: true, timeout: 5 }}\n"
