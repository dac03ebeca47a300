"""The demo target as a program to supervise, and what the probers need to be able to see it."""

from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL
from typing import Final

from deploy.local.demo.zone import SITE_NAME
from deploy.local.first_check import Target
from deploy.local.leash import leashed
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.program import Launch, Program
from deploy.local.readiness import readyz
from deploy.local.services import Wiring, module_command
from outscope.netguard.resolve import system_resolvers

_PATHS: Final = ("/", "/login", "/docs", "/openapi.json", "/api/orders")
_LOOPBACK_NET: Final = "127.0.0.0/8"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """A demo target that keeps its authority in folder."""

    folder: Path
    dns_port: int
    http_port: int
    https_port: int

    @property
    def target(self) -> Target:
        """What to check of it."""
        return Target(fqdn=SITE_NAME, ports=(self.http_port, self.https_port), paths=_PATHS)

    def program(self, upstream: tuple[str, ...]) -> Program:
        """Return it as a program; upstream resolves the names that are not its own."""
        servers = upstream or tuple(f"{host}:{port}" for host, port in system_resolvers())
        arguments = [
            *("--folder", str(self.folder), "--dns-port", str(self.dns_port)),
            *("--http-port", str(self.http_port), "--https-port", str(self.https_port)),
            *("--upstream", ",".join(servers)),
        ]
        command = leashed(module_command("deploy.local.demo", *arguments), SIGKILL)
        launch = Launch(command=command, is_ready=readyz(self.http_port))
        return Program(role="demo", label="demo", launch=lambda: launch)

    def opened_to(self, wiring: Wiring) -> Wiring:
        """Return the wiring with which probers resolve, reach and trust it; call when it is up."""
        return replace(
            wiring,
            resolvers=(f"{LOOPBACK}:{self.dns_port}",),
            allow_net=(*wiring.allow_net, _LOOPBACK_NET),
            ca_file=self._trust(wiring.ca_file),
            # Always there, so that a machine without the internet can show the demo.
            canary=f"{SITE_NAME}:{self.http_port}",
        )

    def _trust(self, others: Path | None) -> Path:
        """Return one file with the demo's root and those given; it holds no secret."""
        trust = self.folder / "trust.pem"
        own = (self.folder / "ca.pem").read_text("utf-8")
        trust.write_text(own + (others.read_text("utf-8") if others else ""), "utf-8")
        return trust


def demo_site(folder: Path) -> DemoSite:
    """Return a demo site on ports nobody uses."""
    return DemoSite(
        folder=folder / "demo",
        dns_port=free_port(),
        http_port=free_port(),
        https_port=free_port(),
    )
