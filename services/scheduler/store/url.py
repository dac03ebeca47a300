"""Tells a Postgres URL from what is none, before anything connects by it."""

import psycopg

from outscope.config import ConfigError, redacted


def checked_url(url: str) -> str:
    """Return a URL that Postgres can read, or raise ConfigError without the password in it."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ConfigError(
            f"DATABASE_URL={redacted(url)!r} must be a Postgres URL, "
            "as in postgresql://user:password@host:5432/name"
        ) from error
    return url
