import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest

from deploy.local.nats import Nats
from tests.backends import ServerProcess, nats_process


@pytest.fixture
def running(tmp_path: Path) -> Iterator[ServerProcess[Nats]]:
    with nats_process(tmp_path) as process:
        yield process


async def test_a_stored_message_survives_a_kill(running: ServerProcess[Nats]) -> None:
    client = await nats.connect(running.server.url())
    jetstream = client.jetstream()
    await jetstream.add_stream(name="kept", subjects=["kept.*"])
    await jetstream.publish("kept.one", b"payload")
    assert client.max_payload == 8 * 1024 * 1024
    await client.close()
    running.kill()
    assert not running.server.is_ready()
    running.start()
    client = await nats.connect(running.server.url())
    message = await client.jetstream().get_last_msg("kept", "kept.one")
    assert message.data == b"payload"
    await client.close()


def test_a_client_without_the_password_is_refused(running: ServerProcess[Nats]) -> None:
    with socket.create_connection(("127.0.0.1", running.server.port), timeout=5) as link:
        link.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
        answered = link.makefile("rb").read()  # the greeting, then the end
    assert b"Authorization Violation" in answered
    assert b"PONG" not in answered


def test_the_password_is_in_a_private_file(running: ServerProcess[Nats]) -> None:
    configuration = running.server.folder / "nats-server.conf"
    assert running.server.password in configuration.read_text()
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600


def test_streams_lie_in_the_folder(running: ServerProcess[Nats]) -> None:
    assert (running.server.folder / "jetstream").is_dir()


def test_a_folder_whose_name_needs_quoting_works(tmp_path: Path) -> None:
    folder = tmp_path / 'with "quotes" and spaces'
    folder.mkdir()
    with nats_process(folder) as process:
        assert process.server.is_ready()
