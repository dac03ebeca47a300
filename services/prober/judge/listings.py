"""Tells the listing of a folder or a bucket, as file servers make them."""

from dataclasses import dataclass
from typing import Final

from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_HEAD_CHARS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one server lists a folder: by its title's beginning, or a text in the body."""

    id: str
    source: str
    title: str = ""
    text: str = ""
    # How far into the body the text is looked for.
    within_chars: int = 65536


LISTINGS: Final = (
    Listing(id="index_of", source="Apache, nginx, lighttpd, http-server", title="index of /"),
    Listing(
        id="directory_listing_for",
        source="Python http.server, Twisted, Tomcat",
        title="directory listing for ",
    ),
    Listing(id="mini_httpd", source="ACME mini_httpd", title="index of ./"),
    Listing(id="wsgidav", source="mar10/wsgidav dir_browser", title="wsgidav - index of /"),
    Listing(id="serve_index", source="expressjs/serve-index", title="listing directory /"),
    Listing(id="serve", source="vercel/serve-handler", title="files within "),
    Listing(id="jetty", source="Jetty ResourceListing", title="directory: /"),
    Listing(id="iis", source="IIS directory browsing", text="[to parent directory]"),
    Listing(
        id="go",
        source="net/http FileServer",
        text='<meta name="viewport" content="width=device-width">\n<pre>\n<a href="',
        within_chars=_HEAD_CHARS,
    ),
    Listing(
        id="go_before_1_22",
        source="net/http FileServer",
        text='<pre>\n<a href="',
        within_chars=len('<pre>\n<a href="'),
    ),
)
BUCKETS: Final = (
    Listing(
        id="bucket",
        source="docs.aws.amazon.com: ListObjects; Google Cloud Storage answers alike",
        text="<listbucketresult",
        within_chars=_HEAD_CHARS,
    ),
    Listing(
        id="container",
        source="learn.microsoft.com: List Blobs",
        text="<enumerationresults",
        within_chars=_HEAD_CHARS,
    ),
)


def listing_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows the listing of a folder; empty when the page is none."""
    if not page.is_ok or page.form not in {Form.HTML, Form.XML}:
        return ()
    # What was cut may have its links behind pictures in its style.
    if page.form is Form.HTML and not page.html.links and not page.truncated:
        return ()
    title = page.title.lower()
    for listing in LISTINGS if page.form is Form.HTML else BUCKETS:
        rule = f"listing.{listing.id}"
        if listing.title and title.startswith(listing.title):
            return (seen(rule, f"{page.where}.title", page.title),)
        if listing.text and listing.text in page.lowered[: listing.within_chars]:
            return (seen(rule, f"{page.where}.body", listing.text),)
    return ()
