"""What the notifier's tests share: certificates and a guarded deliverer."""

import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from outscope.netguard.resolve import Resolver
from services.notifier.deliver import Deliverer

LOOPBACK = (ip_network("127.0.0.0/8"),)
# Nobody listens there: no test asks for a name.
NO_RESOLVER = (("127.0.0.1", 9),)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """What a receiver with a good certificate for 127.0.0.1 serves with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
async def deliverer(ca_file: Path) -> AsyncIterator[Deliverer]:
    """A deliverer that may reach loopback and is quickly out of patience."""
    async with (
        Resolver(NO_RESOLVER, timeout_s=0.2) as resolver,
        Deliverer(resolver=resolver, allow=LOOPBACK, ca_file=ca_file, timeout_s=1.5) as made,
    ):
        yield made
