"""Tells forms that a page of ours has sent from those that a stranger's page has.

Law: what changes anything is done only for a form of the same origin. The cookie is not sent with
any other either (SameSite=Strict); this also holds for the form that signs in, which has none.
Source: https://www.w3.org/TR/fetch-metadata/ and RFC 6454.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_own_form(headers: Headers) -> bool:
    """Tell whether a form was sent from the same origin; who says nothing is a stranger."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    # Browsers tell the site only where the connection is known to be safe.
    netloc = _netloc_of(headers.get("origin", ""))
    return bool(netloc) and netloc == headers.get("host", "")


def is_https(scheme: str, headers: Headers) -> bool:
    """Tell whether the browser came by HTTPS, to us or to the proxy before us."""
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    return "https" in {scheme, forwarded}


def own_path(asked: str) -> str:
    """Return a path of this server to go on to; what leads elsewhere is the first page."""
    is_path = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    is_plain = asked.isprintable() and asked.isascii()
    return asked if is_path and is_plain else "/"


def _netloc_of(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
