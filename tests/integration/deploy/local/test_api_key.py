import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from deploy.local.api_key import KeyNotCreatedError, ensure_api_key
from deploy.local.folder import ApiKey, DataFolder
from deploy.local.ports import LOOPBACK, free_port


@contextlib.asynccontextmanager
async def gateway(*accepted: str) -> AsyncIterator[str]:
    """Serve a REST API that takes these keys; yields its address."""

    async def checks(request: web.Request) -> web.Response:
        known = request.headers.get("x-api-key") in accepted
        return web.json_response({}, status=200 if known else 401)

    app = web.Application()
    app.router.add_get("/v1/checks", checks)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, 0).start()
    try:
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def scheduler(repository: Path, database_url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "services.scheduler", *arguments],
        cwd=repository,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


async def test_the_first_key_is_made_kept_and_then_the_same(
    repository: Path, database_url: str, tmp_path: Path
) -> None:
    scheduler(repository, database_url, "migrate")
    with DataFolder(tmp_path) as folder:
        async with gateway() as rest:
            made = await ensure_api_key(folder, rest, os.environ, database_url)
        async with gateway(made.secret) as rest:
            assert await ensure_api_key(folder, rest, os.environ, database_url) == made
    (listed,) = json.loads(scheduler(repository, database_url, "keys", "list", "--json"))
    assert (listed["id"], listed["name"]) == (made.id, "local")


async def test_a_kept_key_that_is_refused_is_replaced(
    repository: Path, database_url: str, tmp_path: Path
) -> None:
    scheduler(repository, database_url, "migrate")
    revoked = ApiKey(id="key_1", account_id="acc_1", secret="svc_revoked")
    with DataFolder(tmp_path) as folder:
        folder.keep_api_key(revoked)
        async with gateway() as rest:
            made = await ensure_api_key(folder, rest, os.environ, database_url)
        assert made.secret != revoked.secret
        assert folder.api_key() == made


async def test_a_key_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody@{LOOPBACK}:{free_port()}/none"
    with DataFolder(tmp_path) as folder:
        with pytest.raises(KeyNotCreatedError) as failed:
            await ensure_api_key(folder, "http://unused", os.environ, nowhere)
        assert "\n" not in str(failed.value)
        assert folder.api_key() is None


async def test_an_api_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        folder.keep_api_key(ApiKey(id="key_1", account_id="acc_1", secret="svc_1"))
        with pytest.raises(KeyNotCreatedError, match="did not answer"):
            await ensure_api_key(folder, f"http://{LOOPBACK}:{free_port()}", os.environ, "")
