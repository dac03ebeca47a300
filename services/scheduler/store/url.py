"""Tells a Postgres URL from what is none, and has it ask for TLS, before anything connects."""

from pathlib import Path
from typing import Final

import psycopg

from outscope.config import ConfigError, redacted

# The server must prove its name, and by a certificate: libpq would rather have Kerberos where it
# finds a ticket. It reads the files anew for each connection.
_VERIFIED: Final = {"sslmode": "verify-full", "gssencmode": "disable"}


def checked_url(url: str) -> str:
    """Return a URL that Postgres can read, or raise ConfigError without the password in it."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError(
            f"DATABASE_URL={redacted(url)!r} must be a Postgres URL, "
            "as in postgresql://user:password@host:5432/name"
        ) from None  # libpq's own words quote what it could not read, the password too
    return url


def secured_url(url: str, *, ca: Path, certificate: Path, key: Path) -> str:
    """Return how to connect with our certificate shown and the server's verified.

    What the URL itself says of TLS stays as it is there. Raises ConfigError as checked_url does.
    """
    told = psycopg.conninfo.conninfo_to_dict(checked_url(url))
    files = {"sslrootcert": str(ca), "sslcert": str(certificate), "sslkey": str(key)}
    wanted = {**_VERIFIED, **files}
    added = {name: value for name, value in wanted.items() if name not in told}
    return psycopg.conninfo.make_conninfo(url, **added)
