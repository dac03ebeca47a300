"""The first API key: made once for a data folder, and the same at every start after that."""

import asyncio
import json
from collections.abc import Mapping
from signal import SIGKILL
from typing import Final

import aiohttp

from deploy.local.errors import StartError
from deploy.local.folder import ApiKey, DataFolder
from deploy.local.leash import leashed
from deploy.local.program import REPOSITORY
from deploy.local.services import module_command

_NAME: Final = "local"
_UNAUTHORIZED: Final = 401


class KeyNotCreatedError(StartError):
    """There is no key to show: the command that makes it failed, or nobody could try it."""


async def ensure_api_key(
    folder: DataFolder, rest: str, environment: Mapping[str, str], database_url: str
) -> ApiKey:
    """Return the kept key if the system still takes it, else a new one, kept from now on."""
    kept = folder.api_key()
    if kept is not None and await _is_accepted(rest, kept.secret):
        return kept
    created = await _create({**environment, "DATABASE_URL": database_url})
    folder.keep_api_key(created)
    return created


async def _is_accepted(rest: str, secret: str) -> bool:
    headers = {"x-api-key": secret}
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{rest}/v1/checks?limit=1", headers=headers) as answer,
        ):
            return answer.status != _UNAUTHORIZED
    except aiohttp.ClientError as error:
        raise KeyNotCreatedError(f"the REST API at {rest} did not answer: {error}") from error


async def _create(environment: Mapping[str, str]) -> ApiKey:
    arguments = ("keys", "create", "--name", _NAME, "--json")
    process = await asyncio.create_subprocess_exec(
        *leashed(module_command("services.scheduler", *arguments), SIGKILL),
        cwd=REPOSITORY,
        env=environment,
        start_new_session=True,  # Ctrl-C is for us
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = await process.communicate()
    if process.returncode != 0:
        lines = complaints.decode(errors="replace").strip().splitlines() or ["no message"]
        raise KeyNotCreatedError(f"the first API key could not be created: {lines[-1]}")
    created = json.loads(printed)
    return ApiKey(id=created["id"], account_id=created["account_id"], secret=created["secret"])
