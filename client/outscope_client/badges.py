"""What can be asked of badges: show everybody the verdict on a name, or no longer."""

from __future__ import annotations

from outscope_client.exchange import Call, present, segment
from outscope_client.models import BadgeList, PublishedBadge
from outscope_client.pages import Pages
from outscope_client.resource import AsyncResource, Listing, Operation, Resource


def publish(fqdn: str) -> Call[PublishedBadge]:
    """Show everybody the verdict on a name that the account has checked; the answer has where."""
    return Call("PUT", f"/v1/badge/{segment(fqdn)}", PublishedBadge)


def withdraw(fqdn: str) -> Call[None]:
    """Show it no longer; a name that the account does not publish stays as it is."""
    return Call("DELETE", f"/v1/badge/{segment(fqdn)}", _nothing)


def list_page(*, limit: int | None = None, cursor: str | None = None) -> Call[BadgeList]:
    """Return one page of the names that the account shows, in order of the alphabet."""
    query = present(limit=limit, cursor=cursor)
    told = {name: str(value) for name, value in query.items()}
    return Call("GET", "/v1/badges", BadgeList, query=told)


def every(*, page_size: int = 100) -> Pages[PublishedBadge]:
    """Return every name that the account shows, page after page as they are used up."""
    return Pages(lambda cursor: list_page(limit=page_size, cursor=cursor))


def _nothing(content: object) -> None:
    del content


class _Badges:
    publish = Operation(publish)
    withdraw = Operation(withdraw)
    list = Operation(list_page)
    iterate = Listing(every)


class Badges(_Badges, Resource):
    """What everybody may see of names."""


class AsyncBadges(_Badges, AsyncResource):
    """What everybody may see of names."""
