"""outscope webhooks in a real shell, against the running system and a receiver."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.contract.client.cli.shell import Shell


class Receiver(ThreadingHTTPServer):
    """Takes every post, or refuses it, and keeps the webhook-id of each."""

    status = 204
    answer = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.ids: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.ids.append(self.headers["webhook-id"])
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def webhook_id(shell: Shell, receiver: Receiver) -> Iterator[str]:
    line = f"outscope webhooks create {receiver.url} --description 'of a test' --json"
    made = json.loads(shell.run(line).out)
    assert made["events"] == ["check.completed", "check.failed"]
    yield made["id"]
    shell.run(f"outscope webhooks delete --yes {made['id']}")


def test_a_webhook_is_made_with_its_secret(shell: Shell) -> None:
    line = "outscope webhooks create https://your-app.example/hook --event check.failed"
    ran = shell.run(f"{line} --name shop.example --payload thin")
    assert ran.code == 0, ran.err
    assert "secret  whsec_" in ran.out
    webhook_id = ran.out.split()[0]
    shown = json.loads(shell.run(f"outscope webhooks show {webhook_id} --json").out)
    assert (shown["fqdn"], shown["payload"]) == ("shop.example", "thin")
    assert shell.run(f"outscope webhooks delete {webhook_id}", stdin="n\n").code == 1
    assert webhook_id in shell.run("outscope webhooks list").out
    assert shell.run(f"outscope webhooks delete {webhook_id}", stdin="y\n").code == 0
    assert webhook_id not in shell.run("outscope webhooks list").out
    assert shell.run(f"outscope webhooks show {webhook_id}").code == 3


def test_a_webhook_is_listed_and_changed(shell: Shell, webhook_id: str) -> None:
    [row] = [
        row for row in shell.run("outscope webhooks list").out.splitlines() if webhook_id in row
    ]
    assert "enabled" in row
    assert "of a test" in row
    changed = shell.run(
        f"outscope webhooks update {webhook_id} --disable --event 'check.*' --name shop.example"
    )
    assert changed.out == f"{webhook_id} is disabled (disabled_by_user): check.*\n"
    shown = json.loads(shell.run(f"outscope webhooks show {webhook_id} --json").out)
    assert (shown["fqdn"], shown["description"]) == ("shop.example", "of a test")
    again = shell.run(f"outscope webhooks update {webhook_id} --enable --every-name --json")
    shown = json.loads(again.out)
    assert (shown["fqdn"], shown["enabled"], shown["events"]) == (None, True, ["check.*"])
    assert "fqdn" in shell.run(f"outscope webhooks show {webhook_id}").out


def test_a_test_tells_whether_it_was_taken(
    shell: Shell, receiver: Receiver, webhook_id: str
) -> None:
    ran = shell.run(f"outscope webhooks test {webhook_id}")
    assert (ran.code, receiver.ids[0] in ran.out) == (0, True)
    assert "204" in ran.out
    receiver.status, receiver.answer = 400, b"no \x1b[31m thanks"
    ran = shell.run(f"outscope webhooks test {webhook_id}")
    assert ran.code == 1
    assert "no \ufffd[31m thanks" in ran.out


def test_what_was_sent_is_told_and_sent_again(
    shell: Shell, receiver: Receiver, webhook_id: str
) -> None:
    sample = json.loads(shell.run(f"outscope webhooks test {webhook_id} --json").out)
    rows = shell.run(f"outscope webhooks deliveries {webhook_id}").out.splitlines()
    assert [row.split()[-1] for row in rows[1:]] == [sample["id"]]
    assert "webhook.test" in rows[1]
    listed = shell.run(f"outscope webhooks deliveries {webhook_id} --status failed --json")
    assert json.loads(listed.out) == []
    assert shell.run(f"outscope webhooks resend {webhook_id} {sample['id']}").code == 0
    assert receiver.ids == [sample["message_id"]] * len(receiver.ids)
    told = shell.run(f"outscope webhooks delivery {webhook_id} {sample['id']}").out
    assert sample["message_id"] in told
    since = f"{webhook_id} --since 2026-01-01T00:00:00Z"
    assert "0 deliveries are" in shell.run(f"outscope webhooks replay-missing {since}").out
    replayed = json.loads(shell.run(f"outscope webhooks recover {since} --json").out)
    assert replayed == {"deliveries": 0}


def test_a_secret_is_rotated(shell: Shell, webhook_id: str) -> None:
    ran = shell.run(f"outscope webhooks rotate-secret {webhook_id} --overlap-hours 2")
    assert ran.out.startswith("secret  whsec_")
    assert "the old one signs, too" in ran.out
    ran = shell.run(f"outscope webhooks rotate-secret {webhook_id} --overlap-hours 0")
    assert "the old one signs no more" in ran.out


def test_what_the_api_refuses_is_said_with_its_code(shell: Shell, webhook_id: str) -> None:
    ran = shell.run(f"outscope webhooks update {webhook_id} --event nonsense")
    assert ran.code == 3
    assert "events" in ran.err
