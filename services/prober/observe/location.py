"""Resolves the Location of a redirect to what is to be requested next: pure, as browsers do.

Law: what comes out can stand in a request line and a Host header as it is. Credentials that an
address carries are dropped, never sent.
Source: RFC 9110 section 10.2.2, RFC 3986 section 5, and where browsers differ from it, such as in
backslashes and in numbers for IPv4 addresses, https://url.spec.whatwg.org.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import MAX_FQDN_CHARS, MAX_PORT
from services.prober.facts import OutcomeCode
from services.prober.observe.exchange import DEFAULT_PORTS, Endpoint

# Servers take a request line of about as much, and no more.
_MAX_CHARS: Final = 8192
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# What stands in a path, and besides in a query, as it is (RFC 3986, sections 3.3 and 3.4).
_KEPT: Final = "/:@!$&'()*+,;=-._~%"
_DOT: Final = re.compile(r"\.|%2e", re.IGNORECASE)
_DOTS: Final = re.compile(r"(?:\.|%2e){2}", re.IGNORECASE)
# In use for hosts, though no host name has an underscore.
_UNDERSCORED: Final = re.compile(r"([a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}", re.ASCII)
_NUMBER: Final = re.compile(r"0[xX][0-9A-Fa-f]*|[0-9]+", re.ASCII)
_OCTETS: Final = 4
# What browsers never speak HTTP to, whatever a page says (https://fetch.spec.whatwg.org, "bad
# port"): a redirect must not make us talk to somebody's mail server.
BARRED_PORTS: Final = frozenset(
    {
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161),
        *(179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563),
        *(587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060),
        *(5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    }
)


class UnusableLocation(Exception):  # noqa: N818 - the state it tells of
    """A redirect leads to no address that can be requested."""

    def __init__(self, code: OutcomeCode = OutcomeCode.HTTP_MALFORMED) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What is to be requested next."""

    endpoint: Endpoint
    # Percent-encoded, with the query and without the fragment.
    path: str

    @property
    def url(self) -> str:
        """Return the URL."""
        return self.endpoint.url(self.path)


def hop_to(location: str, before: Hop) -> Hop | None:
    """Return where a Location, read as Latin-1, leads from a request; None when not to the web.

    Raises UnusableLocation.
    """
    reference = location.strip(" ").partition("#")[0]
    if len(reference) > _MAX_CHARS:
        raise UnusableLocation(OutcomeCode.HTTP_TOO_LARGE)
    if _CONTROL.search(reference):
        raise UnusableLocation
    scheme, rest = before.endpoint.scheme, reference
    named = _SCHEME.match(reference)
    if named is not None:
        scheme, rest = named[1].lower(), reference[named.end() :]
        if scheme not in DEFAULT_PORTS:
            return None
    rest = _with_slashes(rest)
    is_same_scheme = scheme == before.endpoint.scheme
    if rest.startswith("//") or not is_same_scheme:
        return _absolute(scheme, rest.lstrip("/"))
    return _checked(Hop(endpoint=before.endpoint, path=_path(rest, before.path)))


def literal_in(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a hop's host is written as; None of a name."""
    if host.startswith("["):
        return IPv6Address(host[1:-1])
    return IPv4Address(host) if host.rpartition(".")[2].isdigit() else None


def _with_slashes(rest: str) -> str:
    """Return a reference with slashes for the backslashes before its query."""
    path, mark, query = rest.partition("?")
    return path.replace("\\", "/") + mark + query


def _absolute(scheme: str, rest: str) -> Hop:
    end = next((at for at, letter in enumerate(rest) if letter in "/?"), len(rest))
    _, _, host_and_port = rest[:end].rpartition("@")
    host, port = _host_and_port(host_and_port, DEFAULT_PORTS[scheme])
    endpoint = Endpoint(scheme=scheme, fqdn=_host(host), port=port)
    return _checked(Hop(endpoint=endpoint, path=_path(rest[end:], "/")))


def _checked(hop: Hop) -> Hop:
    if len(hop.path) > _MAX_CHARS:
        raise UnusableLocation(OutcomeCode.HTTP_TOO_LARGE)
    return hop


def _host_and_port(text: str, default: int) -> tuple[str, int]:
    end = text.find("]") + 1 if text.startswith("[") else text.find(":")
    if end <= 0:
        return text, default
    host, port = text[:end], text[end:]
    if not port or port == ":":
        return host, default
    if not (port[0] == ":" and port[1:].isascii() and port[1:].isdigit()):
        raise UnusableLocation
    number = int(port[1:]) if len(port) <= len(":65535") else MAX_PORT + 1
    if number > MAX_PORT:
        raise UnusableLocation
    return host, number


def _host(text: str) -> str:
    """Return a host in A-labels, an IPv4 address, or an IPv6 address in brackets."""
    if text.startswith("["):
        return f"[{_ipv6(text)}]"
    try:
        spelt = unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableLocation from error
    lowered = spelt.lower().removesuffix(".")
    if _NUMBER.fullmatch(lowered.rpartition(".")[2]):
        return str(_ipv4(lowered))
    if _UNDERSCORED.fullmatch(lowered) and "_" in lowered and len(lowered) <= MAX_FQDN_CHARS:
        return lowered
    try:
        return normalised_fqdn(spelt)
    except InvalidRequest as error:
        raise UnusableLocation from error


def _ipv6(text: str) -> IPv6Address:
    if "%" in text or not text.endswith("]"):  # no zone: it would name an interface of ours
        raise UnusableLocation
    try:
        return IPv6Address(text[1:-1])
    except AddressValueError as error:
        raise UnusableLocation from error


def _ipv4(text: str) -> IPv4Address:
    """Return the address in one to four numbers, decimal, octal or hexadecimal."""
    parts = text.split(".")
    if len(parts) > _OCTETS:
        raise UnusableLocation
    *octets, last = (_number(part) for part in parts)
    if any(octet > 0xFF for octet in octets) or last >= 256 ** (_OCTETS - len(octets)):  # noqa: PLR2004 - bytes
        raise UnusableLocation
    high = sum(octet << 8 * (_OCTETS - 1 - at) for at, octet in enumerate(octets))
    return IPv4Address(high + last)


def _number(part: str) -> int:
    if _NUMBER.fullmatch(part) is None or len(part) > 16:  # noqa: PLR2004 - over 32 bits in any base
        raise UnusableLocation
    with suppress(ValueError):
        if part[:2] in {"0x", "0X"}:
            return int(part[2:] or "0", 16)
        return int(part, 8) if part[0] == "0" else int(part)
    raise UnusableLocation


def _path(rest: str, base: str) -> str:
    """Return a reference's path and query, of which the part before it is another path's."""
    path, mark, query = rest.partition("?")
    base_path, base_mark, base_query = base.partition("?")
    if not path:
        path = base_path
        if not mark:
            mark, query = base_mark, base_query
    else:
        if not path.startswith("/"):
            path = f"{base_path.rpartition('/')[0]}/{path}"
        path = "/".join(_without_dots(path))
    return _encoded(path or "/", _KEPT) + mark + _encoded(query, _KEPT + "?")


def _without_dots(path: str) -> Iterator[str]:
    """Return the segments of an absolute path, without . and .., the first of them empty."""
    kept: list[str] = []
    *parents, last = path.split("/")[1:]
    for segment in parents:
        if _DOTS.fullmatch(segment):
            del kept[-1:]
        elif not _DOT.fullmatch(segment):
            kept.append(segment)
    if _DOTS.fullmatch(last):
        del kept[-1:]
    is_dots = _DOT.fullmatch(last) or _DOTS.fullmatch(last)
    return iter(("", *kept, "" if is_dots else last))


def _encoded(text: str, kept: str) -> str:
    """Return a text percent-encoded where needed; what is encoded already stays as it is."""
    return quote(text.encode("latin-1"), safe=kept)
