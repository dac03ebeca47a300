"""Writes a delivery as an HTTP/1.1 request: where it goes, and what stands before its body.

Law: a request is one request: a name or value that would break a line is refused, not sent.
Source: RFC 9112.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from yarl import URL

_SCHEMES: Final = frozenset({"https", "http"})
_LINE_END: Final = "\r\n"


class UnsafeHeader(ValueError):  # noqa: N818 - what it is
    """A header would break out of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An endpoint as it is reached, and how each request to it begins."""

    scheme: str
    # As it is resolved, judged and verified: without the dot that a name may end with.
    host: str
    port: int
    # The request line, and the header lines that depend on the URL alone.
    opening: str


@lru_cache(maxsize=4096)
def target_of(text: str) -> Target | None:
    """Return where a URL leads, or None when it is none that can be posted to."""
    try:
        url = URL(text)
        scheme, host, port = url.scheme, (url.raw_host or "").rstrip("."), url.port
    except ValueError:
        return None
    if scheme not in _SCHEMES or not host or port is None:
        return None
    lines = (
        f"POST {url.raw_path_qs} HTTP/1.1",
        f"Host: {url.host_port_subcomponent}",
        "Accept: */*",
    )
    return Target(scheme=scheme, host=host, port=port, opening=_LINE_END.join(lines))


def request_head(target: Target, headers: Mapping[str, str], length: int) -> bytes:
    """Return what stands before a body of that many bytes in a post; raises UnsafeHeader."""
    lines = [target.opening, *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {length}")
    head = _LINE_END.join(lines)
    line_ends = target.opening.count(_LINE_END) + len(lines) - 1
    if head.count("\r") != line_ends or head.count("\n") != line_ends or "\0" in head:
        raise UnsafeHeader("a header holds the end of a line")
    return f"{head}{_LINE_END}{_LINE_END}".encode()
