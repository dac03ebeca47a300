"""Performs one check through the running system's own REST API."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from deploy.local.endpoints import Endpoints
from outscope.representation.check import Check

_POLL_S: Final = 0.1
_PATIENCE_S: Final = 120.0
_CREATED: Final = 201
_FOUND: Final = 200
_USUAL_PATHS: Final = ("/", "/api", "/docs")


class FirstCheckError(Exception):
    """The check was refused or did not end; one line says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to check; no ports means the default ones."""

    fqdn: str
    ports: tuple[int, ...] = ()
    paths: tuple[str, ...] = _USUAL_PATHS

    def as_request(self) -> dict[str, Any]:
        """Return the body of POST /v1/check."""
        ports = {"ports": list(self.ports)} if self.ports else {}
        return {"fqdn": self.fqdn, **ports, "paths": list(self.paths)}


async def perform_check(
    endpoints: Endpoints, target: Target, *, patience_s: float = _PATIENCE_S
) -> Check:
    """Create the check and return it once it has ended."""
    headers = {"x-api-key": endpoints.api_key}
    try:
        async with (
            asyncio.timeout(patience_s),
            aiohttp.ClientSession(endpoints.rest, headers=headers) as session,
        ):
            check_id = await _create(session, target)
            return await _until_ended(session, check_id)
    except TimeoutError:
        raise FirstCheckError(f"no result within {patience_s:g} s") from None
    except aiohttp.ClientError as error:
        raise FirstCheckError(f"the REST API did not answer: {error}") from error


async def _create(session: aiohttp.ClientSession, target: Target) -> str:
    async with session.post("/v1/check", json=target.as_request()) as answer:
        body = await answer.json(content_type=None)
        if answer.status != _CREATED:
            raise FirstCheckError(f"refused with {answer.status}: {_message_in(body)}")
        return str(body["id"])


async def _until_ended(session: aiohttp.ClientSession, check_id: str) -> Check:
    while True:
        async with session.get(f"/v1/check/{check_id}") as answer:
            body = await answer.json(content_type=None)
            if answer.status != _FOUND:
                raise FirstCheckError(f"lost with {answer.status}: {_message_in(body)}")
        if body["status"] != "pending":
            check: Check = body
            return check
        await asyncio.sleep(_POLL_S)


def _message_in(body: Any) -> str:  # noqa: ANN401 - any JSON, before it is known to be ours
    try:
        return str(body["error"]["message"])
    except (TypeError, KeyError):
        return "no reason given"
