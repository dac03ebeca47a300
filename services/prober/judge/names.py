"""Tells whether two host names belong to one site, without a network and without a list to load.

The limit: a registrable domain is guessed from the shape of the name, not looked up in the Public
Suffix List. Two-letter top-level domains with a customary second level (co.uk, com.au) and the
best-known hosting platforms are understood; a rarer public suffix counts as one site.
"""

import re
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = MappingProxyType({"http": 80, "https": 443})
_USERINFO: Final = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]*+:)?//)[^/\\?#]*@")
# Second levels that registries sell names under, beneath a country's two letters.
_SECOND_LEVELS: Final = frozenset(
    {
        *("ac", "co", "com", "edu", "gen", "go", "gob", "gouv", "gov", "gv", "id", "in", "info"),
        *("ltd", "me", "mil", "ne", "net", "nom", "nsw", "or", "org", "plc", "qld", "sch", "vic"),
    }
)
_COUNTRY_LETTERS: Final = 2
# Platforms where each name below belongs to another customer (the list's private section).
_PLATFORMS: Final = frozenset(
    {
        "appspot.com",
        "azurewebsites.net",
        "blogspot.com",
        "cloudfront.net",
        "firebaseapp.com",
        "fly.dev",
        "github.io",
        "gitlab.io",
        "herokuapp.com",
        "myshopify.com",
        "netlify.app",
        "ngrok.io",
        "onrender.com",
        "pages.dev",
        "railway.app",
        "run.app",
        "vercel.app",
        "web.app",
        "wordpress.com",
        "workers.dev",
    }
)


def registrable(host: str) -> str:
    """Return the part of a lower-case host name that one owner registered, as best guessed."""
    labels = host.rstrip(".").split(".")
    if all(label.isdigit() for label in labels) or ":" in host:
        return host
    suffix = ".".join(labels[-2:])
    country = len(labels) > 1 and len(labels[-1]) == _COUNTRY_LETTERS
    wide = country and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3:]) if wide or suffix in _PLATFORMS else suffix


def same_site(one: str, other: str) -> bool:
    """Tell whether two lower-case host names are equal, above one another, or of one owner."""
    one, other = one.rstrip("."), other.rstrip(".")
    return one == other or ("." in one and registrable(one) == registrable(other))


def is_twin(one: str, other: str) -> bool:
    """Tell whether two lower-case host names are equal but for a www in front, of one owner."""
    return one.removeprefix("www.") == other.removeprefix("www.") and same_site(one, other)


def without_userinfo(url: str) -> str:
    """Return a URL without the credentials before its host, as it is requested.

    Where they were taken out a mark stands in their place, which no library takes for userinfo.
    """
    found = _USERINFO.match(url) if "@" in url else None
    return found[1] + url[found.end() :] if found else url


def endpoint_of(url: str) -> tuple[str, int]:
    """Return the host, in lower case, and the port of a URL; empty and 0 when it has none."""
    try:
        parts = urlsplit(without_userinfo(url))
        return (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


def web_host_of(url: str) -> str:
    """Return the host of an http or https URL in lower case; empty for anything else."""
    try:
        parts = urlsplit(without_userinfo(url))
        return (parts.hostname or "").lower() if parts.scheme in _DEFAULT_PORTS else ""
    except ValueError:
        return ""


def address_for_people(url: str) -> str:
    """Return an address without its query, its fragment and credentials, at most 200 characters."""
    try:
        parts = urlsplit(without_userinfo(url))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]


def is_below(host: str, suffix: str) -> bool:
    """Tell whether a host is the suffix itself or a name under it."""
    return host == suffix or host.endswith("." + suffix)
