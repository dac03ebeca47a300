"""The name of a service: of the table, whatever a server says, and soon found."""

from services.prober.observe.redact import redacted_words
from services.prober.observe.service import service_saying
from tests.fuzz.target import Target


def check(noise: bytes) -> None:
    """Name the service that says noise."""
    name = service_saying(noise)
    assert not name or name.isalnum()
    redacted_words(noise).decode("latin-1")


SEEDS = (
    b"SSH-2.0-OpenSSH_9.7\r\n",
    b"220 mail.example ESMTP Postfix\r\n",
    b"220 (vsFTPd 3.0.3)\r\n",
    b"* OK ready\r\n",
    b":irc.example NOTICE AUTH :*** Looking up\r\n",
    b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00",
    b"-ERR wrong number of arguments for 'get' command\r\n",
)

TARGET = Target(check=check, seeds=SEEDS)
