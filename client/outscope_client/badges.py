"""What can be asked of badges: show everybody the verdict on a name, or no longer."""

from __future__ import annotations

from outscope_client.exchange import Call, segment
from outscope_client.models import PublishedBadge
from outscope_client.resource import AsyncResource, Operation, Resource


def publish(fqdn: str) -> Call[PublishedBadge]:
    """Show everybody the verdict on a name that the account has checked; the answer has where."""
    return Call("PUT", f"/v1/badge/{segment(fqdn)}", PublishedBadge)


def withdraw(fqdn: str) -> Call[None]:
    """Show it no longer; a name that the account does not publish stays as it is."""
    return Call("DELETE", f"/v1/badge/{segment(fqdn)}", _nothing)


def _nothing(content: object) -> None:
    del content


class _Badges:
    publish = Operation(publish)
    withdraw = Operation(withdraw)


class Badges(_Badges, Resource):
    """What everybody may see of names."""


class AsyncBadges(_Badges, AsyncResource):
    """What everybody may see of names."""
