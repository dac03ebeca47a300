"""What can be asked of checks, each operation described once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from outscope_client.errors import ConflictError, WaitTimeoutError
from outscope_client.events import ENDS, Follow
from outscope_client.exchange import Call, Steps, present, segment
from outscope_client.messages import Pause
from outscope_client.models import (
    BatchResult,
    Check,
    CheckList,
    CreatedCheck,
    Explanation,
    RejudgedCheck,
)
from outscope_client.pages import Pages
from outscope_client.resource import AsyncResource, Following, Listing, Operation, Resource
from outscope_client.settings import Settings

CheckSpec = Union[str, Mapping[str, Any]]

_PENDING = "pending"
# How long one request waits for the end of a check; the server allows 60.
_LONG_POLL_S = 25
# A server that answers too early is not asked without end.
_EARLY_S = 1.0


def create(
    fqdn: str,
    *,
    ports: Sequence[int] | None = None,
    paths: Sequence[str] | None = None,
    vantage_point: str | None = None,
    include_content_sample: bool | None = None,
    content_retention_days: int | None = None,
    idempotency_key: str | None = None,
    **options: Any,  # noqa: ANN401 - what the server's version knows, such as discovery="off"
) -> Call[CreatedCheck]:
    """Create a check; it is carried out in the background.

    options are the further fields of POST /v1/check, such as max_redirects or tls_versions. In the
    place of vantage_point they may have vantage_points, which are names and tags such as
    continent:eu, or "all", and with them quorum: majority, any or all.
    """
    body = present(
        fqdn=fqdn,
        ports=None if ports is None else list(ports),
        paths=None if paths is None else list(paths),
        vantage_point=vantage_point,
        include_content_sample=include_content_sample,
        content_retention_days=content_retention_days,
        **options,
    )
    return _creating("/v1/check", body, CreatedCheck, idempotency_key)


def create_batch(
    checks: Iterable[CheckSpec], *, idempotency_key: str | None = None
) -> Call[BatchResult]:
    """Create up to 100 checks at once, each a name or what POST /v1/check takes."""
    specs = [{"fqdn": each} if isinstance(each, str) else dict(each) for each in checks]
    return _creating("/v1/checks/batch", {"checks": specs}, BatchResult, idempotency_key)


def _creating(path: str, body: Mapping[str, object], read: Any, key: str | None) -> Call[Any]:  # noqa: ANN401 - the model
    return Call("POST", path, read, body=body, creates=True, idempotency_key=key)


def get(check_id: str) -> Call[Check]:
    """Return a check as it is now."""
    return Call("GET", f"/v1/check/{segment(check_id)}", Check)


def latest(fqdn: str, *, vantage_point: str | None = None) -> Call[Check]:
    """Return the completed check of a name that was created last, from one place or from any."""
    query = {"fqdn": fqdn}
    if vantage_point is not None:
        query["vantage_point"] = vantage_point
    return Call("GET", "/v1/check/latest", Check, query=query)


def list_page(
    *,
    limit: int | None = None,
    cursor: str | None = None,
    fqdn: str | None = None,
    status: str | None = None,
) -> Call[CheckList]:
    """Return one page of the account's checks, newest first."""
    query = present(limit=limit, cursor=cursor, fqdn=fqdn, status=status)
    told = {name: str(value) for name, value in query.items()}
    return Call("GET", "/v1/checks", CheckList, query=told)


def every(
    *, page_size: int = 100, fqdn: str | None = None, status: str | None = None
) -> Pages[CreatedCheck]:
    """Return every check of the account, newest first, page after page as they are used up."""
    return Pages(lambda cursor: list_page(limit=page_size, cursor=cursor, fqdn=fqdn, status=status))


def rejudge(check_id: str) -> Call[RejudgedCheck]:
    """Have the current rules applied to what is kept of a check."""
    path = f"/v1/check/{segment(check_id)}/rejudge"
    return Call("POST", path, RejudgedCheck, is_repeatable=False)


def explain(check_id: str) -> Call[Explanation]:
    """Return which rules decided, fired, did not count, or were asked for nothing."""
    return Call("GET", f"/v1/check/{segment(check_id)}/explain", Explanation)


def follow(check_id: str, *, timeout: float | None = None) -> Follow:
    """Return what happens to a check, event by event, until its end or timeout seconds are over."""
    return Follow(f"/v1/check/{segment(check_id)}/events", timeout)


@dataclass(frozen=True)
class Wait:
    """Asks for a check until it has ended; each request waits at the server."""

    check_id: str
    timeout_s: float

    def steps(self, settings: Settings) -> Steps[Check]:
        """Ask, and wait, and ask again."""
        ends_at = settings.monotonic() + self.timeout_s
        while True:
            asked_at = settings.monotonic()
            left_s = max(0.0, ends_at - asked_at)
            check = yield from self._asking(min(_LONG_POLL_S, math.ceil(left_s))).steps(settings)
            if check["status"] in ENDS:
                return check
            now = settings.monotonic()
            if now >= ends_at:
                raise WaitTimeoutError(
                    f"The check of {check['fqdn']} is still {check['status']} after "
                    f"{self.timeout_s:g} s; it goes on, wait for {self.check_id} again",
                    check_id=self.check_id,
                )
            if now - asked_at < _EARLY_S:
                yield Pause(min(_EARLY_S, ends_at - now))

    def _asking(self, wait_s: int) -> Call[Check]:
        path = f"/v1/check/{segment(self.check_id)}"
        query = {"wait": str(wait_s)}
        return Call("GET", path, Check, query=query, extra_timeout_s=wait_s)


def wait(check_id: str, *, timeout: float = 300.0) -> Wait:
    """Return a check as soon as it has ended; WaitTimeoutError after timeout seconds."""
    return Wait(check_id, timeout)


@dataclass(frozen=True)
class Cancel:
    """Cancels a check; when the answer to that was lost, finds that it is cancelled."""

    check_id: str

    def steps(self, settings: Settings) -> Steps[Check]:
        """Cancel it, and look what came of it if it has ended already."""
        path = f"/v1/check/{segment(self.check_id)}"
        try:
            return (yield from Call("DELETE", path, Check).steps(settings))
        except ConflictError as error:
            if error.details.get("status") != "cancelled":
                raise
        return (yield from get(self.check_id).steps(settings))


def cancel(check_id: str) -> Cancel:
    """End a pending check; one that is cancelled already stays so."""
    return Cancel(check_id)


class _Checks:
    create = Operation(create)
    create_batch = Operation(create_batch)
    get = Operation(get)
    wait = Operation(wait)
    latest = Operation(latest)
    cancel = Operation(cancel)
    rejudge = Operation(rejudge)
    explain = Operation(explain)
    list = Operation(list_page)
    iterate = Listing(every)
    follow = Following(follow)


class Checks(_Checks, Resource):
    """Checks: create, wait for, read, list, explain them."""


class AsyncChecks(_Checks, AsyncResource):
    """Checks: create, wait for, read, list, explain them."""
