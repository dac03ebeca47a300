"""The NATS client, encrypted where we have a certificate.

Law: with a certificate nothing is read or said in plain text. So TLS comes first on a connection:
a server could leave TLS out of its greeting, and so could whoever stands in between.
"""

import asyncio
import contextlib
import ssl
from typing import Any, Final

from nats.aio.client import Client

from outscope.certificates import Certificates

_CLOSED_WITHIN_S: Final = 2.0


class _SecureClient(Client):
    """Looks at the files anew whenever it connects, so that a renewed certificate is used."""

    def __init__(self, certificates: Certificates) -> None:
        super().__init__()
        self._certificates = certificates

    async def connect(self, *servers: Any, **options: Any) -> None:  # noqa: ANN401 - passed on
        """Connect, and begin every connection with TLS."""
        options["tls_handshake_first"] = True
        await super().connect(*servers, **options)

    async def close(self) -> None:
        """Close the connection; after a handshake that failed, its end is never told."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSED_WITHIN_S):
                await super().close()

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """What the next connection begins with."""
        return self._certificates.client_context()


def bus_client(certificates: Certificates | None) -> Client:
    """Return a client that is not connected yet."""
    return Client() if certificates is None else _SecureClient(certificates)
