"""Tells the listing of a folder or a bucket, as file servers make them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.prober.judge.pack import declared_as
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_BODY_CHARS: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one server lists a folder: by its title's beginning, or a text in the body."""

    # Of its rule.
    id: str
    title: str = ""
    text: str = ""
    # How far into the body the text is looked for.
    within_chars: int


def _listings(form: Form) -> Iterator[Listing]:
    for declared in declared_as(RuleForm.LISTING):
        written = declared.members
        if written["answer"] == form:
            yield Listing(
                id=declared.id,
                title=written.get("title", ""),
                text=written.get("text", ""),
                within_chars=written.get("within_chars", _BODY_CHARS),
            )


LISTINGS: Final = tuple(_listings(Form.HTML))
BUCKETS: Final = tuple(_listings(Form.XML))


def listing_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows the listing of a folder; empty when the page is none."""
    if not page.is_ok or page.form not in {Form.HTML, Form.XML}:
        return ()
    # What was cut may have its links behind pictures in its style.
    if page.form is Form.HTML and not page.html.links and not page.truncated:
        return ()
    title = page.title.lower()
    for listing in LISTINGS if page.form is Form.HTML else BUCKETS:
        if listing.title and title.startswith(listing.title):
            return (seen(listing.id, f"{page.where}.title", page.title),)
        if listing.text and listing.text in page.lowered[: listing.within_chars]:
            return (seen(listing.id, f"{page.where}.body", listing.text),)
    return ()
