"""Finds the link to a login on a page that anybody may read: where to log in, and no gate."""

from typing import Final
from urllib.parse import urljoin

from services.prober.judge.login_words import is_register_address, login_address_word
from services.prober.judge.names import same_site, web_host_of, without_userinfo
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

# What addresses of logins hold; looked for as they stand, so that a page without costs little.
_WORDS: Final = ("login", "log-in", "log_in", "logon", "signin", "sign-in", "sign_in", "/sso")
_MAX_TRIES: Final = 8
_MAX_ADDRESS_CHARS: Final = 512
_ENDS: Final = "\"'<> \t\r\n"
_FILES: Final = (".css", ".js", ".png", ".svg", ".jpg", ".woff2", ".json")


def login_link_in(page: Page, fqdn: str) -> tuple[str, tuple[Evidence, ...]] | None:
    """Return the absolute address of a page's login and what shows it; None when it has none."""
    if page.form is not Form.HTML or not page.html.links:
        return None
    # Addresses keep their case; where lowering changed the length the places no longer agree.
    source = page.text if len(page.text) == len(page.lowered) else page.lowered
    for word in _WORDS:
        position = page.lowered.find(word)
        for _ in range(_MAX_TRIES):
            if position < 0:
                break
            raw = _address_around(page.lowered, source, position)
            if raw and (url := _login_at(raw, page, fqdn)):
                return url, (seen("auth.login_link", f"{page.where}.body", raw),)
            position = page.lowered.find(word, position + len(word))
    return None


def _address_around(lowered: str, source: str, position: int) -> str:
    """Return the address of the link that a place in a document is in, or nothing."""
    tag = lowered.rfind("<", max(0, position - _MAX_ADDRESS_CHARS), position)
    name = lowered.rfind("href=", tag, position) if tag >= 0 else -1
    if name < 0 or not lowered.startswith("<a", tag):
        return ""
    start = name + len("href=")
    quote = lowered[start : start + 1]
    if quote in {'"', "'"}:
        start += 1
    end = start
    while end < len(source) and end - start < _MAX_ADDRESS_CHARS and source[end] not in _ENDS:
        end += 1
    return source[start:end].replace("&amp;", "&") if end > position else ""


def _login_at(raw: str, page: Page, fqdn: str) -> str:
    path = raw.partition("?")[0].lower()
    if login_address_word(path) is None or is_register_address(path) or path.endswith(_FILES):
        return ""
    try:
        url = urljoin(page.url, without_userinfo(raw))
    except ValueError:
        return ""
    host = web_host_of(url)
    return url if host and same_site(host, fqdn) else ""
