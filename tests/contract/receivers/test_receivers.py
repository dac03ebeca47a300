"""What docs/webhooks.md tells receivers to write accepts what the notifier sends, and no more.

Deliveries are posted by the notifier's own code, or signed by it; a change of any part is refused.
"""

import asyncio
import base64
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from deploy.local.ports import free_port
from outscope.netguard.resolve import Resolver
from outscope.webhook_keys import public_key_text, signing_key_text
from services.notifier.deliver import Deliverer
from services.notifier.signature import signed_headers
from tests.contract.receivers.installing import NODE, lacks_of_node
from tests.contract.receivers.snippets import snippet
from tests.integration.notifier.receivers import answering, receiver

SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER: Final = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
SIGNING_KEY: Final = signing_key_text(bytes(range(2, 34)))
OTHER_KEY: Final = signing_key_text(bytes(range(3, 35)))
BODY: Final = '{"type":"check.completed","data":{"id":"chk_1","title":"Añil"}}'.encode()
LOOPBACK: Final = (ip_network("127.0.0.0/8"),)
PATIENCE_S: Final = 20.0
STALE: Final = timedelta(minutes=6)

Headers = Mapping[str, str]


def signed(*secrets: str, at: datetime | None = None, body: bytes = BODY) -> dict[str, str]:
    return signed_headers(
        secrets or (SECRET,),
        webhook_id="msg_1",
        attempted_at=at or datetime.now(UTC),
        body=body,
        signing_key=SIGNING_KEY,
    )


def changed(headers: Headers, **changes: str) -> dict[str, str]:
    return {**headers, **{f"webhook-{name}": value for name, value in changes.items()}}


def genuine() -> list[Headers]:
    """Return headers of BODY that a receiver with SECRET must accept."""
    return [signed(), signed(SECRET, OTHER), signed(OTHER, SECRET)]


def forged() -> list[tuple[Headers, bytes]]:
    """Return what a receiver with SECRET must refuse."""
    return [
        (signed(), BODY.replace(b"chk_1", b"chk_2")),
        (signed(OTHER), BODY),
        (changed(signed(), id="msg_2"), BODY),
        (changed(signed(), timestamp=str(int(datetime.now(UTC).timestamp()) + 1)), BODY),
        (changed(signed(), signature="v1,"), BODY),
        (changed(signed(), signature=signed()["webhook-signature"].replace("v1,", "v2,")), BODY),
    ]


def stale() -> list[tuple[Headers, bytes]]:
    now = datetime.now(UTC)
    return [(signed(at=now - STALE), BODY), (signed(at=now + STALE), BODY)]


def function(heading: str, name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(snippet(heading, "python"), names)  # the page's own example
    return names[name]  # type: ignore[no-any-return] # of the page


def test_python_accepts_what_is_ours() -> None:
    received = function("Python", "received")
    for headers in genuine():
        assert received(SECRET, BODY, headers)["data"]["id"] == "chk_1"


def test_python_refuses_what_is_not_ours_or_too_old() -> None:
    received = function("Python", "received")
    for headers, body in [*forged(), *stale()]:
        with pytest.raises(WebhookVerificationError):
            received(SECRET, body, headers)


def test_python_verifies_with_the_public_key_alone() -> None:
    is_genuine = function("Without a shared secret", "is_genuine")
    mine, other = public_key_text(SIGNING_KEY), public_key_text(OTHER_KEY)
    for headers in genuine():
        assert is_genuine(mine, BODY, headers)
        assert not is_genuine(other, BODY, headers)
        assert not is_genuine(mine, BODY + b" ", headers)
        assert not is_genuine(mine, BODY, changed(headers, id="msg_2"))
    for headers, body in stale():
        assert not is_genuine(mine, body, headers)


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def openssl(heading: str, folder: Path, headers: Headers, body: bytes, **keys: str) -> int:
    """Return the exit status of the page's script for a delivery."""
    if shutil.which("openssl") is None:
        pytest.skip("this machine has no openssl")
    (folder / "body").write_bytes(body)
    told = {name: headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
    return shell(snippet(heading, "sh"), folder, **told, **keys).returncode


def test_openssl_accepts_what_is_ours(tmp_path: Path) -> None:
    for headers in genuine():
        assert openssl("Shell", tmp_path, headers, BODY, secret=SECRET) == 0


def test_openssl_refuses_what_is_not_ours(tmp_path: Path) -> None:
    for headers, body in forged():
        assert openssl("Shell", tmp_path, headers, body, secret=SECRET) == 1


def test_openssl_verifies_with_the_public_key_alone(tmp_path: Path) -> None:
    heading, mine = "Without a shared secret", public_key_text(SIGNING_KEY)
    for headers in genuine():
        assert openssl(heading, tmp_path, headers, BODY, public_key=mine) == 0
        assert openssl(heading, tmp_path, headers, BODY + b" ", public_key=mine) == 1
    other = public_key_text(OTHER_KEY)
    assert openssl(heading, tmp_path, signed(), BODY, public_key=other) == 1


async def test_curl_sends_what_the_reference_library_accepts(tmp_path: Path) -> None:
    if shutil.which("curl") is None or shutil.which("openssl") is None:
        pytest.skip("this machine has no curl, or no openssl")
    async with receiver(answering("204 No Content")) as endpoint:
        script = snippet("Try your receiver", "sh")
        ended = await asyncio.to_thread(shell, script, tmp_path, secret=SECRET, url=endpoint.url)
    assert ended.stdout == "204\n", ended.stderr
    (request,) = endpoint.received
    assert Webhook(SECRET).verify(request.body, request.headers)["type"] == "check.completed"


@asynccontextmanager
async def program(command: Sequence[str | Path], folder: Path) -> AsyncIterator[str]:
    """Run a receiver of the page while the context is open; yields its URL."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield f"http://127.0.0.1:{port}/hook"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def judge(url: str) -> None:
    """Post what is ours and what is not to a receiver; it must tell them apart."""
    async with (
        Resolver((("127.0.0.1", 9),), timeout_s=0.2) as resolver,
        Deliverer(resolver=resolver, allow=LOOPBACK, ca_file=None, timeout_s=10) as deliverer,
    ):
        for headers in genuine():
            assert (await deliverer.post(url, headers, BODY)).status_code == 204
        for headers, body in [*forged(), *stale()]:
            assert (await deliverer.post(url, headers, body)).status_code == 401


async def test_a_receiver_in_node_tells_ours_from_others(tmp_path: Path) -> None:
    lacking = lacks_of_node()
    if lacking is not None:
        pytest.skip(lacking)
    (tmp_path / "receiver.mjs").write_text(snippet("Node", "js"), "utf-8")
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    async with program(["node", "receiver.mjs"], tmp_path) as url:
        await judge(url)


async def test_a_receiver_in_go_tells_ours_from_others(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("this machine has no go")
    (tmp_path / "receiver.go").write_text(snippet("Go", "go"), "utf-8")
    settings = {**os.environ, "GOCACHE": str(tmp_path / "cache"), "GOFLAGS": "-mod=mod"}
    built = await asyncio.create_subprocess_exec(
        "go", "build", "-o", "receiver", "receiver.go", cwd=tmp_path, env=settings
    )
    assert await built.wait() == 0
    async with program([tmp_path / "receiver"], tmp_path) as url:
        await judge(url)
